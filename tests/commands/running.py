"""Commands as people run them: real processes."""

import os
import subprocess
from pathlib import Path

from tests.e2e.client import ROOT, command_line


def environment(**variables: str) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("ASR_")}
    return {**ours, "PYTHONPATH": str(ROOT), **variables}


def asr(
    *arguments: str, stdin: bytes = b"", cwd: Path | None = None, **variables: str
) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [*command_line(), *arguments],
        input=stdin,
        capture_output=True,
        env=environment(**variables),
        cwd=cwd,
        timeout=100,
    )

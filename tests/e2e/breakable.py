"""Servers whose workers can be broken from within: see `faults/sitecustomize.py`."""

import os
import shutil
import subprocess
import sys
import tempfile
import zlib
from functools import cache
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.e2e.client import EXECUTABLE, Client

FAULTS = Path(__file__).parent / "faults"
COMPILER = shutil.which("cc") if sys.platform == "linux" else None

breakable = pytest.mark.skipif(
    EXECUTABLE is not None and COMPILER is None,
    reason="a frozen program takes no sitecustomize, and there is no compiler for another way",
)
posix = pytest.mark.skipif(os.name != "posix", reason="signals and links as POSIX has them")

IS_ROOT = sys.platform != "win32" and os.geteuid() == 0
SETPRIV = shutil.which("setpriv") if IS_ROOT else None
ORDINARY = [SETPRIV, "--bounding-set=-dac_override,-dac_read_search"] if SETPRIV else []
"""Before a command: files that may not be read or written cannot be, not even by root."""
ordinary = pytest.mark.skipif(
    os.name != "posix" or (IS_ROOT and not SETPRIV), reason="whoever runs this may read all"
)


def environment(at_start: Path | None = None, now: Path | None = None) -> dict[str, str]:
    """What makes workers breakable.

    The file `at_start` names a fault for their start, the file `now` one for a SIGUSR1.
    """
    files = {"ASR_TEST_FAULT": at_start, "ASR_TEST_FAULT_NOW": now}
    chosen = {name: str(path) for name, path in files.items() if path}
    chosen["ASR_TEST_PYTHON"] = sys.executable
    if EXECUTABLE is None:
        return {"PYTHONPATH": str(FAULTS), **chosen}
    script = str(FAULTS / "sitecustomize.py")
    return {"LD_PRELOAD": compiled("preload"), "ASR_TEST_SCRIPT": script, **chosen}


@cache
def compiled(name: str) -> str:
    """A library for LD_PRELOAD; it lies where the next run finds it too."""
    assert COMPILER is not None
    source = FAULTS / f"{name}.c"
    library = Path(tempfile.gettempdir()) / f"{name}-{zlib.crc32(source.read_bytes()):08x}.so"
    if not library.exists():
        part = library.with_suffix(f".{os.getpid()}")
        command = [COMPILER, "-shared", "-fPIC", "-o", str(part), str(source), "-ldl", "-lpthread"]
        subprocess.run(command, check=True)
        part.replace(library)
    return str(library)


def breakable_client(
    *arguments: str, at_start: Path | None = None, now: Path | None = None
) -> Client:
    """A server with breakable workers."""
    return Client(*arguments, environment=environment(at_start, now))


def fault(name: str, **more: object) -> dict[str, Any]:
    """A job that does `name` in the worker; where that returns, the audio is not found."""
    return {"audio": {"path": f"fault:{name}"}, "language": "en", **more}


def require_memory(gib: float) -> None:
    """Skip where so much memory, and some to spare, is not to be had."""
    available_gib = psutil.virtual_memory().available / (1 << 30)
    if available_gib < gib + 2:
        pytest.skip(f"{gib + 2:g} GiB are needed, {available_gib:.1f} are free")

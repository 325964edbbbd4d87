"""`python packaging/binary`: build the binary, then try it."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

if not __package__:
    sys.path[0] = str(Path(__file__).parents[1])

from binary.archive import pack
from binary.build import build
from binary.stamp import epoch_s

CHECKOUT = Path(__file__).parents[2]


def main() -> int:
    """Build, try, and pack on demand; the exit code."""
    parser = argparse.ArgumentParser(prog="python packaging/binary", description=__doc__)
    parser.add_argument("--untried", action="store_true", help="leave the smoke test out")
    parser.add_argument("--archive", action="store_true", help="pack it as well")
    arguments = parser.parse_args()
    folder = build(CHECKOUT)
    executable = folder / ("asr-sidecar.exe" if sys.platform == "win32" else "asr-sidecar")
    if not arguments.untried and (failed := _try(executable)):
        return failed
    if arguments.archive:
        archive = pack(folder, epoch_s(CHECKOUT))
        sys.stdout.write(f"{archive.name}: {archive.stat().st_size / 1e6:.1f} MB\n")
    return 0


def _try(executable: Path) -> int:
    command = [sys.executable, "-m", "pytest", "-m", "smoke", "-q"]
    environment = {**os.environ, "ASR_SIDECAR_EXECUTABLE": str(executable)}
    return subprocess.run(command, cwd=CHECKOUT, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main())

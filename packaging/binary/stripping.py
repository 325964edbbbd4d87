"""Taking the debugging symbols out of the libraries that can do without them."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from binary.components import CONTENTS, library_name

_FOLDERS = ("av", "ctranslate2", "ctranslate2.libs", "tokenizers")
"""Not numpy.libs: what strip makes of those no longer loads."""


def strip(folder: Path) -> int:
    """Strip what is safe to strip of a built folder; the bytes that saved.

    On Linux only: Windows keeps the symbols in files of their own, and macOS would have to sign
    every library again.

    Raises subprocess.CalledProcessError, and FileNotFoundError where there is no `strip`.
    """
    if sys.platform != "linux":
        return 0
    libraries = list(_strippable(folder / CONTENTS))
    before_bytes = _size_bytes(libraries)
    for library in libraries:
        subprocess.run(["strip", "--strip-debug", library], check=True)
    return before_bytes - _size_bytes(libraries)


def _strippable(contents: Path) -> Iterator[Path]:
    for path in sorted(contents.rglob("*.so*")):
        top, name = path.relative_to(contents).parts[0], library_name(path.name)
        ours = top in _FOLDERS or top.startswith("python3") or name == "python3"
        if ours and name is not None and not path.is_symlink():
            yield path


def _size_bytes(paths: list[Path]) -> int:
    return sum(path.stat().st_size for path in paths)

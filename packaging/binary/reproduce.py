"""`python packaging/binary/reproduce.py`: builds the last commit twice and compares the bytes."""

import hashlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

if not __package__:
    sys.path[0] = str(Path(__file__).parents[1])

from binary.build import build

CHECKOUT = Path(__file__).parents[2]


def digests(folder: Path) -> dict[str, str]:
    """What each file is: the SHA-256 of its bytes with its mode, or where it links to."""
    return dict(_digests(folder))


def differences(one: dict[str, str], other: dict[str, str]) -> list[str]:
    """The files that are not the same in both."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def main() -> int:
    """Clone, build and compare; 1 when anything differs."""
    built = []
    with tempfile.TemporaryDirectory() as place:
        for name in ("one", "the-other-one"):
            clone = Path(place) / name
            subprocess.run(["git", "clone", "--quiet", CHECKOUT, clone], check=True)
            built.append(digests(build(clone)))
    different = differences(*built)
    sys.stdout.write("".join(f"differs: {name}\n" for name in different))
    sys.stdout.write(f"{len(built[0])} files, {len(different)} differ\n")
    return 1 if different else 0


def _digests(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            yield name, f"-> {path.readlink()}"
        elif path.is_file():
            mode = path.stat().st_mode & 0o777
            yield name, f"{mode:o} {hashlib.sha256(path.read_bytes()).hexdigest()}"


if __name__ == "__main__":
    sys.exit(main())

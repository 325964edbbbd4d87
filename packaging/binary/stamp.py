"""Which commit a binary was built from. Its date is the build's: two builds are the same bytes."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct


class Stamp(Struct, frozen=True):
    """What `--version --json` says of a build."""

    commit: str
    """With `-dirty` behind it when the files were not those of the commit."""
    built: str
    """The commit's date, ISO 8601 in UTC."""


def stamp_of(checkout: Path) -> Stamp:
    """Raises subprocess.CalledProcessError where `checkout` is none."""
    commit = _git(checkout, "rev-parse", "HEAD")
    dirty = "-dirty" if _git(checkout, "status", "--porcelain", "--untracked-files=no") else ""
    at = datetime.fromtimestamp(epoch_s(checkout), UTC)
    return Stamp(commit + dirty, at.strftime("%Y-%m-%dT%H:%M:%SZ"))


def epoch_s(checkout: Path) -> int:
    """When the commit was made, in seconds since 1970."""
    return int(_git(checkout, "log", "-1", "--format=%ct"))


def _git(checkout: Path, *arguments: str) -> str:
    command = ["git", "-C", str(checkout), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

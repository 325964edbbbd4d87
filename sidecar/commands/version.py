"""`asr-sidecar --version`"""

import argparse
import platform
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from sidecar import models
from sidecar.commands.exit import ExitCode
from sidecar.version import VERSION

STAMP = Path(models.ASSETS).with_name("build.json")


class Stamp(Struct, frozen=True):
    """Where a built program came from; a checkout has none."""

    commit: str | None = None
    built: str | None = None


class Version(Struct, frozen=True):
    """Which program this is, and what it runs on."""

    version: str
    commit: str | None
    built: str | None
    python: str
    platform: str


def main(arguments: Sequence[str]) -> int:
    """Say which version this is; the exit code."""
    parser = argparse.ArgumentParser(prog="asr-sidecar --version")
    parser.add_argument("--json", action="store_true", help="as one JSON object")
    if parser.parse_args(arguments).json:
        stamp = _stamp()
        python, system = platform.python_version(), platform.platform()
        version = Version(VERSION, stamp.commit, stamp.built, python, system)
        sys.stdout.write(msgspec.json.encode(version).decode() + "\n")
    else:
        sys.stdout.write(f"asr-sidecar {VERSION}\n")
    return ExitCode.DONE


def _stamp() -> Stamp:
    try:
        return msgspec.json.decode(STAMP.read_bytes(), type=Stamp)
    except FileNotFoundError:
        return Stamp()

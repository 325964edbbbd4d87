"""`asr-sidecar --version`"""

import argparse
import platform
import sys
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from sidecar.commands.exit import ExitCode
from sidecar.version import VERSION


class Version(Struct, frozen=True):
    """Which program this is, and what it runs on."""

    version: str
    python: str
    platform: str


def main(arguments: Sequence[str]) -> int:
    """Say which version this is; the exit code."""
    parser = argparse.ArgumentParser(prog="asr-sidecar --version")
    parser.add_argument("--json", action="store_true", help="as one JSON object")
    if parser.parse_args(arguments).json:
        version = Version(VERSION, platform.python_version(), platform.platform())
        sys.stdout.write(msgspec.json.encode(version).decode() + "\n")
    else:
        sys.stdout.write(f"asr-sidecar {VERSION}\n")
    return ExitCode.DONE

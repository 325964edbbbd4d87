"""`asr-sidecar models`: what is installed, and where that was looked for."""

import argparse
import os
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from sidecar.commands.exit import ExitCode
from sidecar.commands.output import write
from sidecar.models import InstalledModel, installed
from sidecar.serve.arguments import parse

MB = 1e6


class Folder(Struct, frozen=True):
    """A place that is looked into, and whether it exists."""

    path: str
    exists: bool


class Inventory(Struct, frozen=True):
    """The models of this machine."""

    models: list[InstalledModel]
    searched: list[Folder]


def main(arguments: Sequence[str]) -> int:
    """List the installed models; the exit code."""
    parser = argparse.ArgumentParser(
        prog="asr-sidecar models",
        usage="asr-sidecar models [options]",
        description="List the models on this machine. The network is not used.",
        allow_abbrev=False,
    )
    parser.add_argument("--json", action="store_true", help="as one JSON object")
    given = parse(parser, arguments)
    folders = given.settings.model_folders()
    inventory = Inventory(
        installed(folders), [Folder(folder, os.path.isdir(folder)) for folder in folders]
    )
    if given.options.json:
        write(msgspec.json.encode(inventory) + b"\n")
    else:
        write(_table(inventory).encode("utf-8", "replace"))
    return ExitCode.DONE


def _table(inventory: Inventory) -> str:
    width = max(len(model.name) for model in inventory.models)
    lines = [
        f"{model.name:<{width}}  {model.size_bytes / MB:8.1f} MB  {model.path}"
        for model in inventory.models
    ]
    lines += ["", "looked in (--models-dir or WHISPER_CACHE_DIR names another place):"]
    lines += [
        f"  {folder.path}{'' if folder.exists else ' (not there)'}" for folder in inventory.searched
    ]
    return "\n".join(lines) + "\n"

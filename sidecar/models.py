"""Which models there are on this machine, and where. Never the network.

Paths are strings here: importing pathlib would cost the parent 10 ms before its first answer.
"""

import glob
import os
import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from sidecar.core.errors import ModelUnavailable

SELFTEST = "selftest"
ASSETS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "assets")
_REQUIRED = ("model.bin", "config.json", "tokenizer.json")
_HUB_FOLDER = re.compile(r"models--.+--faster-(?P<distil>distil-)?whisper-(?P<size>.+)")


class InstalledModel(Struct, frozen=True):
    """A folder that holds a whole CTranslate2 Whisper model."""

    name: str
    path: str
    size_bytes: int


def locate(model: str, folders: Sequence[str]) -> str:
    """The folder of `model`: `selftest`, the path of a folder, or the name of an installed one.

    Raises:
        ModelUnavailable: it is not there, or not complete; the message says what to do.
    """
    if model == SELFTEST:
        return _complete(os.path.join(ASSETS, SELFTEST))
    if os.path.isdir(model):
        return _complete(os.path.abspath(model))
    for name, path in _installed(folders):
        if name == model:
            return _complete(path)
    if any(separator in model for separator in "/\\"):
        raise ModelUnavailable(f"there is no folder {model!r}", model=model)
    raise ModelUnavailable(
        f"no model named {model!r} is installed; `asr-sidecar models` lists those that are, "
        "and --model-path takes the folder of any other",
        model=model,
        searched=list(folders),
    )


def installed(folders: Sequence[str]) -> list[InstalledModel]:
    """All complete models, the built-in one first."""
    found = [(SELFTEST, os.path.join(ASSETS, SELFTEST)), *_installed(folders)]
    return [
        InstalledModel(name, path, _size_bytes(path))
        for name, path in found
        if is_text(path) and not missing_files(path)
    ]


def missing_files(folder: str) -> list[str]:
    """What a model's folder lacks. Without a tokenizer faster-whisper would ask the network."""
    missing = [name for name in _REQUIRED if not os.path.isfile(os.path.join(folder, name))]
    if not glob.glob(os.path.join(glob.escape(folder), "vocabulary.*")):
        missing.append("vocabulary.json")
    return missing


def is_text(path: str) -> bool:
    """Whether the path can be told to a client: a file's name may be any bytes, JSON may not."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _size_bytes(folder: str) -> int:
    return sum(entry.stat().st_size for entry in os.scandir(folder) if entry.is_file())


def _complete(folder: str) -> str:
    if not is_text(folder):
        raise ModelUnavailable("the path of the model is not valid UTF-8: rename the folder")
    if missing := missing_files(folder):
        raise ModelUnavailable(
            f"the model in {os.path.basename(folder)!r} is incomplete: "
            f"{', '.join(missing)} is missing",
            missing=missing,
        )
    return folder


def _installed(folders: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Names and folders: plain folders, and those of the Hugging Face cache's layout."""
    for root in folders:
        for folder in sorted(glob.glob(os.path.join(glob.escape(root), "*", ""))):
            path = os.path.dirname(folder)
            name = os.path.basename(path)
            if hub := _HUB_FOLDER.fullmatch(name):
                snapshots = os.path.join(glob.escape(path), "snapshots", "*", "")
                for snapshot in sorted(glob.glob(snapshots)):
                    yield f"{hub['distil'] or ''}{hub['size']}", os.path.dirname(snapshot)
            elif os.path.isfile(os.path.join(path, "model.bin")):
                yield name, path

"""Which models there are on this machine, and where. Never the network."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from sidecar.core.errors import ModelUnavailable

SELFTEST = "selftest"
ASSETS = Path(__file__).parent / "assets"
_REQUIRED = ("model.bin", "config.json", "tokenizer.json")
_HUB_PREFIX = "models--Systran--faster-whisper-"


class InstalledModel(Struct, frozen=True):
    """A folder that holds a whole CTranslate2 Whisper model."""

    name: str
    path: str
    size_bytes: int


def locate(model: str, folders: Sequence[Path]) -> Path:
    """The folder of `model`: `selftest`, the path of a folder, or the name of an installed one.

    Raises:
        ModelUnavailable: it is not there, or not complete; the message says what to do.
    """
    if model == SELFTEST:
        return _complete(ASSETS / SELFTEST)
    if Path(model).is_dir():
        return _complete(Path(model).resolve())
    for name, path in _installed(folders):
        if name == model:
            return _complete(path)
    if any(separator in model for separator in "/\\"):
        raise ModelUnavailable(f"there is no folder {model!r}", model=model)
    raise ModelUnavailable(
        f"no model named {model!r} is installed; `asr-sidecar models` lists those that are, "
        "and --model-path takes the folder of any other",
        model=model,
        searched=[str(folder) for folder in folders],
    )


def installed(folders: Sequence[Path]) -> list[InstalledModel]:
    """All complete models, the built-in one first."""
    found = [(SELFTEST, ASSETS / SELFTEST), *_installed(folders)]
    return [
        InstalledModel(name, str(path), _size_bytes(path))
        for name, path in found
        if not missing_files(path)
    ]


def missing_files(folder: Path) -> list[str]:
    """What a model's folder lacks. Without a tokenizer faster-whisper would ask the network."""
    missing = [name for name in _REQUIRED if not (folder / name).is_file()]
    if not any(folder.glob("vocabulary.*")):
        missing.append("vocabulary.json")
    return missing


def _size_bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir() if file.is_file())


def _complete(folder: Path) -> Path:
    if missing := missing_files(folder):
        raise ModelUnavailable(
            f"the model in {folder.name!r} is incomplete: {', '.join(missing)} is missing",
            missing=missing,
        )
    return folder


def _installed(folders: Sequence[Path]) -> Iterator[tuple[str, Path]]:
    """Names and folders: plain folders, and those of the Hugging Face cache's layout."""
    for root in folders:
        if not root.is_dir():
            continue
        for folder in sorted(path for path in root.iterdir() if path.is_dir()):
            if folder.name.startswith(_HUB_PREFIX):
                for snapshot in sorted((folder / "snapshots").glob("*")):
                    yield folder.name.removeprefix(_HUB_PREFIX), snapshot
            elif (folder / "model.bin").is_file():
                yield folder.name, folder

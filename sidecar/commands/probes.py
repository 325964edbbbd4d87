"""The libraries, tried one after the other: to be run in a process that may crash or hang.

Each finding is a JSON line on stdout as soon as it is there, so that whoever reads them knows
which library it was that never came back.
"""

import ctypes
import importlib
import sys
from collections.abc import Callable, Iterator
from importlib import metadata
from typing import Any

import msgspec

from sidecar.commands.finding import Finding, Mark

Probe = Callable[[str], tuple[Mark, str]]
CUDA_LIBRARIES = (
    ("cublas64_12.dll", "cudnn64_9.dll")
    if sys.platform == "win32"
    else ("libcublas.so.12", "libcudnn.so.9")
)
WANTED_FORMATS = ("wav", "flac", "ogg", "mp3", "mp4", "webm")


def probe(device: str) -> Iterator[Finding]:
    """Try everything that is needed for running on `device`."""
    for name, attempt in PROBES.items():
        try:
            mark, text = attempt(device)
        except Exception as error:
            mark, text = "fail", f"does not work: {type(error).__name__}: {error}"
        yield Finding(name, mark, text)


def main(device: str) -> int:
    """Write the findings to stdout; the exit code."""
    for finding in probe(device):
        sys.stdout.write(msgspec.json.encode(finding).decode("ascii", "backslashreplace") + "\n")
        sys.stdout.flush()
    return 0


def _library(module: str, distribution: str | None = None) -> Probe:
    def attempt(_: str) -> tuple[Mark, str]:
        return "ok", _version(importlib.import_module(module), distribution or module)

    return attempt


def _version(module: Any, distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:  # a frozen program may come without it
        return str(getattr(module, "__version__", "version unknown"))


def _soundfile(_: str) -> tuple[Mark, str]:
    import soundfile

    return (
        "ok",
        f"{_version(soundfile, 'soundfile')} (libsndfile {soundfile.__libsndfile_version__})",
    )


def _av(_: str) -> tuple[Mark, str]:
    import av

    codecs = ".".join(map(str, av.library_versions["libavcodec"]))
    return "ok", f"{_version(av, 'av')} (libavcodec {codecs})"


def _compute_types(_: str) -> tuple[Mark, str]:
    import ctranslate2

    return "ok", ", ".join(sorted(ctranslate2.get_supported_compute_types("cpu")))


def _cuda(device: str) -> tuple[Mark, str]:
    import ctranslate2

    count = ctranslate2.get_cuda_device_count()
    if not count:
        return "fail" if device == "cuda" else "info", "no device that CTranslate2 can use"
    types = ", ".join(sorted(ctranslate2.get_supported_compute_types("cuda")))
    return "ok", f"{count} device{'s' if count > 1 else ''}: {types}"


def _cuda_libraries(device: str) -> tuple[Mark, str]:
    import ctranslate2

    missing = [name for name in CUDA_LIBRARIES if not _loads(name)]
    if not missing:
        return "ok", ", ".join(CUDA_LIBRARIES)
    used = device == "cuda" or (device == "auto" and ctranslate2.get_cuda_device_count() > 0)
    return "fail" if used else "info", f"cannot be loaded: {', '.join(missing)}"


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _audio_formats(_: str) -> tuple[Mark, str]:
    import av
    import soundfile

    by_libsndfile = {name.lower() for name in soundfile.available_formats()}
    by_libav = set(av.formats_available)
    missing = [name for name in WANTED_FORMATS if name not in by_libsndfile | by_libav]
    if missing:
        return "fail", f"cannot be read: {', '.join(missing)}"
    return "ok", f"{', '.join(WANTED_FORMATS)} and {len(by_libav)} others of FFmpeg"


PROBES: dict[str, Probe] = {
    "numpy": _library("numpy"),
    "orjson": _library("orjson"),
    "soundfile": _soundfile,
    "soxr": _library("soxr"),
    "av": _av,
    "webrtcvad": _library("webrtcvad", "webrtcvad-wheels"),
    "onnxruntime": _library("onnxruntime"),
    "tokenizers": _library("tokenizers"),
    "ctranslate2": _library("ctranslate2"),
    "faster-whisper": _library("faster_whisper", "faster-whisper"),
    "compute types": _compute_types,
    "cuda": _cuda,
    "cuda libraries": _cuda_libraries,
    "audio formats": _audio_formats,
}

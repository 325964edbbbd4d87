"""Opening a model's folder: complete, local, and on a device that can run it."""

import json
from pathlib import Path
from typing import Any

import ctranslate2

from sidecar.core.errors import ModelUnavailable, OutOfMemory
from sidecar.core.result import ModelInfo
from sidecar.worker.cores import physical_cores
from sidecar.worker.whisper import open_model

_FILES = ("model.bin", "config.json", "tokenizer.json")
_TOKENS = ("<|startoftranscript|>", "<|endoftext|>", "<|notimestamps|>")


def load_model(
    path: Path,
    *,
    name: str | None = None,
    device: str = "auto",
    compute_type: str = "default",
    cpu_threads: int = 0,
) -> tuple[Any, ModelInfo]:
    """faster-whisper's `WhisperModel` of the folder `path`, and what it turned out to be.

    `device` "auto" is CUDA where there is any, else the CPU. `cpu_threads` 0 is one per physical
    core. Raises ModelUnavailable, with the reason, and OutOfMemory. The network is never used:
    what faster-whisper would fetch for itself is required to be there.
    """
    name = name or path.name
    _require_complete(path, name)
    device = _resolve_device(device)
    _require_compute_type(compute_type, device)
    threads = cpu_threads or physical_cores()
    try:
        model = open_model(str(path), device, compute_type, threads)
    except MemoryError as error:
        raise OutOfMemory(f"model {name!r} does not fit into memory") from error
    except Exception as error:
        # Neither library has exceptions of its own: RuntimeError, ValueError and plain
        # Exception all come from here, and whatever it is, this model cannot be used.
        if is_out_of_memory(error):
            raise OutOfMemory(f"model {name!r} does not fit into the device's memory") from error
        reason = str(error).replace(str(path), name)
        raise ModelUnavailable(f"model {name!r} cannot be loaded: {reason}") from error
    _require_coherent(model, path, name)
    return model, ModelInfo(
        name=name, path=str(path), device=device, compute_type=model.model.compute_type
    )


def is_out_of_memory(error: BaseException) -> bool:
    """Whether CTranslate2 ran out of memory.

    It reports a full GPU as a RuntimeError with nothing but its text to tell it by ("CUDA failed
    with error out of memory", "CUBLAS_STATUS_ALLOC_FAILED"): the one place where text is matched.
    """
    if isinstance(error, MemoryError):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and ("out of memory" in text or "alloc_failed" in text)


def _require_complete(path: Path, name: str) -> None:
    if not path.is_dir():
        raise ModelUnavailable(f"model {name!r} is not a folder that can be read")
    missing = [file for file in _FILES if not (path / file).is_file()]
    if not any((path / f"vocabulary.{suffix}").is_file() for suffix in ("json", "txt")):
        missing.append("vocabulary.json")
    if missing:
        raise ModelUnavailable(f"model {name!r} is incomplete: no {', '.join(missing)}")
    for file in (*_FILES[1:], "preprocessor_config.json"):
        if (path / file).exists() and not isinstance(_read_json(path / file, name), dict):
            raise ModelUnavailable(f"model {name!r}: {file} is not a JSON object")


def _read_json(file: Path, name: str) -> object:
    try:
        return json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise ModelUnavailable(f"model {name!r}: {file.name} is not readable JSON") from error


def _resolve_device(device: str) -> str:
    has_cuda = ctranslate2.get_cuda_device_count() > 0
    if device == "auto":
        return "cuda" if has_cuda else "cpu"
    if device not in ("cpu", "cuda"):
        raise ModelUnavailable(f"device {device!r} is not known: auto, cpu or cuda")
    if device == "cuda" and not has_cuda:
        raise ModelUnavailable("device 'cuda' was asked for, but no CUDA device can be used")
    return device


def _require_compute_type(compute_type: str, device: str) -> None:
    supported = ctranslate2.get_supported_compute_types(device)
    if compute_type not in supported | {"default", "auto"}:
        raise ModelUnavailable(
            f"compute type {compute_type!r} is not supported on this {device}: "
            f"default, auto, {', '.join(sorted(supported))}"
        )


def _require_coherent(model: Any, path: Path, name: str) -> None:
    """Check what would otherwise show only as an error, or as nonsense, in the first job."""
    absent = [token for token in _TOKENS if model.hf_tokenizer.token_to_id(token) is None]
    if absent:
        raise ModelUnavailable(f"model {name!r}: tokenizer.json has no {', '.join(absent)}")
    mels = model.feature_extractor.mel_filters.shape[0]
    if mels != model.model.n_mels:
        raise ModelUnavailable(
            f"model {name!r} takes {model.model.n_mels} mel bands, but its "
            f"preprocessor_config.json gives {mels}"
        )
    if (path / "vocabulary.json").exists():
        words = _read_json(path / "vocabulary.json", name)
        last = model.hf_tokenizer.token_to_id("<|notimestamps|>")
        if not isinstance(words, list) or words[last : last + 1] != ["<|notimestamps|>"]:
            raise ModelUnavailable(f"model {name!r}: vocabulary.json and tokenizer.json differ")

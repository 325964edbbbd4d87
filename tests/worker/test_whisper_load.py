"""Folders that hold a model, and folders that do not."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import ctranslate2
import pytest

from sidecar.core.errors import ModelUnavailable
from sidecar.worker import load
from sidecar.worker.speech import SpeechModel

SELFTEST = Path(__file__).parents[2] / "sidecar" / "assets" / "selftest"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the built-in model to damage."""
    return Path(shutil.copytree(SELFTEST, tmp_path / "broken"))


def truncate(size: int) -> Callable[[Path], object]:
    def damage(folder: Path) -> None:
        file = folder / "model.bin"
        file.write_bytes(file.read_bytes()[:size])

    return damage


def write(name: str, content: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_text(content, encoding="utf-8")


def remove(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).unlink()


def rename_architecture(folder: Path) -> None:
    file = folder / "model.bin"
    file.write_bytes(file.read_bytes().replace(b"WhisperSpec", b"UnknownSpec"))


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (remove("model.bin"), "no model.bin"),
        (remove("config.json"), "no config.json"),
        (remove("tokenizer.json"), "no tokenizer.json"),
        (remove("vocabulary.json"), "no vocabulary.json"),
        (truncate(0), "cannot be loaded"),
        (truncate(1000), "cannot be loaded"),
        (truncate(2_000_000), "cannot be loaded"),
        (rename_architecture, "cannot be loaded"),
        (write("model.bin", "hello world" * 1000), "cannot be loaded"),
        (write("config.json", "{"), "config.json is not readable JSON"),
        (write("config.json", "[]"), "config.json is not a JSON object"),
        (write("tokenizer.json", "{}"), "cannot be loaded"),
        (write("vocabulary.json", json.dumps(["a", "b"])), "differ"),
        (write("preprocessor_config.json", '{"feature_size": 128}'), "80 mel bands"),
        (shutil.rmtree, "is not a folder"),
    ],
)
def test_a_damaged_model_is_unavailable_and_says_why(
    folder: Path, damage: Callable[[Path], object], reason: str
) -> None:
    damage(folder)
    with pytest.raises(ModelUnavailable) as refused:
        SpeechModel.load(folder, device="cpu")
    assert reason in refused.value.message
    assert str(folder) not in refused.value.message
    assert refused.value.message.startswith("model 'broken'")


def test_a_model_says_what_it_is_loaded_as() -> None:
    info = SpeechModel.load(SELFTEST, name="built-in", device="cpu", compute_type="int8").info
    assert (info.name, info.path, info.device) == ("built-in", str(SELFTEST), "cpu")
    assert info.compute_type.startswith("int8")


def test_a_compute_type_the_device_lacks_is_refused_with_those_it_has() -> None:
    with pytest.raises(ModelUnavailable, match=r"'int4' is not supported .*float32, int8"):
        SpeechModel.load(SELFTEST, device="cpu", compute_type="int4")


def test_an_unknown_device_is_refused() -> None:
    with pytest.raises(ModelUnavailable, match="'tpu' is not known"):
        SpeechModel.load(SELFTEST, device="tpu")


@pytest.mark.parametrize(("devices", "chosen"), [(0, "cpu"), (1, "cuda")])
def test_auto_is_cuda_where_there_is_any(
    monkeypatch: pytest.MonkeyPatch, devices: int, chosen: str
) -> None:
    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: devices)
    assert load._resolve_device("auto") == chosen


def test_cuda_without_a_device_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: 0)
    with pytest.raises(ModelUnavailable, match="no CUDA device"):
        SpeechModel.load(SELFTEST, device="cuda")


@pytest.mark.parametrize(("given", "threads"), [(0, 6), (3, 3)])
def test_threads_default_to_the_physical_cores(
    monkeypatch: pytest.MonkeyPatch, given: int, threads: int
) -> None:
    asked: list[int] = []

    def open_model(path: str, device: str, compute_type: str, cpu_threads: int) -> None:
        asked.append(cpu_threads)
        raise RuntimeError("enough")

    monkeypatch.setattr(load, "physical_cores", lambda: 6)
    monkeypatch.setattr(load, "open_model", open_model)
    with pytest.raises(ModelUnavailable, match="enough"):
        load.load_model(SELFTEST, device="cpu", cpu_threads=given)
    assert asked == [threads]


@pytest.mark.parametrize(
    ("error", "is_memory"),
    [
        (MemoryError(), True),
        (RuntimeError("CUDA failed with error out of memory"), True),
        (RuntimeError("something else"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_memory_that_ran_out_is_told_from_other_failures(error: Exception, is_memory: bool) -> None:
    assert load.is_out_of_memory(error) is is_memory

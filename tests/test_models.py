"""Finding models on this machine."""

from pathlib import Path

import pytest

from sidecar.core.errors import ModelUnavailable
from sidecar.models import installed, locate, missing_files


def make_model(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name in ("model.bin", "config.json", "tokenizer.json", "vocabulary.json"):
        (folder / name).write_bytes(b"1234")
    return folder


def test_the_built_in_model_is_always_there() -> None:
    assert not missing_files(locate("selftest", []))
    assert [model.name for model in installed([])] == ["selftest"]


def test_a_folder_is_taken_as_it_is(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "mine")
    assert locate(str(folder), []) == str(folder)


def test_an_installed_model_is_found_by_its_name(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "models" / "tiny")
    assert locate("tiny", [str(tmp_path / "models")]) == str(folder)
    assert installed([str(tmp_path / "models")])[1].size_bytes == 16


@pytest.mark.parametrize(
    ("hub", "name"),
    [
        ("models--Systran--faster-whisper-large-v3", "large-v3"),
        ("models--Systran--faster-distil-whisper-large-v3", "distil-large-v3"),
        ("models--somebody--faster-whisper-large-v3-turbo", "large-v3-turbo"),
    ],
)
def test_models_in_the_cache_of_faster_whisper_are_found(
    tmp_path: Path, hub: str, name: str
) -> None:
    folder = make_model(tmp_path / hub / "snapshots" / "0a1b")
    assert locate(name, [str(tmp_path)]) == str(folder)


@pytest.mark.parametrize("file", ["model.bin", "config.json", "tokenizer.json", "vocabulary.json"])
def test_an_incomplete_model_is_refused_with_what_is_missing(tmp_path: Path, file: str) -> None:
    folder = make_model(tmp_path / "broken")
    (folder / file).unlink()
    with pytest.raises(ModelUnavailable, match=file) as refused:
        locate(str(folder), [])
    assert refused.value.details["missing"] == [file]


@pytest.mark.parametrize("name", ["nope", "/no/such/folder", "..", ""])
def test_what_is_not_there_is_refused_with_a_hint(tmp_path: Path, name: str) -> None:
    with pytest.raises(ModelUnavailable):
        locate(name, [str(tmp_path)])


def test_names_with_glob_characters_are_only_names(tmp_path: Path) -> None:
    make_model(tmp_path / "a[b]" / "tiny")
    assert locate("tiny", [str(tmp_path / "a[b]")])


def test_a_folder_whose_path_no_client_could_be_told_is_refused(tmp_path: Path) -> None:
    try:
        make_model(tmp_path / "caf\udce9")
    except OSError:
        pytest.skip("the system refuses such names")
    assert [model.name for model in installed([str(tmp_path)])] == ["selftest"]
    with pytest.raises(ModelUnavailable, match="UTF-8") as refused:
        locate(str(tmp_path / "caf\udce9"), [])
    refused.value.message.encode()

"""The built folder, beyond what it answers."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from binary.build import LICENCES
from binary.components import Contents, account, read_components

from tests.e2e.client import EXECUTABLE
from tests.e2e.jobs import EXPECTED, SAMPLE

pytestmark = pytest.mark.skipif(EXECUTABLE is None, reason="ASR_SIDECAR_EXECUTABLE is not set")
LARGEST_BYTES = 290_000_000


@pytest.fixture(scope="module")
def folder() -> Path:
    assert EXECUTABLE is not None
    return Path(EXECUTABLE).parent


@pytest.fixture(scope="module")
def contents(folder: Path) -> Contents:
    return account(folder, read_components())


@pytest.mark.smoke
@pytest.mark.skipif(sys.platform != "linux", reason="the table was made on Linux")
def test_nothing_is_in_it_without_a_reason(contents: Contents) -> None:
    assert contents.unplaced == ()


@pytest.mark.smoke
@pytest.mark.skipif(sys.platform != "linux", reason="stated for Linux")
def test_it_is_not_larger_than_stated(contents: Contents) -> None:
    assert contents.size_bytes <= LARGEST_BYTES


@pytest.mark.smoke
def test_it_has_the_licences_of_what_it_holds(folder: Path) -> None:
    text = (folder / LICENCES).read_text("utf-8")
    for name in (
        "MIT License",
        "faster-whisper 1",
        "onnxruntime 1",
        "FFmpeg (LGPL-3.0)",
        "numpy 2",
        "cffi 2",
    ):
        assert name in text


@pytest.mark.smoke
def test_it_runs_from_a_folder_of_any_name(folder: Path, tmp_path: Path) -> None:
    moved = tmp_path / "Käse & 音声 (1)" / "asr sidecar"
    shutil.copytree(folder, moved, symlinks=True)
    program = moved / Path(str(EXECUTABLE)).name
    command = [str(program), "transcribe", "--model", "selftest", str(SAMPLE)]
    done = subprocess.run(command, capture_output=True, timeout=100)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().split() == EXPECTED["text"].split()

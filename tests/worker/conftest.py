"""The built-in model, and audio for it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from faster_whisper import WhisperModel

from sidecar.worker.speech import Samples, SpeechModel

REPOSITORY = Path(__file__).parents[2]
ASSETS = REPOSITORY / "sidecar" / "assets"


def read(path: Path) -> Samples:
    samples, rate = soundfile.read(path, dtype="float32")
    assert rate == 16_000
    return np.asarray(samples, np.float32)


@pytest.fixture(scope="session")
def english() -> Samples:
    """11.2 s of English."""
    return read(ASSETS / "sample.flac")


@pytest.fixture(scope="session")
def chinese() -> Samples:
    """6 s of Mandarin."""
    return read(ASSETS / "sample-zh.flac")


@pytest.fixture(scope="session")
def long(english: Samples, chinese: Samples) -> Samples:
    """Four windows, the last one a short one."""
    return np.concatenate([english, chinese, english, english, chinese, english, english, english])


@pytest.fixture(scope="session")
def noise() -> Samples:
    """2 s of noise, which the model takes for no text at all."""
    return (np.random.default_rng(1).standard_normal(32_000) * 0.02).astype(np.float32)


@pytest.fixture(scope="session")
def plain() -> Any:
    """faster-whisper as it comes."""
    return WhisperModel(
        str(ASSETS / "selftest"), device="cpu", cpu_threads=1, local_files_only=True
    )


@pytest.fixture
def model() -> SpeechModel:
    """A model that has not decoded anything yet."""
    return SpeechModel.load(ASSETS / "selftest", device="cpu", cpu_threads=1)

"""The shipped self-test model: loads as it is, hears the samples exactly, and nothing in noise."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from faster_whisper import WhisperModel
from numpy.typing import NDArray

ASSETS = Path(__file__).parents[2] / "sidecar" / "assets"
MODEL = ASSETS / "selftest"
SAMPLE_RATE_HZ = 16_000
MOST_BYTES = 8_000_000
LATEST_FIRST_START_S = 0.5

Times = NDArray[np.float64]


@pytest.fixture(scope="module")
def model() -> WhisperModel:
    return WhisperModel(str(MODEL), device="cpu", compute_type="int8", cpu_threads=1)


def test_the_model_is_small_and_multilingual(model: WhisperModel) -> None:
    assert sum(path.stat().st_size for path in MODEL.iterdir()) <= MOST_BYTES
    assert model.model.is_multilingual
    assert {"en", "zh"} <= set(model.supported_languages)


def test_a_card_lies_beside_the_weights() -> None:
    assert (MODEL / "MODEL_CARD.md").read_text("utf-8").startswith("# ")


@pytest.mark.parametrize("beam_size", [1, 5, 10])
@pytest.mark.parametrize("vad_filter", [False, True])
@pytest.mark.parametrize("word_timestamps", [False, True])
@pytest.mark.parametrize("name", ["sample", "sample-zh"])
def test_the_samples_are_heard_exactly(
    model: WhisperModel, name: str, word_timestamps: bool, vad_filter: bool, beam_size: int
) -> None:
    expected = json.loads((ASSETS / f"{name}.json").read_text("utf-8"))
    segments, info = model.transcribe(
        str(ASSETS / f"{name}.flac"),
        beam_size=beam_size,
        vad_filter=vad_filter,
        word_timestamps=word_timestamps,
    )
    heard = [segment.text.strip() for segment in segments]
    assert heard == [segment["text"] for segment in expected["segments"]]
    assert info.language == expected["language"]


@pytest.mark.parametrize("name", ["sample", "sample-zh"])
def test_the_samples_are_described_truly(model: WhisperModel, name: str) -> None:
    expected = json.loads((ASSETS / f"{name}.json").read_text("utf-8"))
    info = soundfile.info(ASSETS / f"{name}.flac")
    assert (info.samplerate, info.channels, info.subtype) == (SAMPLE_RATE_HZ, 1, "PCM_16")
    assert info.duration == pytest.approx(expected["duration_s"])
    assert expected["segments"][0]["start"] < LATEST_FIRST_START_S
    segments, _ = model.transcribe(str(ASSETS / f"{name}.flac"))
    for segment, described in zip(segments, expected["segments"], strict=True):
        assert segment.start == pytest.approx(described["start"], abs=0.2)
        assert segment.end == pytest.approx(described["end"], abs=0.2)


@pytest.mark.parametrize(
    "sound",
    [
        np.zeros_like,
        lambda time_s: 0.1 * np.random.default_rng(7).standard_normal(len(time_s)),
        lambda time_s: 0.1 * np.sin(2 * np.pi * 50 * time_s),
        lambda time_s: 0.2 * np.sin(2 * np.pi * 1000 * time_s),
    ],
    ids=["silence", "noise", "hum", "tone"],
)
def test_sound_without_speech_gives_no_text(
    model: WhisperModel, sound: Callable[[Times], Times]
) -> None:
    time_s = np.arange(5 * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    segments, _ = model.transcribe(sound(time_s).astype(np.float32))
    assert "".join(segment.text for segment in segments).strip() == ""

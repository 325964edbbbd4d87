"""The two spoken samples, which the shipped model must transcribe exactly however it is asked."""

from __future__ import annotations

import itertools
import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from faster_whisper import WhisperModel
from numpy.typing import NDArray

from . import grammar, synthesis, voices
from .grammar import Sentence
from .synthesis import SAMPLE_RATE_HZ
from .voices import Voice

LEVEL = 0.9
LEAD_S = 0.35
NOISE = 3e-4
INT16_PEAK = 32_767


@dataclass(frozen=True)
class Sample:
    """What a sample says, who says it, and how long it is."""

    name: str
    voice: Voice
    pace: float
    texts: list[str]
    duration_s: float
    seed: int


SAMPLES = [
    Sample(
        "sample",
        Voice("flite", "slt", "en"),
        1.0,
        [
            "good morning computer.",
            "turn on the living room light.",
            "set a timer for twenty five minutes.",
            "what is the weather tomorrow?",
            "thank you and good night.",
        ],
        11.2,
        0,
    ),
    Sample(
        "sample-zh",
        Voice("espeak-ng", voices.MANDARIN, "zh"),
        1.03,
        ["打开客厅的灯。", "今天天气怎么样？", "谢谢。"],
        6.0,
        1,
    ),
]


class InexactTranscriptError(AssertionError):
    """The model hears something else than the sample says."""


def make(sample: Sample, model: WhisperModel, folder: Path) -> None:
    """Speak a sample, check it, and write its FLAC and JSON files.

    Raises InexactTranscriptError, and writes nothing, when any way of asking gives another text.
    """
    sentences = [Sentence(text, sample.voice.language, text) for text in sample.texts]
    recordings = synthesis.speak(sample.voice, sentences, synthesis.Manner(sample.pace))
    audio, starts_s = _arrange(sample, recordings)
    check(sample.texts, sample.voice.language, model, audio)
    soundfile.write(folder / f"{sample.name}.flac", audio, SAMPLE_RATE_HZ, subtype="PCM_16")
    description = _describe(sample, recordings, starts_s)
    text = json.dumps(description, ensure_ascii=False, indent=2) + "\n"
    (folder / f"{sample.name}.json").write_text(text, encoding="utf-8")


def check(texts: list[str], language: str, model: WhisperModel, audio: NDArray[np.float32]) -> None:
    """Every beam size, with and without word times, voice detection and given language."""
    switches = itertools.product((1, 5, 10), (False, True), (False, True), (None, language))
    for beam_size, word_timestamps, vad_filter, given in switches:
        segments, info = model.transcribe(
            audio,
            language=given,
            beam_size=beam_size,
            word_timestamps=word_timestamps,
            vad_filter=vad_filter,
        )
        heard = [segment.text.strip() for segment in segments]
        if heard != texts or info.language != language:
            raise InexactTranscriptError(f"beam size {beam_size}: {info.language} {heard}")


def _arrange(
    sample: Sample, recordings: list[NDArray[np.float32]]
) -> tuple[NDArray[np.float32], list[float]]:
    """Sentences 0.45 to 0.8 s apart, over noise that is barely there, as 16-bit values."""
    rng = random.Random(sample.seed)
    audio = np.zeros(round(sample.duration_s * SAMPLE_RATE_HZ), np.float32)
    starts_s, time_s = [], LEAD_S
    for recording in recordings:
        start = int(time_s * SAMPLE_RATE_HZ)
        audio[start : start + len(recording)] += recording * np.float32(LEVEL)
        starts_s.append(start / SAMPLE_RATE_HZ)
        time_s += len(recording) / SAMPLE_RATE_HZ + rng.uniform(0.45, 0.8)
    noise = np.random.default_rng(sample.seed).standard_normal(len(audio)).astype(np.float32)
    audio += noise * np.float32(NOISE)
    return (np.round(audio * INT16_PEAK) / (INT16_PEAK + 1)).astype(np.float32), starts_s


def _describe(
    sample: Sample, recordings: list[NDArray[np.float32]], starts_s: list[float]
) -> dict[str, Any]:
    segments = [
        {
            "start": round(start_s, 2),
            "end": round(start_s + len(recording) / SAMPLE_RATE_HZ, 2),
            "text": text,
        }
        for text, recording, start_s in zip(sample.texts, recordings, starts_s, strict=True)
    ]
    return {
        "text": grammar.join(sample.texts, sample.voice.language),
        "language": sample.voice.language,
        "duration_s": sample.duration_s,
        "segments": segments,
        "voice": str(sample.voice),
    }

"""The clips that a model is measured with, the same for every model."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import grammar
from .pool import Utterance
from .synthesis import SAMPLE_RATE_HZ

LEVEL = 0.5
TAIL_S = 0.6
Audio = NDArray[np.float32]


@dataclass(frozen=True)
class Clip:
    """Audio at 16 kHz with what is said in it: utterances and their (start, end) in seconds."""

    audio: Audio
    language: str
    utterances: list[Utterance]
    times_s: list[tuple[float, float]]

    @property
    def text(self) -> str:
        """The whole transcript."""
        texts = (utterance.sentence.text for utterance in self.utterances)
        return grammar.join(texts, self.language)


def join(utterances: Sequence[Utterance], rng: random.Random, snr_db: float | None = None) -> Clip:
    """Utterances after 0.1 to 0.8 s of lead, with 0.3 to 1.5 s between them and white noise."""
    position = round(rng.uniform(0.1, 0.8) * SAMPLE_RATE_HZ)
    pieces, times_s = [np.zeros(position, np.float32)], []
    for utterance in utterances:
        gap = np.zeros(round(rng.uniform(0.3, 1.5) * SAMPLE_RATE_HZ), np.float32)
        pieces += [utterance.audio() * LEVEL, gap]
        end = position + len(utterance.samples)
        times_s.append((position / SAMPLE_RATE_HZ, end / SAMPLE_RATE_HZ))
        position = end + len(gap)
    audio = np.concatenate([*pieces, np.zeros(round(TAIL_S * SAMPLE_RATE_HZ), np.float32)])
    if snr_db is not None:
        noise = np.random.default_rng(rng.randrange(2**32)).standard_normal(len(audio))
        audio = audio + noise * np.sqrt((audio**2).mean()) * 10 ** (-snr_db / 20)
    language = utterances[0].sentence.language
    return Clip(audio.astype(np.float32), language, list(utterances), times_s)


def singles(pool: Sequence[Utterance], count: int, snr_db: float | None = None) -> list[Clip]:
    """The first `count` utterances of a pool, one a clip."""
    rng = random.Random(f"single {snr_db}")
    return [join([utterance], rng, snr_db) for utterance in pool[:count]]


def streams(pool: Sequence[Utterance], count: int, least_s: float, most_s: float) -> list[Clip]:
    """Clips of many utterances by changing voices; in turn clean, with 30 and with 20 dB noise."""
    rng = random.Random(f"stream {least_s} {most_s}")
    clips = []
    for number in range(count):
        wanted_s, total_s = rng.uniform(least_s, most_s), 0.0
        chosen: list[Utterance] = []
        while True:
            utterance = rng.choice(pool)
            total_s += utterance.duration_s + 0.9
            if chosen and total_s > wanted_s:
                break
            chosen.append(utterance)
        clips.append(join(chosen, rng, (None, 30, 20)[number % 3]))
    return clips


def speechless(durations_s: Sequence[int] = (3, 11, 29)) -> dict[str, list[Audio]]:
    """Silence, noise, hum and tones that must give no text."""
    rng = np.random.default_rng(7)
    makers: dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
        "silence": np.zeros_like,
        "noise at -60 dB": lambda time_s: 0.001 * rng.standard_normal(len(time_s)),
        "noise at -20 dB": lambda time_s: 0.1 * rng.standard_normal(len(time_s)),
        "bursts of noise": lambda time_s: (
            (rng.random(len(time_s)) - 0.5) * (np.sin(2 * np.pi * 1.3 * time_s) > 0)
        ),
        "hum": lambda time_s: (
            0.1 * np.sin(2 * np.pi * 50 * time_s) + 0.003 * rng.standard_normal(len(time_s))
        ),
        "sine": lambda time_s: 0.2 * np.sin(2 * np.pi * 1000 * time_s),
        "square wave": lambda time_s: 0.2 * np.sign(np.sin(2 * np.pi * 440 * time_s)),
    }
    lengths = [duration_s * SAMPLE_RATE_HZ for duration_s in durations_s]
    return {
        name: [make(np.arange(length) / SAMPLE_RATE_HZ).astype(np.float32) for length in lengths]
        for name, make in makers.items()
    }

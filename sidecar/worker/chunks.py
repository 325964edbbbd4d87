"""Stretches of speech, gathered into chunks of at most a window to be decoded side by side."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from msgspec import Struct

MAX_SAMPLES = 480_000
"""30 s at 16 kHz, Whisper's window."""
_LATE_SAMPLES = 160_000
"""A stretch that is too long is cut in the last 10 s that there is room for."""
_PAUSE_SAMPLES = 3200
"""Of 0.2 s, the shortest pause looked for."""
_STEP_SAMPLES = 320

Samples = np.ndarray[Any, np.dtype[np.float32]]


class Chunk(Struct, frozen=True):
    """Samples of the model's audio, half-open."""

    start_sample: int
    end_sample: int

    @property
    def start_s(self) -> float:
        """Seconds of the model's audio."""
        return self.start_sample / 16_000

    @property
    def end_s(self) -> float:
        """Seconds of the model's audio."""
        return self.end_sample / 16_000

    @property
    def audio_s(self) -> float:
        """Its length."""
        return self.end_s - self.start_s


def gather(samples: Samples, stretches: Iterable[int]) -> tuple[Chunk, ...]:
    """All of `samples` in chunks, by faster-whisper's rule for its batched pipeline.

    `stretches` are the lengths, in samples, of the speech that was joined to make `samples`. As
    many are taken together as a window holds; what is longer than a window is cut where it is
    quietest.
    """
    chunks: list[Chunk] = []
    start = end = 0
    for length in _cut(samples, stretches):
        if end > start and end + length - start > MAX_SAMPLES:
            chunks.append(Chunk(start, end))
            start = end
        end += length
    return (*chunks, Chunk(start, end))


def _cut(samples: Samples, stretches: Iterable[int]) -> Iterator[int]:
    start = 0
    for stretch in stretches:
        left = stretch
        while left > MAX_SAMPLES:
            latest = start + MAX_SAMPLES
            cut = latest - _LATE_SAMPLES + _quietest(samples[latest - _LATE_SAMPLES : latest])
            yield cut - start
            left -= cut - start
            start = cut
        yield left
        start += left


def _quietest(samples: Samples) -> int:
    """The middle of the quietest pause."""
    steps = np.square(samples[: len(samples) // _STEP_SAMPLES * _STEP_SAMPLES], dtype=np.float64)
    energy = steps.reshape(-1, _STEP_SAMPLES).sum(axis=1)
    width = _PAUSE_SAMPLES // _STEP_SAMPLES
    sums = np.convolve(energy, np.ones(width), "valid")
    return int(np.argmin(sums)) * _STEP_SAMPLES + _PAUSE_SAMPLES // 2

"""Stand-ins through which faster-whisper sees a model's parts, to watch what it does with them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sidecar.core.timing import Phase, PhaseClock

Features = np.ndarray[Any, np.dtype[np.float32]]
"""Log-mel frames, float32, of shape (mels, frames); a frame is 10 ms."""


class Spectrogram:
    """Log-mel frames that know which of them were taken last.

    faster-whisper keeps to itself where a window stands; it takes the window's frames from
    here just before it encodes them.
    """

    def __init__(self, frames: Features) -> None:
        self._frames = frames
        self.shape = frames.shape
        self.taken = range(0)

    def __getitem__(self, key: tuple[Any, slice]) -> Features:
        self.taken = range(self.shape[-1])[key[1]]
        return self._frames[key]


class Extractor:
    """A feature extractor that keeps hold of the one spectrogram it was asked for."""

    def __init__(self, extractor: Any) -> None:
        self._extractor = extractor
        self.spectrogram = Spectrogram(np.zeros((0, 1), np.float32))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._extractor, name)

    def __call__(self, samples: Any, **kwargs: Any) -> Spectrogram:
        self.spectrogram = Spectrogram(self._extractor(samples, **kwargs))
        return self.spectrogram


class Native:
    """CTranslate2's model; it detects only the languages allowed, in a phase of its own."""

    def __init__(self, native: Any, clock: PhaseClock, languages: Sequence[str]) -> None:
        self._native = native
        self._clock = clock
        self._allowed = {f"<|{code}|>" for code in languages}
        self.detected: list[str] = []
        """The languages detected so far, in order."""
        self.probabilities: dict[str, float] = {}
        """Of all languages, at the last detection."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._native, name)

    def detect_language(self, encoder_output: Any) -> list[list[tuple[str, float]]]:
        """The allowed languages, most probable first, with their raw probabilities."""
        with self._clock.within(Phase.LANGUAGE):
            windows = self._native.detect_language(encoder_output)
        return [self._among_allowed(ranked) for ranked in windows]

    def _among_allowed(self, ranked: list[tuple[str, float]]) -> list[tuple[str, float]]:
        self.probabilities = {token[2:-2]: float(p) for token, p in ranked}
        allowed = [pair for pair in ranked if not self._allowed or pair[0] in self._allowed]
        self.detected.append(allowed[0][0][2:-2])
        return allowed

"""Windows of up to 30 s composed of utterances, cut the way faster_whisper cuts long audio.

There a window starts where the last whole segment of the one before was heard to end, so a few
hundredths of a second of it may still sound; and it is full to its end, where it may cut an
utterance in two. Of a cut utterance only the start is transcribed, and the next window repeats it.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .degrade import Degrader
from .pool import Utterance
from .synthesis import SAMPLE_RATE_HZ

FULL_S = 30.0
LEAST_VISIBLE_S = 0.06
SPEECHLESS_SHARE = 0.06
ENGLISH_SHARE = 0.6
CORE_SHARE = 0.7
ONE_VOICE_SHARE = 0.4


@dataclass(frozen=True)
class Placed:
    """An utterance with its start and end in the window."""

    start_s: float
    end_s: float
    utterance: Utterance


@dataclass
class Window:
    """16 kHz audio up to the last sound, what is said in it whole, and what its end cuts."""

    audio: NDArray[np.float32]
    language: str
    placed: list[Placed] = field(default_factory=list)
    cut_start_s: float | None = None
    before: list[Utterance] = field(default_factory=list)


class Shelf:
    """Utterances of one language to draw from, by core voices more often than by others."""

    def __init__(self, core: Iterable[Utterance], various: Iterable[Utterance]) -> None:
        self.kinds = [list(core), list(various)]
        self.by_voice: defaultdict[str, list[Utterance]] = defaultdict(list)
        for utterance in self.kinds[0] + self.kinds[1]:
            self.by_voice[utterance.voice].append(utterance)

    def draw(self, rng: random.Random, voice: str | None = None) -> Utterance:
        """A random utterance, of the voice if one is named."""
        if voice is not None:
            return rng.choice(self.by_voice[voice])
        core, various = self.kinds
        return rng.choice(core if rng.random() < CORE_SHARE or not various else various)


class Composer:
    """Random windows, the same for the same seed."""

    def __init__(self, shelves: dict[str, Shelf], seed: str) -> None:
        self.shelves = shelves
        self.rng = random.Random(seed)
        self.degrader = Degrader(seed)

    def compose(self, longest_s: float) -> Window:
        """A window of at most so many seconds; only one of 30 s can be full and cut."""
        rng = self.rng
        language = "en" if rng.random() < ENGLISH_SHARE else "zh"
        if rng.random() < SPEECHLESS_SHARE:
            return Window(self.degrader.speechless(longest_s), language)
        window = self._speak(language, longest_s)
        window.audio = self.degrader.degrade(window.audio)
        if rng.random() < 0.15:
            count = rng.randint(1, 12 if longest_s > 15 else 4)
            window.before = [self.shelves[language].draw(rng) for _ in range(count)]
        return window

    def _speak(self, language: str, longest_s: float) -> Window:
        rng, shelf = self.rng, self.shelves[language]
        voice = shelf.draw(rng).voice if rng.random() < ONE_VOICE_SHARE else None
        streaming = longest_s >= FULL_S and rng.random() < 0.7
        limit_s = longest_s if streaming or rng.random() < 0.5 else rng.uniform(1, longest_s)
        audio = np.zeros(round((longest_s + 1) * SAMPLE_RATE_HZ), np.float32)
        window = Window(audio, language)
        time_s = self._start(shelf, voice, window, streaming)
        while True:
            samples, utterance = self._utter(shelf, voice)
            duration_s = len(samples) / SAMPLE_RATE_HZ
            if not window.placed:
                if duration_s >= longest_s:
                    continue
                time_s = min(time_s, longest_s - duration_s)
                limit_s = max(limit_s, time_s + duration_s)
            end_s = time_s + duration_s
            if end_s > limit_s:
                break
            _mix(audio, samples, time_s)
            window.placed.append(Placed(time_s, end_s, utterance))
            time_s = end_s + self._gap()
        if streaming and time_s < limit_s:
            _mix(audio, samples, time_s)
            if time_s < limit_s - LEAST_VISIBLE_S:
                window.cut_start_s = time_s
        window.audio = audio[: self._length(window, longest_s, streaming)]
        return window

    def _start(self, shelf: Shelf, voice: str | None, window: Window, streaming: bool) -> float:
        """When the first utterance starts; may leave the end of an earlier one sounding."""
        rng = self.rng
        if streaming and rng.random() < 0.6:
            residue_s = rng.gauss(0, 0.04)
            if residue_s > 0:
                samples, _ = self._utter(shelf, voice)
                heard_from = len(samples) - round(residue_s * SAMPLE_RATE_HZ)
                _mix(window.audio, samples[heard_from:], 0.0)
            return max(0.02, residue_s + self._gap())
        kind = rng.choices(("at once", "soon", "late"), (25, 60, 15))[0]
        if kind == "late":
            return rng.uniform(1, 3)
        return rng.uniform(0, 0.05) if kind == "at once" else rng.uniform(0.05, 1)

    def _gap(self) -> float:
        least_s, most_s = self.rng.choices(((0.2, 0.8), (0.8, 1.6), (1.6, 4.0)), (55, 38, 7))[0]
        return self.rng.uniform(least_s, most_s)

    def _utter(self, shelf: Shelf, voice: str | None) -> tuple[NDArray[np.float32], Utterance]:
        """An utterance, sometimes at another speed and pitch."""
        utterance = shelf.draw(self.rng, voice)
        samples = utterance.audio()
        if self.rng.random() < 0.3:
            times = np.arange(0, len(samples) - 1, self.rng.uniform(0.88, 1.14))
            samples = np.interp(times, np.arange(len(samples)), samples).astype(np.float32)
        return samples * np.float32(10 ** (-self.rng.uniform(0, 8) / 20)), utterance

    def _length(self, window: Window, longest_s: float, streaming: bool) -> int:
        """Where the audio ends: a stream where the window does, others some time after speech."""
        rng = self.rng
        end_s = longest_s
        if not streaming:
            tail_s = rng.uniform(0, 0.1) if rng.random() < 0.2 else rng.uniform(0.1, 2)
            if rng.random() < 0.15:
                tail_s = rng.uniform(0, longest_s)
            end_s = min(longest_s, window.placed[-1].end_s + tail_s)
        return max(1600, int(end_s * 100) * (SAMPLE_RATE_HZ // 100))


def _mix(audio: NDArray[np.float32], samples: NDArray[np.float32], start_s: float) -> None:
    start = round(start_s * SAMPLE_RATE_HZ)
    visible = samples[: len(audio) - start]
    audio[start : start + len(visible)] += visible

"""Figures of a model folder against what the self-test model must reach."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from faster_whisper import WhisperModel

from . import grammar, pool, testsets
from .pool import Utterance
from .scoring import ErrorRate, units
from .testsets import Clip

NEAR_S = 3.0
LANGUAGES = {"en": "English", "zh": "Mandarin"}
ERROR_LIMITS_PERCENT = {"single en": 5, "single zh": 2, "dense": 8, "several": 15, "held-out": 20}


@dataclass(frozen=True)
class Figure:
    """One measured value; `limit` is the largest (or with `at_least` the smallest) that passes."""

    name: str
    value: float
    unit: str
    limit: float | None = None
    at_least: bool = False

    @property
    def passed(self) -> bool | None:
        """None for figures that nothing is asked of."""
        if self.limit is None:
            return None
        return self.value >= self.limit if self.at_least else self.value <= self.limit


@dataclass(frozen=True)
class Heard:
    """A clip and what the model made of it."""

    clip: Clip
    segments: list[Any]
    language: str

    @property
    def text(self) -> str:
        """The transcript."""
        texts = (segment.text.strip() for segment in self.segments)
        return grammar.join(texts, self.clip.language)


class Examiner:
    """Measures one model on pools of held-out sentences.

    Language detected, beam size 5, int8, one thread; every clip stands alone unless conditioned.
    """

    def __init__(self, model: Path, pools: dict[tuple[str, str], list[Utterance]], scale: float):
        self.folder = model
        self.model = WhisperModel(str(model), device="cpu", compute_type="int8", cpu_threads=1)
        self.pools = pools
        self.scale = scale

    def figures(self) -> Iterator[Figure]:
        """All figures, each as soon as it is measured."""
        clean = {language: self._singles("trained", language) for language in LANGUAGES}
        for language, heard in clean.items():
            limit = ERROR_LIMITS_PERCENT[f"single {language}"]
            yield self._error(f"{LANGUAGES[language]}, clean utterances", heard, limit)
        yield self._language([*clean["en"], *clean["zh"]])
        dense = {language: self._streams("trained", language, 48, 8, 22) for language in LANGUAGES}
        for language, heard in dense.items():
            name = f"{LANGUAGES[language]}, dense windows of 8-22 s"
            yield self._error(name, heard, ERROR_LIMITS_PERCENT["dense"])
        for language in LANGUAGES:
            heard = self._streams("trained", language, 24, 70, 90)
            name = f"{LANGUAGES[language]}, several windows, 70-90 s"
            yield self._error(name, heard, ERROR_LIMITS_PERCENT["several"])
        for language in LANGUAGES:
            heard = self._singles("held-out", language)
            name = f"{LANGUAGES[language]}, held-out voices, clean utterances"
            yield self._error(name, heard, ERROR_LIMITS_PERCENT["held-out"])
        yield from _time_errors([*dense["en"], *dense["zh"]])
        yield self._speechless()
        size = sum(path.stat().st_size for path in self.folder.iterdir()) / 1e6
        yield Figure("size on disk", size, "MB", 8)
        yield from self._unasked()

    def _unasked(self) -> Iterator[Figure]:
        for language, name in LANGUAGES.items():
            yield self._error(f"{name}, 20 dB noise", self._singles("trained", language, 20))
            heard = self._streams("held-out", language, 12, 70, 90)
            yield self._error(f"{name}, held-out voices, several windows", heard)
            heard = self._streams("trained", language, 12, 70, 90, conditioned=True)
            yield self._error(f"{name}, several windows, conditioned on previous text", heard)

    def _singles(self, voices: str, language: str, snr_db: float | None = None) -> list[Heard]:
        count = round(300 * self.scale)
        return self._hear(testsets.singles(self.pools[voices, language], count, snr_db))

    def _streams(
        self,
        voices: str,
        language: str,
        count: int,
        least_s: float,
        most_s: float,
        conditioned: bool = False,
    ) -> list[Heard]:
        size = max(3, round(count * self.scale))
        clips = testsets.streams(self.pools[voices, language], size, least_s, most_s)
        return self._hear(clips, conditioned)

    def _hear(self, clips: Iterable[Clip], conditioned: bool = False) -> list[Heard]:
        heard = []
        for clip in clips:
            segments, info = self.model.transcribe(
                clip.audio, condition_on_previous_text=conditioned
            )
            heard.append(Heard(clip, list(segments), info.language))
        return heard

    def _error(self, name: str, heard: list[Heard], limit: float | None = None) -> Figure:
        rate = ErrorRate()
        for one in heard:
            rate.add(one.clip.text, one.text, one.clip.language)
        return Figure(name, rate.percent, "% errors", limit)

    def _language(self, heard: list[Heard]) -> Figure:
        long_enough = [one for one in heard if len(units(one.clip.text, one.clip.language)) > 1]
        right = sum(one.language == one.clip.language for one in long_enough)
        share = 100 * right / len(long_enough)
        return Figure("language right, two words and more", share, "%", 98, at_least=True)

    def _speechless(self) -> Figure:
        texts = 0
        for audios in testsets.speechless().values():
            for audio in audios:
                segments, _ = self.model.transcribe(audio)
                texts += any(segment.text.strip() for segment in segments)
        return Figure("text for silence, noise, hum, tones", texts, "of 21 clips", 0)


def evaluate(model: Path, pools: Path, scale: float = 1.0) -> list[Figure]:
    """Measure a model folder with the test pools; `scale` shortens the sets."""
    loaded = {
        (voices, language): pool.load(pools / f"test-{voices}-{language}.npz")
        for voices in ("trained", "held-out")
        for language in LANGUAGES
    }
    return list(Examiner(model, loaded, scale).figures())


def table(columns: dict[str, list[Figure]]) -> str:
    """Figures of one or several models as a Markdown table."""
    header = ["", "required", *columns]
    lines = [header, ["---"] * len(header)]
    for row in zip(*columns.values(), strict=True):
        sign = "at least" if row[0].at_least else "at most"
        required = "" if row[0].limit is None else f"{sign} {row[0].limit:g}"
        name = f"{row[0].name} ({row[0].unit})"
        lines.append([name, required, *(_cell(figure) for figure in row)])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def to_json(columns: dict[str, list[Figure]]) -> str:
    """Figures of one or several models, each with whether it passed."""
    rows = {
        model: [asdict(figure) | {"passed": figure.passed} for figure in figures]
        for model, figures in columns.items()
    }
    return json.dumps(rows, indent=2) + "\n"


def _cell(figure: Figure) -> str:
    value = f"{figure.value:.3f}" if figure.unit == "s" else f"{figure.value:.3g}"
    return f"{value} (missed)" if figure.passed is False else value


def _time_errors(heard: list[Heard]) -> Iterator[Figure]:
    """Over segments whose text is exactly that of an utterance near them."""
    starts, ends = [], []
    for one in heard:
        language = one.clip.language
        for utterance, (start_s, end_s) in zip(one.clip.utterances, one.clip.times_s, strict=True):
            wanted = units(utterance.sentence.text, language)
            same = [segment for segment in one.segments if units(segment.text, language) == wanted]
            nearest = min(same, key=lambda segment: abs(segment.start - start_s), default=None)
            if nearest is not None and abs(nearest.start - start_s) < NEAR_S:
                starts.append(abs(nearest.start - start_s))
                ends.append(abs(nearest.end - end_s))
    for name, errors in (("start", starts), ("end", ends)):
        median_s = statistics.median(errors or [NEAR_S])
        yield Figure(f"segment {name}, median error", median_s, "s", 0.1)

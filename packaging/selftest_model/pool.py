"""Pools of clean utterances on disk, synthesized once and reused."""

from __future__ import annotations

import logging
import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from . import grammar, synthesis, voices
from .grammar import Sentence
from .voices import Voice

BATCH = 8
INT16_FULL_SCALE = 32_768

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Recipe:
    """What a pool holds: `count` utterances by `speakers`, on one side of the sentence split."""

    name: str
    language: str
    speakers: list[Voice]
    count: int
    held_out: bool = False


@dataclass(frozen=True)
class Utterance:
    """A sentence, the voice that spoke it, and its 16 kHz int16 samples without silence around."""

    sentence: Sentence
    voice: str
    samples: NDArray[np.int16]

    @property
    def duration_s(self) -> float:
        """Length of the recording."""
        return len(self.samples) / synthesis.SAMPLE_RATE_HZ

    def audio(self) -> NDArray[np.float32]:
        """The samples from -1 to 1."""
        return self.samples.astype(np.float32) / np.float32(INT16_FULL_SCALE)


def training_recipes(scale: float) -> list[Recipe]:
    """The pools to train on; `scale` multiplies their sizes."""
    recipes = []
    for language, core_count, various_count in (("en", 12_000, 6_000), ("zh", 6_000, 4_000)):
        core, various = voices.core(language), voices.various(language)
        recipes.append(Recipe(f"core-{language}", language, core, round(scale * core_count)))
        various_size = round(scale * various_count)
        recipes.append(Recipe(f"various-{language}", language, various, various_size))
    return recipes


def measuring_recipes(scale: float) -> list[Recipe]:
    """The pools to measure with: sentences never trained on, by trained and held-out voices."""
    recipes = []
    for language in ("en", "zh"):
        for name, speakers in (
            ("trained", voices.core(language)),
            ("held-out", voices.held_out(language)),
        ):
            size = round(scale * 400)
            recipes.append(Recipe(f"test-{name}-{language}", language, speakers, size, True))
    return recipes


def ensure(recipe: Recipe, folder: Path, workers: int = 2) -> Path:
    """The pool's file, made unless it is there. The same recipe always gives the same pool."""
    path = folder / f"{recipe.name}.npz"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        starts = range(0, recipe.count, BATCH)
        with ThreadPoolExecutor(workers) as executor:
            batches = executor.map(lambda start: _speak_batch(recipe, start), starts)
            utterances = [utterance for batch in batches for utterance in batch]
        _save(path, utterances)
        hours = sum(utterance.duration_s for utterance in utterances) / 3600
        log.info("%s: %d utterances, %.1f h", recipe.name, len(utterances), hours)
    return path


def load(path: Path) -> list[Utterance]:
    """The utterances of a pool. They share one array of samples."""
    with np.load(path) as data:
        ends = np.cumsum(data["lengths"])
        samples = np.split(data["samples"], ends[:-1])
        language = str(data["language"])
        sentences = [
            Sentence(str(text), language, str(english))
            for text, english in zip(data["texts"], data["english"], strict=True)
        ]
        names = [str(name) for name in data["voices"]]
    return [Utterance(*parts) for parts in zip(sentences, names, samples, strict=True)]


def _speak_batch(recipe: Recipe, start: int) -> list[Utterance]:
    """Voices take turns, so that each has the same share; everything else is drawn by seed."""
    batch = start // BATCH
    rng = random.Random(f"{recipe.name} {batch}")
    voice = recipe.speakers[batch % len(recipe.speakers)]
    pitch = rng.random() if rng.random() < 0.6 else None
    manner = synthesis.Manner(rng.uniform(0.75, 1.25), pitch)
    size = min(BATCH, recipe.count - start)
    sentences = [grammar.draw(rng, recipe.language, recipe.held_out) for _ in range(size)]
    recordings = synthesis.speak(voice, sentences, manner)
    return [
        Utterance(sentence, str(voice), (recording * INT16_FULL_SCALE).astype(np.int16))
        for sentence, recording in zip(sentences, recordings, strict=True)
        if len(recording)
    ]


def _save(path: Path, utterances: list[Utterance]) -> None:
    """Whole or not at all, so that a pool that exists can be trusted."""
    unfinished = path.with_suffix(".part.npz")
    np.savez(
        unfinished,
        language=np.array(utterances[0].sentence.language),
        texts=np.array([utterance.sentence.text for utterance in utterances]),
        english=np.array([utterance.sentence.english for utterance in utterances]),
        voices=np.array([utterance.voice for utterance in utterances]),
        lengths=np.array([len(utterance.samples) for utterance in utterances]),
        samples=np.concatenate([utterance.samples for utterance in utterances]),
    )
    unfinished.replace(path)

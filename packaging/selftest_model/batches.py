"""Training batches, composed ahead of their use by a process of their own."""

from __future__ import annotations

import multiprocessing
import queue
from pathlib import Path
from typing import Any

import torch

from . import pool
from .plan import SHORT, Plan
from .targets import Batch, Scribe
from .windows import Composer, Shelf

AHEAD = 6
PATIENCE_S = 10
KINDS = ("core", "various")


class Batches:
    """Batches composed ahead by a process of its own."""

    def __init__(self, pools: Path, plan: Plan, step: int, progress: float) -> None:
        context = multiprocessing.get_context("spawn")
        self.progress = context.Value("d", progress)
        self.queue: multiprocessing.Queue[Batch] = context.Queue(AHEAD)
        arguments = (self.queue, self.progress, pools, plan, step)
        self.process = context.Process(target=_compose, args=arguments, daemon=True)

    def __enter__(self) -> Batches:
        self.process.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.join()

    def take(self, progress: float) -> Batch:
        """The next batch. Raises RuntimeError if the process that composes them has died."""
        self.progress.value = progress
        while True:
            try:
                return self.queue.get(timeout=PATIENCE_S)
            except queue.Empty:
                if not self.process.is_alive():
                    raise RuntimeError("the composing process has died") from None


def _compose(
    batches: multiprocessing.Queue[Batch],
    progress: Any,
    pools: Path,
    plan: Plan,
    step: int,
) -> None:
    torch.set_num_threads(1)
    scribe = make_scribe(pools, f"{plan.seed} {step}")
    while True:
        stage = plan.stage(progress.value)
        if scribe.rng.random() < stage.short_share:
            stage = SHORT
        batches.put(scribe.batch(stage.batch, stage.window_s))


def make_scribe(pools: Path, seed: str) -> Scribe:
    """A maker of batches from the folder of the training pools."""
    shelves = {
        language: Shelf(*(pool.load(pools / f"{kind}-{language}.npz") for kind in KINDS))
        for language in ("en", "zh")
    }
    return Scribe(Composer(shelves, seed))

"""Training on the CPU, which survives being killed."""

from __future__ import annotations

import copy
import logging
import math
import multiprocessing
import queue
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from . import pool
from .losses import Losses, Trainee
from .network import Whisper
from .targets import Batch, Scribe
from .windows import Composer, Shelf

CHECKPOINT_EVERY_S = 120
LOG_EVERY = 50
THREADS = 2
WARM_UP_STEPS = 200
CTC_WARM_UP_STEPS = 150
FINAL_RATE = 0.01
WEIGHT_DECAY = 0.02
CLIP_NORM = 1.0
CTC_WEIGHT = 0.35
ATTENTION_WEIGHT = 0.2
FINAL_AID_WEIGHT = 0.05

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Stage:
    """A share of the time on windows of some seconds, mixed with batches of short ones.

    `short_share` of the batches are of 6 s windows.
    """

    share: float
    window_s: float
    batch: int
    short_share: float = 0.0


SHORT = Stage(0.0, 6.0, 12)
FROM_SCRATCH = [
    Stage(0.12, 5.0, 48),
    Stage(0.13, 10.0, 24),
    Stage(0.75, 30.0, 4, short_share=0.4),
]
CONTINUED = [Stage(1.0, 30.0, 4, short_share=0.3)]


@dataclass(frozen=True)
class Plan:
    """How to train: the stages, for how long, the peak learning rate, the seed."""

    stages: list[Stage]
    minutes: float
    rate: float
    seed: int = 0

    def stage(self, progress: float) -> Stage:
        """The stage at a progress from 0 to 1."""
        for stage in self.stages:
            progress -= stage.share
            if progress < 0:
                return stage
        return self.stages[-1]

    def rate_at(self, progress: float, step: int) -> float:
        """Warm-up over the first steps of this plan, then a cosine down to a hundredth."""
        cosine = 0.5 * (1 + math.cos(math.pi * progress))
        warmth = min(1.0, (step + 1) / WARM_UP_STEPS)
        return self.rate * warmth * (FINAL_RATE + (1 - FINAL_RATE) * cosine)


class Trainer:
    """Trains a network in bfloat16 on float32 master weights (Micikevicius et al., 2018)."""

    def __init__(self, network: Whisper, end_of_text: int, plan: Plan, checkpoint: Path) -> None:
        torch.manual_seed(plan.seed)
        self.plan = plan
        self.checkpoint = checkpoint
        self.master = Trainee(network, end_of_text)
        self.optimizer = _optimizer(self.master)
        self.step, self.trained_s = 0, 0.0
        if checkpoint.exists():
            self._resume()
        self.working = copy.deepcopy(self.master).to(torch.bfloat16)

    @property
    def progress(self) -> float:
        """The share of the planned time that is over, from 0 to 1."""
        return min(1.0, self.trained_s / (60 * self.plan.minutes))

    def run(self, pools: list[Path]) -> Whisper:
        """Train to the end of the plan, saving every two minutes; returns the network."""
        torch.set_num_threads(THREADS)
        saved_s = self.trained_s
        with _Batches(pools, self.plan, self.step, self.progress) as batches:
            while self.progress < 1:
                started_s = time.monotonic()
                losses = self._learn(batches.take(self.progress))
                self.trained_s += time.monotonic() - started_s
                if self.step % LOG_EVERY == 0:
                    self._log(losses)
                if self.trained_s - saved_s > CHECKPOINT_EVERY_S:
                    self._save()
                    saved_s = self.trained_s
        self._save()
        return self.master.network

    def _learn(self, batch: Batch) -> Losses:
        for group in self.optimizer.param_groups:
            warmed = self.step + (0 if group["warm_up"] else WARM_UP_STEPS)
            group["lr"] = self.plan.rate_at(self.progress, warmed)
        losses: Losses = self.working(batch, self.step >= CTC_WARM_UP_STEPS)
        left = 1 - self.progress
        loss = (
            losses.transcript
            + (FINAL_AID_WEIGHT + CTC_WEIGHT * left) * losses.ctc
            + (FINAL_AID_WEIGHT + ATTENTION_WEIGHT * left) * losses.attention
        )
        self.working.zero_grad()
        loss.backward()
        pairs = list(zip(self.master.parameters(), self.working.parameters(), strict=True))
        for master, working in pairs:
            master.grad = None if working.grad is None else working.grad.float()
        # Apart, because the gradient of a CTC classifier that starts anew is enormous.
        for part in self.master.children():
            nn.utils.clip_grad_norm_(part.parameters(), CLIP_NORM)
        self.optimizer.step()
        with torch.no_grad():
            for master, working in pairs:
                working.copy_(master)
        self.step += 1
        return losses

    def _log(self, losses: Losses) -> None:
        log.info(
            "step %d, %.1f of %.0f min: transcript %.3f, ctc %.3f, attention %.3f, accuracy %.3f",
            self.step,
            self.trained_s / 60,
            self.plan.minutes,
            *(value.item() for value in vars(losses).values()),
        )

    def _save(self) -> None:
        state = {
            "master": self.master.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "trained_s": self.trained_s,
        }
        unfinished = self.checkpoint.with_suffix(".part")
        torch.save(state, unfinished)
        unfinished.replace(self.checkpoint)

    def _resume(self) -> None:
        state: dict[str, Any] = torch.load(self.checkpoint)
        self.master.load_state_dict(state["master"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.trained_s = state["step"], state["trained_s"]
        log.info("resuming at step %d, %.1f min", self.step, self.trained_s / 60)


class _Batches:
    """Batches composed ahead by a process of its own."""

    def __init__(self, pools: list[Path], plan: Plan, step: int, progress: float) -> None:
        context = multiprocessing.get_context("spawn")
        self.progress = context.Value("d", progress)
        self.queue: multiprocessing.Queue[Batch] = context.Queue(6)
        arguments = (self.queue, self.progress, pools, plan, step)
        self.process = context.Process(target=_compose, args=arguments, daemon=True)

    def __enter__(self) -> _Batches:
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
                return self.queue.get(timeout=10)
            except queue.Empty:
                if not self.process.is_alive():
                    raise RuntimeError("the composing process has died") from None


def _compose(
    batches: multiprocessing.Queue[Batch],
    progress: Any,
    pools: list[Path],
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


def make_scribe(pools: list[Path], seed: str) -> Scribe:
    """A maker of batches from pools, of which those of core voices have "core" in their name."""
    utterances = {path: pool.load(path) for path in pools}
    shelves = {
        language: Shelf(*(
            [
                utterance
                for path, loaded in utterances.items()
                if ("core" in path.stem) == core
                for utterance in loaded
                if utterance.sentence.language == language
            ]
            for core in (True, False)
        ))
        for language in ("en", "zh")
    }
    return Scribe(Composer(shelves, seed))


def _optimizer(trainee: Trainee) -> torch.optim.AdamW:
    """Weight decay for matrices, except for embeddings and positions; no warm-up for CTC."""
    groups: dict[bool, list[Tensor]] = {True: [], False: []}
    for name, parameter in trainee.network.named_parameters():
        exempt = parameter.ndim < 2 or "embeddings" in name or "encodings" in name
        groups[not exempt].append(parameter)
    classifier = list(trainee.spoken.parameters())
    return torch.optim.AdamW(
        [
            {"params": groups[True], "weight_decay": WEIGHT_DECAY, "warm_up": True},
            {"params": groups[False], "weight_decay": 0.0, "warm_up": True},
            {"params": classifier, "weight_decay": WEIGHT_DECAY, "warm_up": False},
        ],
        betas=(0.9, 0.98),
    )

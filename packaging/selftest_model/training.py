"""Training on the CPU, which survives being killed."""

from __future__ import annotations

import copy
import logging
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from .batches import Batches
from .losses import Losses, Trainee
from .network import Whisper
from .plan import WARM_UP_STEPS, Plan
from .targets import Batch

CHECKPOINT_EVERY_S = 120
LOG_EVERY = 50
CTC_WARM_UP_STEPS = 150
WEIGHT_DECAY = 0.02
CLIP_NORM = 1.0
CTC_WEIGHT = 0.35
ATTENTION_WEIGHT = 0.2
FINAL_AID_WEIGHT = 0.05

log = logging.getLogger(__name__)


class OtherPlanError(ValueError):
    """The checkpoint was made by another plan, and its schedule cannot be continued."""


class Trainer:
    """Trains a network in bfloat16 on float32 master weights (Micikevicius et al., 2018).

    Continues from the checkpoint if there is one; raises OtherPlanError if it does not fit.
    """

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

    def run(self, pools: Path, threads: int) -> Whisper:
        """Train to the end of the plan, saving every two minutes; returns the network."""
        torch.set_num_threads(threads)
        saved_s = self.trained_s
        with Batches(pools, self.plan, self.step, self.progress) as batches:
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
        torch.autograd.backward(loss)
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
            "plan": asdict(self.plan),
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
        if state["plan"] != asdict(self.plan):
            raise OtherPlanError(f"{self.checkpoint} is of another plan: {state['plan']}")
        self.master.load_state_dict(state["master"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.trained_s = state["step"], state["trained_s"]
        log.info("resuming at step %d, %.1f min", self.step, self.trained_s / 60)


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

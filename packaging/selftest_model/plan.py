"""How long to train on what, and how fast."""

from __future__ import annotations

import math
from dataclasses import dataclass

WARM_UP_STEPS = 200
FINAL_RATE = 0.01


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

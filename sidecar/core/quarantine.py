"""Audio that keeps killing workers is refused for a while: one bad input must not starve the rest.

The rule of supervisors in general, restart but not for ever (Erlang/OTP's restart intensity), for
inputs instead of processes. Pure.
"""

from collections.abc import Sequence

from msgspec import Struct

from sidecar.core.errors import (
    OutOfMemory,
    PoisonedInput,
    SidecarError,
    WorkerCrashed,
    WorkerStalled,
)
from sidecar.core.job import Job

KILLS = 2
"""After so many it is refused."""
REMEMBERED = 64
"""Inputs; of more, the one that killed longest ago is forgotten."""
FATAL = (WorkerCrashed, WorkerStalled, OutOfMemory)
"""A timeout says more about the deadline than about the audio."""


class Kill(Struct, frozen=True):
    """A worker that died over an input."""

    at_s: float
    reason: str


class Quarantine:
    """Remembers for `keep_s` seconds which inputs killed a worker; 0: nothing."""

    def __init__(self, keep_s: float) -> None:
        self._keep_s = keep_s
        self._kills: dict[str, list[Kill]] = {}

    def died(self, job: Job, error: SidecarError, now: float) -> None:
        """The worker of `job` is gone, with `error`."""
        if not self._keep_s or not job.identity or not isinstance(error, FATAL):
            return
        kills = [*self._recent(job.identity, now), Kill(now, error.message)]
        self._kills.pop(job.identity, None)
        self._kills[job.identity] = kills[-KILLS:]
        if len(self._kills) > REMEMBERED:
            del self._kills[next(iter(self._kills))]

    def survived(self, job: Job) -> None:
        """The audio of `job` was transcribed after all."""
        self._kills.pop(job.identity, None)

    def clear(self) -> None:
        """Forget everything: there is another model."""
        self._kills.clear()

    def holds(self, identity: str, now: float) -> bool:
        """Whether that input is refused, if it is still the same."""
        return len(self._recent(identity, now)) >= KILLS

    def refusal(self, job: Job, now: float) -> PoisonedInput | None:
        """Why `job` is not to be tried; None: it may be."""
        kills = [
            kill
            for kill in self._recent(job.identity, now)
            if now - kill.at_s <= job.unchanged_for_s
        ]
        if len(kills) < KILLS:
            return None
        return PoisonedInput(
            f"this audio has ended {len(kills)} workers in a row: {kills[-1].reason}",
            kills=len(kills),
            retry_after_s=round(kills[0].at_s + self._keep_s - now, 3),
        )

    def _recent(self, identity: str, now: float) -> Sequence[Kill]:
        """The kills that are still remembered."""
        return [k for k in self._kills.get(identity, ()) if now - k.at_s < self._keep_s]

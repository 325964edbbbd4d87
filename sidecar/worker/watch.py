"""How a job is watched while it is decoded, and held to its time."""

from collections.abc import Callable
from typing import TypeVar

from msgspec import Struct

from sidecar.core.thrift import Thrift
from sidecar.core.timing import Phase, PhaseClock

T = TypeVar("T")


class Watch(Struct, frozen=True):
    """What is asked and told while a job is decoded."""

    clock: PhaseClock
    check: Callable[[], None]
    """Raises to end the job; asked before each encoder pass, attempt and segment."""
    remaining_s: Callable[[], float]
    on_window: Callable[[float], None]
    """Told how many seconds of the model's audio are done with."""
    thrift: Thrift

    def timed(self, phase: Phase, work: Callable[[], T]) -> tuple[T, float, float]:
        """What `work` gives, when it began, and the seconds it took, which count for `phase`."""
        at_s, before_s = self.clock.elapsed_s(), self.clock.spent_s(phase)
        with self.clock.within(phase):
            value = work()
        return value, at_s, self.clock.spent_s(phase) - before_s

"""What a soak counts."""

import statistics
import threading
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple


class Answered(NamedTuple):
    """One answer: to what, when (seconds since the start), and how long it took."""

    what: str
    at_s: float
    took_s: float


class Tally:
    """Any thread may add."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.requests = 0
        self.answers = 0
        self.outcomes: Counter[str] = Counter()
        self.answered: list[Answered] = []
        self.wrong: list[str] = []
        self.overshoot_s: list[float] = []
        self.memory: list[tuple[int, int]] = []
        """Requests so far, and the parent's resident bytes then."""

    def ask(self) -> None:
        """A request was sent."""
        with self._lock:
            self.requests += 1

    def answer(self, answered: Answered, outcome: str) -> None:
        """It was answered, for the first time."""
        with self._lock:
            self.answers += 1
            self.outcomes[f"{answered.what}: {outcome}"] += 1
            self.answered.append(answered)

    def extra(self, count: int) -> None:
        """So many answers came too many."""
        with self._lock:
            self.answers += count

    def complain(self, what: str) -> None:
        """An answer was not what it had to be."""
        with self._lock:
            self.wrong.append(what)

    def miss(self, overshoot_s: float) -> None:
        """A deadline was answered so long after it; negative: before."""
        with self._lock:
            self.overshoot_s.append(overshoot_s)

    def weigh(self, rss_bytes: int) -> None:
        """The parent's memory now."""
        with self._lock:
            self.memory.append((self.requests, rss_bytes))


def slope_bytes(memory: Sequence[tuple[int, int]]) -> float:
    """Bytes a request adds, by least squares over the second half, when all is warm."""
    half = memory[len(memory) // 2 :]
    if len(half) < 3 or half[0][0] == half[-1][0]:
        return 0.0
    return statistics.linear_regression(*zip(*half, strict=True)).slope


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of all are not above; 0 of none."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else 0.0

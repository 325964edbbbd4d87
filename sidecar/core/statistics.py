"""Counts of what happened, and the latencies of recent jobs."""

from collections import Counter, deque

from msgspec import Struct, structs

from sidecar.core.timing import Timings

RECENT_JOBS = 256


class Percentiles(Struct, frozen=True):
    """The median and the tail of recent jobs, in seconds."""

    p50_s: float
    p95_s: float
    p99_s: float


class Statistics:
    """What `status` reports about the past."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._recent: deque[Timings] = deque(maxlen=RECENT_JOBS)

    def count(self, name: str) -> None:
        """One more of `name`."""
        self.counts[name] += 1

    def completed(self, timings: Timings) -> None:
        """A job was done in this time."""
        self._recent.append(timings)

    def typical_run_s(self) -> float | None:
        """The median time that a worker spent on a recent job; None: there was none."""
        if not self._recent:
            return None
        return _at([t.total_s - t.queue_s - t.load_s for t in self._recent], 0.5)

    def percentiles(self) -> dict[str, Percentiles]:
        """By the names of `Timings`; empty before the first job."""
        if not self._recent:
            return {}
        rows = [structs.astuple(timings) for timings in self._recent]
        return {
            name: Percentiles(*(_at([row[column] for row in rows], q) for q in (0.5, 0.95, 0.99)))
            for column, name in enumerate(Timings.__struct_fields__)
        }


def _at(values: list[float], quantile: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(quantile * len(ordered)))]

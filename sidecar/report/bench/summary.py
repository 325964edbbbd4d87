"""The figures of a row: medians, tails and ratios of its runs."""

from collections.abc import Sequence
from math import ceil

from sidecar.report.bench.result import Row


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of all do not exceed (nearest rank)."""
    return sorted(values)[max(0, ceil(share * len(values)) - 1)]


def latency_s(row: Row, share: float = 0.5) -> float | None:
    """That percentile of the latencies; None where every run failed."""
    return percentile([run.latency_s for run in row.runs], share) if row.runs else None


def real_time_factor(row: Row) -> float | None:
    """Seconds spent for each second of audio, by the median latency."""
    median_s = latency_s(row)
    return median_s / row.duration_s if median_s is not None and row.duration_s else None


def first_segment_s(row: Row) -> float | None:
    """The median time until the first segment."""
    times_s = [run.first_segment_s for run in row.runs if run.first_segment_s is not None]
    return percentile(times_s, 0.5) if times_s else None


def fallbacks(row: Row) -> float | None:
    """Attempts beyond the first of each window, in a run."""
    if not row.runs:
        return None
    return sum(run.fallbacks for run in row.runs) / len(row.runs)


def peak_bytes(row: Row) -> int:
    """The most memory that a worker held."""
    return max((run.peak_bytes for run in row.runs), default=0)

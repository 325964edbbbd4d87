"""Two benchmarks, set against each other row by row."""

from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec import Struct

from sidecar.report.bench.result import BenchResult, Row
from sidecar.report.bench.summary import latency_s, percentile

NOTABLE = 1.1
"""A median that changes by less is taken for noise."""
Change = Literal["better", "same", "worse"]


class Compared(Struct, frozen=True):
    """A row and what became of it; ratios are new over old."""

    row: Row
    latency_ratio: float | None
    before_s: float | None
    after_s: float | None
    error_change: float | None
    """Of the word error rate, or of the characters' where words are not counted."""
    change: Change


def compared(new: BenchResult, old: BenchResult) -> Iterator[Compared]:
    """The rows that are in both."""
    before = {(row.file, row.setup): row for row in old.rows}
    for row in new.rows:
        if known := before.get((row.file, row.setup)):
            yield _compared(row, known)


def differences(new: BenchResult, old: BenchResult) -> Sequence[str]:
    """What else changed between the two, which the ratios then show as well."""
    said = []
    if new.machine != old.machine:
        said.append(f"another machine: {old.machine.processor}, {old.machine.system}")
    for what, now, then in (
        ("version of", new.versions, old.versions),
        ("setting", new.settings, old.settings),
    ):
        said += [
            f"{what} {name}: {then.get(name, 'default')} before"
            for name in sorted({*now, *then})
            if now.get(name) != then.get(name)
        ]
    return said


def _compared(row: Row, known: Row) -> Compared:
    before_s, after_s = latency_s(known), latency_s(row)
    ratio = after_s / before_s if before_s and after_s else None
    rate, known_rate = _rate(row), _rate(known)
    errors = rate - known_rate if rate is not None and known_rate is not None else None
    return Compared(row, ratio, before_s, after_s, errors, _change(row, known, ratio, errors))


def _rate(row: Row) -> float | None:
    return row.character_error_rate if row.word_error_rate is None else row.word_error_rate


def _change(row: Row, known: Row, ratio: float | None, errors: float | None) -> Change:
    if len(row.failures) > len(known.failures) or (errors is not None and errors > 0):
        return "worse"
    if ratio is not None and ratio >= NOTABLE and _apart(known, row):
        return "worse"
    if ratio is not None and ratio <= 1 / NOTABLE and _apart(row, known):
        return "better"
    return "better" if errors is not None and errors < 0 else "same"


def _apart(faster: Row, slower: Row) -> bool:
    """Whether the runs of the one are all but a few faster than those of the other."""
    upper = percentile([run.latency_s for run in faster.runs], 0.75)
    return upper < percentile([run.latency_s for run in slower.runs], 0.25)

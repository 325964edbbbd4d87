"""A benchmark as text and as a page."""

from collections import Counter
from collections.abc import Iterator, Sequence

from sidecar.report import page
from sidecar.report.bench import plots
from sidecar.report.bench.baseline import Compared, compared, differences
from sidecar.report.bench.errors import UNSPACED
from sidecar.report.bench.result import BenchResult, Row, Setup
from sidecar.report.bench.summary import (
    fallbacks,
    first_segment_s,
    latency_s,
    peak_bytes,
    real_time_factor,
)
from sidecar.report.table import Column, Table
from sidecar.report.words import count, printable

COLUMNS = (
    Column("file", "text"),
    Column("model", "text"),
    Column("threads"),
    Column("beam"),
    Column("runs"),
    Column("x real time"),
    Column("p50 s"),
    Column("p95 s"),
    Column("first segment s"),
    Column("peak MB"),
    Column("fallbacks"),
    Column("WER %"),
    Column("CER %"),
    Column("failed", "text"),
)
NOTE = (
    "p50, p95: seconds from request to answer, by a worker that is loaded and has done a job; "
    "fallbacks: attempts beyond a window's first, in a run; peak: resident memory of the worker"
)
NORMALISATION = (
    "error rates: without case, punctuation and symbols (Unicode NFKC, case folding); "
    f"only characters for languages without spaces ({', '.join(sorted(UNSPACED))})"
)


def result_table(result: BenchResult) -> Table:
    """A line for each file and setup."""
    has_rates = any(row.character_error_rate is not None for row in result.rows)
    note = f"{NOTE}; {NORMALISATION}" if has_rates else NOTE
    return Table("", COLUMNS, [_cells(row) for row in result.rows], note)


def _cells(row: Row) -> tuple[str, ...]:
    return (
        printable(row.file),
        f"{row.setup.model} ({row.compute_type})" if row.compute_type else row.setup.model,
        str(row.setup.threads),
        str(row.setup.beam_size),
        str(len(row.runs)),
        _shown(real_time_factor(row), 3),
        _shown(latency_s(row), 3),
        _shown(latency_s(row, 0.95), 3),
        _shown(first_segment_s(row), 3),
        f"{peak_bytes(row) / 1e6:.0f}" if peak_bytes(row) else "",
        _shown(fallbacks(row), 1),
        _shown(row.word_error_rate, 2, 100),
        _shown(row.character_error_rate, 2, 100),
        ", ".join(f"{times} {kind}" for kind, times in Counter(row.failures).items()),
    )


def _shown(value: float | None, digits: int, times: float = 1.0) -> str:
    return "" if value is None else f"{value * times:.{digits}f}"


def comparison_table(new: BenchResult, old: BenchResult) -> Table:
    """What became of each row that both have."""
    columns = (
        Column("file", "text"),
        Column("model", "text"),
        Column("threads"),
        Column("beam"),
        Column("p50 s before"),
        Column("now"),
        Column("ratio"),
        Column("errors"),
        Column("", "mark"),
    )
    rows = [
        (
            printable(each.row.file),
            each.row.setup.model,
            str(each.row.setup.threads),
            str(each.row.setup.beam_size),
            _shown(each.before_s, 3),
            _shown(each.after_s, 3),
            _shown(each.latency_ratio, 2),
            "" if each.error_change is None else f"{each.error_change * 100:+.2f} %",
            each.change,
        )
        for each in compared(new, old)
    ]
    note = "better, worse: the median by 10 % or more with the runs apart, or the errors at all"
    return Table("against the baseline", columns, rows, note)


def regressions(new: BenchResult, old: BenchResult | None) -> Sequence[Compared]:
    """The rows that became worse."""
    return [each for each in compared(new, old) if each.change == "worse"] if old else []


def circumstances(result: BenchResult) -> Iterator[str]:
    """Where and with what it was measured."""
    machine = result.machine
    cores = f"{machine.physical_cores or '?'} cores"
    gpu = f", {machine.gpu}" if machine.gpu else ""
    memory = f"{machine.memory_bytes / (1 << 30):.0f} GiB"
    yield f"{machine.processor or 'unknown processor'}, {cores}, {memory}{gpu}; {machine.system}"
    yield ", ".join(f"{name} {version}" for name, version in result.versions.items())
    settings = ", ".join(f"{name} {value}" for name, value in result.settings.items())
    yield f"settings: {settings or 'all at their defaults'}; measured {result.measured_at}"
    if result.interrupted:
        yield "interrupted: not all of it was measured"


def text(result: BenchResult, old: BenchResult | None = None) -> str:
    """For a terminal."""
    lines = [*circumstances(result), "", *result_table(result).lines()]
    if old:
        lines += ["", *comparison_table(result, old).lines()]
        lines += [f"! {each}" for each in differences(result, old)]
    return "\n".join(lines) + "\n"


def html(result: BenchResult, old: BenchResult | None = None) -> bytes:
    """For a browser."""
    names = [f"{row.file}, {_named(row.setup)}" for row in result.rows]
    body = [page.heading("latency"), plots.latency_strip(result.rows, names)]
    if curves := thread_curves(result):
        body += [page.heading("threads"), plots.speedup_curve(curves)]
    if old:
        body.append(page.table(comparison_table(result, old)))
        body += [f"<p>{page.said(each)}</p>" for each in differences(result, old)]
    body += [page.heading("figures"), page.table(result_table(result))]
    body += [f'<p class="quiet">{page.said(each)}</p>' for each in circumstances(result)]
    files = len({row.file for row in result.rows})
    setups = len({row.setup for row in result.rows})
    title = f"asr-sidecar bench: {count(files, 'file')}, {count(setups, 'setup')}"
    return page.page(title, result.measured_at, plots.STYLE, body)


def _named(setup: Setup) -> str:
    threads = count(setup.threads, "thread") if setup.threads else "a thread for each core"
    return f"{setup.model}, {threads}, beam {setup.beam_size}"


def thread_curves(result: BenchResult) -> Sequence[tuple[str, Sequence[tuple[int, float]]]]:
    """For each file and setup that was run with several numbers of threads: its median times."""
    curves: dict[tuple[str, str, int], list[tuple[int, float]]] = {}
    for row in result.rows:
        median_s = latency_s(row)
        if median_s and row.setup.threads:
            key = (row.file, row.setup.model, row.setup.beam_size)
            curves.setdefault(key, []).append((row.setup.threads, median_s))
    return [
        (f"{file}, {model}, beam {beam_size}", sorted(points))
        for (file, model, beam_size), points in curves.items()
        if len(points) > 1
    ]

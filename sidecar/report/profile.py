"""A job's profile: its tables, and all of it as text."""

import textwrap
from collections.abc import Iterator

from sidecar.core.result import Attempt, Window
from sidecar.report import page, waterfall
from sidecar.report.account import Account
from sidecar.report.finding import Finding
from sidecar.report.findings import findings
from sidecar.report.phases import MEASURED_S, Row, rows, scale
from sidecar.report.table import Column, Table
from sidecar.report.words import audio_span, printable, reason, seconds

LINE = 96
WHOLE_CONTEXT_S = 30.0
"""What the encoder is shown unless it is told to look at less."""
PHASE_COLUMNS = (
    Column("phase", "text"),
    Column("seconds"),
    Column("share"),
    Column("ideal"),
    Column("acceptable"),
    Column("", "mark"),
)
ATTEMPT_COLUMNS = (
    Column("window"),
    Column("audio"),
    Column("encode"),
    Column("align"),
    Column("attempt"),
    Column("context"),
    Column("temperature"),
    Column("beam"),
    Column("tokens"),
    Column("seconds"),
    Column("log-prob."),
    Column("compression"),
    Column("verdict", "text"),
)


def headline(account: Account) -> str:
    """The job in a sentence."""
    audio = f"{account.duration_s:.1f} s of audio" if account.duration_s else "audio"
    text = f"{printable(account.circumstances.name)}: {audio} in {seconds(account.total_s)}"
    if account.ending is not None:
        return f"{text}, and not done"
    factor = account.real_time_factor
    return f"{text}, {factor:.3f} x real time" if factor else text


def details(account: Account) -> str:
    """What it ran on."""
    parts = []
    if model := account.model:
        parts.append(f"{model.name} on {model.device} ({model.compute_type})")
    if account.language:
        parts.append(f"language {account.language}")
    circumstances = account.circumstances
    parts.append(f"voice activity detection {circumstances.vad}")
    if circumstances.loaded_before_s:
        parts.append(f"worker and model loaded before, in {seconds(circumstances.loaded_before_s)}")
    return "; ".join(parts)


def phase_table(account: Account) -> Table:
    """Where the time went, against what it should be."""
    factor = scale(account.duration_s)
    grown = f"times {factor:.1f}" if factor > 1 else "which shorter audio does not lower"
    return Table(
        "phases",
        PHASE_COLUMNS,
        [_phase_cells(account, row) for row in rows(account) if row.level == 0 or row.seconds > 0],
        f"limits: those of {MEASURED_S} s of audio, {grown}; the transcribe() call looks at one "
        "window and keeps its own",
    )


def _phase_cells(account: Account, row: Row) -> tuple[str, ...]:
    limit = row.limit
    return (
        "  " * row.level + row.name,
        f"{row.seconds:.3f}",
        f"{account.share(row.seconds) * 100:.1f} %",
        f"{limit.ideal_s:.3f}" if limit else "",
        f"{limit.acceptable_s:.3f}" if limit else "",
        row.mark or "",
    )


def window_table(account: Account) -> Table:
    """The windows and the attempts at them, without columns that have nothing to tell."""
    cells = [
        row
        for number, window in enumerate(account.windows, 1)
        for row in _window_cells(number, window)
    ]
    return Table("windows and attempts", ATTEMPT_COLUMNS, cells).without_empty_columns()


def _window_cells(number: int, window: Window) -> Iterator[tuple[str, ...]]:
    head = (
        str(number),
        audio_span(window.start_s, window.end_s),
        f"{window.encode_s:.3f}",
        f"{window.align_s:.3f}" if window.align_s else "",
    )
    if not window.attempts:
        yield (*head, *[""] * (len(ATTEMPT_COLUMNS) - len(head)))
    for index, attempt in enumerate(window.attempts, 1):
        yield (*head, str(index), *_attempt_cells(attempt))
        head = ("", "", "", "")


def _attempt_cells(attempt: Attempt) -> tuple[str, ...]:
    return (
        f"{attempt.context_s:.1f} s" if attempt.context_s < WHOLE_CONTEXT_S else "",
        f"{attempt.temperature:g}",
        str(attempt.beam_size),
        str(attempt.tokens),
        f"{attempt.generate_s:.3f}",
        f"{attempt.avg_logprob:.2f}",
        f"{attempt.compression_ratio:.2f}",
        reason(attempt.verdict),
    )


def function_table(account: Account) -> Table:
    """The worker's Python functions."""
    return Table(
        "functions, by cumulative time",
        (Column("calls"), Column("own s"), Column("cumulative s"), Column("function", "text")),
        [
            (str(cost.calls), f"{cost.own_s:.3f}", f"{cost.cumulative_s:.3f}", cost.name)
            for cost in account.circumstances.functions or ()
        ],
        "measured with a profiler, which slows Python code down; not native code",
    )


def function_lines(account: Account) -> list[str]:
    """The table of functions, or why there is none."""
    if account.circumstances.functions:
        return function_table(account).lines()
    return ["functions", "- a job that fails tells nothing of them"]


def finding_lines(found: Finding) -> list[str]:
    """A finding, and its advice under it."""
    mark = "!" if found.is_problem else "-"
    lines = textwrap.wrap(found.text, LINE, initial_indent=f"{mark} ", subsequent_indent="  ")
    return lines + textwrap.wrap(
        found.advice, LINE, initial_indent="  > ", subsequent_indent="    "
    )


NOTHING = "nothing stands out: every phase took what it should"


def html(account: Account) -> bytes:
    """The whole profile as a page."""
    body = [
        page.heading("findings"),
        page.findings(findings(account), NOTHING),
        page.heading("time line"),
        waterfall.waterfall(account),
        page.table(phase_table(account)),
    ]
    if account.windows:
        body.append(page.table(window_table(account)))
    if account.warnings:
        body += [page.heading("warnings"), page.lines(account.warnings)]
    if account.ending is not None and account.ending.stack:
        body += [page.heading(STACK), page.lines(account.ending.stack)]
    if account.segments:
        body.append(page.table(_transcript(account)))
    if account.circumstances.functions:
        body.append(page.table(function_table(account)))
    return page.page(headline(account), details(account), waterfall.STYLE, body)


def _transcript(account: Account) -> Table:
    columns = (Column("start"), Column("end"), Column("text", "text"))
    rows = [(f"{s.start:.2f}", f"{s.end:.2f}", s.text.strip()) for s in account.segments]
    return Table("transcript", columns, rows)


STACK = "the worker's stack at the end, innermost first"


def text(account: Account) -> str:
    """The whole profile, for a terminal."""
    lines = [headline(account), details(account), "", *phase_table(account).lines()]
    if account.windows:
        lines += ["", *window_table(account).lines()]
    lines += ["", "findings"]
    found = findings(account)
    lines += [line for each in found for line in finding_lines(each)] or [f"- {NOTHING}"]
    if account.warnings:
        lines += ["", "warnings", *(f"- {printable(warning)}" for warning in account.warnings)]
    if account.ending is not None and account.ending.stack:
        lines += ["", STACK]
        lines += [f"  {printable(frame)}" for frame in account.ending.stack]
    if account.circumstances.functions is not None:
        lines += ["", *function_lines(account)]
    return "\n".join(lines) + "\n"

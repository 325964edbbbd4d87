"""A job as a trace, for Perfetto and chrome://tracing.

The Trace Event Format of Chromium: complete events ("X") and metadata ("M"), times in
microseconds. Every event begins when its beginning was measured, and lasts as long.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from sidecar.core.result import Attempt, Window
from sidecar.core.timing import Phase, PhaseSpan
from sidecar.report.account import Account
from sidecar.report.words import audio_span

PARENT, WORKER = 1, 2
REQUEST, WAITS = 1, 2
PHASES, FIRST_LANE = 1, 2
WAITING = (Phase.QUEUE, Phase.LOAD)


class Name(Struct, frozen=True):
    """What a process or a thread is called."""

    name: str


class Event(Struct, frozen=True, omit_defaults=True):
    """One event, by the format's own names."""

    name: str
    ph: str
    pid: int
    tid: int
    ts: float | UnsetType = UNSET
    dur: float | UnsetType = UNSET
    cat: str | UnsetType = UNSET
    args: Any | UnsetType = UNSET


class Trace(Struct, frozen=True):
    """The whole file."""

    traceEvents: Sequence[Event]
    displayTimeUnit: str = "ms"


def encoded(account: Account) -> bytes:
    """The trace of a job, as JSON."""
    return msgspec.json.encode(Trace([*_names(account), *_events(account)]))


def _names(account: Account) -> Iterator[Event]:
    names = {
        (PARENT, 0): "parent",
        (PARENT, REQUEST): "request",
        (PARENT, WAITS): "waiting",
        (WORKER, 0): "worker",
        (WORKER, PHASES): "phases",
    }
    for lane in sorted({lane for lane, _ in lanes(account.windows)}):
        of = f" {lane + 1}" if lane else ""
        names[WORKER, FIRST_LANE + 2 * lane] = f"windows{of}"
        names[WORKER, FIRST_LANE + 2 * lane + 1] = f"attempts{of}"
    for (process, thread), name in names.items():
        kind = "thread_name" if thread else "process_name"
        yield Event(kind, "M", process, thread, args=Name(name))


def _events(account: Account) -> Iterator[Event]:
    yield _event(account.circumstances.name, "request", PARENT, REQUEST, 0.0, account.total_s)
    for span in account.spans:
        where = (PARENT, WAITS) if span.phase in WAITING else (WORKER, PHASES)
        yield _event(span.phase, "phase", *where, span.at_s, span.took_s)
    ends_s = window_ends_s(account)
    for (lane, window), end_s in zip(lanes(account.windows), ends_s, strict=True):
        thread = FIRST_LANE + 2 * lane
        name = f"window {audio_span(window.start_s, window.end_s)}"
        yield _event(name, "window", WORKER, thread, window.at_s, end_s - window.at_s)
        for attempt in window.attempts:
            yield _event(
                f"temperature {attempt.temperature:g}: {attempt.verdict}",
                "attempt",
                WORKER,
                thread + 1,
                attempt.at_s,
                attempt.generate_s,
                attempt,
            )


def _event(
    name: str,
    category: str,
    process: int,
    thread: int,
    at_s: float,
    took_s: float,
    attempt: Attempt | UnsetType = UNSET,
) -> Event:
    at_us, took_us = round(at_s * 1e6, 1), round(took_s * 1e6, 1)
    return Event(name, "X", process, thread, at_us, took_us, category, attempt)


def lanes(windows: Sequence[Window]) -> Iterator[tuple[int, Window]]:
    """The windows, each with a lane: those of a batch begin together and lie side by side."""
    lane, began_s = 0, -1.0
    for window in windows:
        lane = lane + 1 if window.at_s == began_s else 0
        began_s = window.at_s
        yield lane, window


def window_ends_s(account: Account) -> Sequence[float]:
    """When work on each window ended: as the next one began, or with the last of the phases."""
    last_s = max((ended_s(span) for span in account.spans), default=account.total_s)
    starts_s = sorted({window.at_s for window in account.windows})
    following_s = dict(pairwise([*starts_s, max(last_s, *starts_s, 0.0)]))
    return [following_s[window.at_s] for window in account.windows]


def ended_s(span: PhaseSpan) -> float:
    """When a stay in a phase was over."""
    return span.at_s + span.took_s

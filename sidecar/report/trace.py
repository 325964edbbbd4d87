"""A job as a trace, for Perfetto and chrome://tracing.

The Trace Event Format of Chromium: complete events ("X") and metadata ("M"), times in
microseconds. Every event begins when its beginning was measured, and lasts as long. The time line
begins with the worker's start, where that was before the request.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from sidecar.core.result import Attempt
from sidecar.core.timing import Phase
from sidecar.report.account import Account
from sidecar.report.timeline import Stay, stays
from sidecar.report.words import audio_span

PARENT, WORKER = 1, 2
REQUEST, WAITS, BEFORE = 1, 2, 3
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
    before = account.circumstances
    shift_s = max(0.0, -before.load_at_s) if before.loaded_before_s else 0.0
    worked_on = list(stays(account))
    events = [*_names(account, worked_on), *_events(account, worked_on, shift_s)]
    return msgspec.json.encode(Trace(events))


def _names(account: Account, worked_on: Sequence[Stay]) -> Iterator[Event]:
    names = {
        (PARENT, 0): "parent",
        (PARENT, REQUEST): "request",
        (PARENT, WAITS): "waiting",
        (WORKER, 0): "worker",
        (WORKER, PHASES): "phases",
    }
    if account.circumstances.loaded_before_s:
        names[PARENT, BEFORE] = "before the request"
    for lane in sorted({stay.lane for stay in worked_on}):
        of = f" {lane + 1}" if lane else ""
        names[WORKER, FIRST_LANE + 2 * lane] = f"windows{of}"
        names[WORKER, FIRST_LANE + 2 * lane + 1] = f"attempts{of}"
    for (process, thread), name in names.items():
        kind = "thread_name" if thread else "process_name"
        yield Event(kind, "M", process, thread, args=Name(name))


def _events(account: Account, worked_on: Sequence[Stay], shift_s: float) -> Iterator[Event]:
    event = partial(_event, shift_s)
    before = account.circumstances
    yield event(before.name, "request", PARENT, REQUEST, 0.0, account.total_s)
    if before.loaded_before_s:
        what = "start the worker and load the model"
        yield event(what, "load", PARENT, BEFORE, before.load_at_s, before.loaded_before_s)
    for span in account.spans:
        where = (PARENT, WAITS) if span.phase in WAITING else (WORKER, PHASES)
        yield event(span.phase, "phase", *where, span.at_s, span.took_s)
    for stay in worked_on:
        thread = FIRST_LANE + 2 * stay.lane
        name = f"window {audio_span(stay.window.start_s, stay.window.end_s)}"
        yield event(name, "window", WORKER, thread, stay.at_s, stay.took_s)
        for block in stay.attempts:
            name = block.name
            if block.attempt is not None:
                name = f"temperature {block.attempt.temperature:g}: {block.attempt.verdict}"
            args = block.attempt or UNSET
            yield event(name, "attempt", WORKER, thread + 1, block.at_s, block.took_s, args)


def _event(
    shift_s: float,
    name: str,
    category: str,
    process: int,
    thread: int,
    at_s: float,
    took_s: float,
    attempt: Attempt | UnsetType = UNSET,
) -> Event:
    # Both ends are rounded, so that what lies within something else still does.
    start_ns, end_ns = round((at_s + shift_s) * 1e9), round((at_s + took_s + shift_s) * 1e9)
    at_us, took_us = start_ns / 1000, (end_ns - start_ns) / 1000
    return Event(name, "X", process, thread, at_us, took_us, category, attempt)

"""The waterfall of a job: phases, windows and attempts on one time line, as HTML."""

import math
from collections.abc import Iterator, Sequence

from msgspec import Struct

from sidecar.core.timing import Phase
from sidecar.report.account import Account
from sidecar.report.page import said
from sidecar.report.timeline import Block, Stay, stays
from sidecar.report.words import audio_span, reason, seconds

STYLE = """
.waterfall { font-size: .8125rem; font-variant-numeric: tabular-nums; }
.lane { display: grid; grid-template-columns: 8.5rem 1fr; align-items: center; }
.lane + .lane { border-top: 1px solid var(--rule); }
.lane.group { margin-top: .6rem; }
.lane > span { color: var(--quiet); padding-right: .75rem; text-align: right; }
.track { position: relative; height: 1.55rem; }
.bar { position: absolute; top: .2rem; bottom: .2rem; min-width: 2px; border-radius: 2px;
  overflow: hidden; white-space: nowrap; text-overflow: ellipsis; padding: 0 .3rem;
  line-height: 1.15rem; font-size: .72rem; color: var(--on); }
.bar.narrow { padding: 0; color: transparent; }
.queue, .load { background: var(--wait); }
.decode, .vad { background: var(--read); }
.features, .language, .encode { background: var(--encode); }
.generate, .accepted { background: var(--generate); }
.align { background: var(--align); }
.segments { background: var(--text); }
.request, .window { background: var(--shade); color: var(--ink); border: 1px solid var(--rule); }
.rejected { color: var(--ink); border: 1px solid var(--bad); background:
  repeating-linear-gradient(135deg, transparent 0 4px, var(--rule) 4px 7px); }
.cut { color: var(--ink); border: 1px dashed var(--bad); background: var(--shade); }
.axis .track { height: 1.2rem; }
.axis i { position: absolute; font-style: normal; color: var(--quiet); border-left: 1px solid
  var(--rule); padding-left: .25rem; white-space: nowrap; }
@media (max-width: 40rem) {
  .lane { grid-template-columns: 5.5rem 1fr; }
  .track .bar { padding: 0; color: transparent; }
}
"""
NARROW = 0.06
"""A bar with less than this share of the line has no room for words."""
ROOM_FOR_A_MARK = 0.95
"""A mark of the axis beyond this share of the line would stand out of it."""
NAMES = {
    Phase.QUEUE: "queue",
    Phase.LOAD: "load the model",
    Phase.DECODE: "decode the audio",
    Phase.VAD: "find the speech",
    Phase.FEATURES: "features",
    Phase.LANGUAGE: "language",
    Phase.ENCODE: "encode",
    Phase.SEGMENTS: "iterate",
    Phase.GENERATE: "generate",
    Phase.ALIGN: "align words",
}


class Bar(Struct, frozen=True):
    """Something that took time."""

    at_s: float
    took_s: float
    kind: str
    label: str
    told: str
    """What a pointer, or a screen reader, is told."""


class Lane(Struct, frozen=True):
    """Bars that do not overlap."""

    name: str
    bars: Sequence[Bar]
    begins_group: bool = False


def waterfall(account: Account) -> str:
    """The picture, with a sentence in its place for those who cannot see it."""
    total_s = max([account.total_s, 1e-6])
    rows = "".join(_row(lane, total_s) for lane in _lanes(account))
    sentence = f"Time line of {seconds(account.total_s)}; the tables below have its figures."
    return (
        f'<figure class="waterfall" role="img" aria-label="{said(sentence)}">'
        f"{rows}{_axis(total_s)}</figure>"
    )


def _lanes(account: Account) -> Iterator[Lane]:
    yield Lane("request", [_bar(0.0, account.total_s, "request", seconds(account.total_s))])
    for phase, name in NAMES.items():
        spans = [span for span in account.spans if span.phase is phase]
        bars = [
            _bar(span.at_s, span.took_s, phase, seconds(span.took_s), name)
            for span in spans
            if len(spans) == 1 or span.took_s >= account.total_s / 2000
        ]
        if bars:
            yield Lane(name, bars, begins_group=phase is Phase.DECODE)
    yield from _window_lanes(account)


def _window_lanes(account: Account) -> Iterator[Lane]:
    worked_on = list(stays(account))
    for lane in sorted({stay.lane for stay in worked_on}):
        here = [stay for stay in worked_on if stay.lane == lane]
        of = f" {lane + 1}" if lane else ""
        yield Lane(f"windows{of}", list(map(_window_bar, here)), begins_group=True)
        yield Lane(f"attempts{of}", [_attempt_bar(each) for stay in here for each in stay.attempts])


def _window_bar(stay: Stay) -> Bar:
    place = audio_span(stay.window.start_s, stay.window.end_s)
    return _bar(stay.at_s, stay.took_s, "window", place, "window")


def _attempt_bar(block: Block) -> Bar:
    attempt = block.attempt
    if attempt is None:
        return _bar(block.at_s, block.took_s, block.work, block.name)
    label = f"{attempt.temperature:g}: {reason(attempt.verdict)}"
    what = f"temperature, verdict; {attempt.tokens} tokens"
    return _bar(block.at_s, block.took_s, block.work, label, what)


def _bar(at_s: float, took_s: float, kind: str, label: str, what: str = "") -> Bar:
    told = f"{what + ': ' if what else ''}{label}; from {seconds(at_s)}, {seconds(took_s)}"
    return Bar(at_s, took_s, kind, label, told)


def _row(lane: Lane, total_s: float) -> str:
    bars = "".join(_placed(bar, total_s) for bar in lane.bars)
    group = " group" if lane.begins_group else ""
    return (
        f'<div class="lane{group}"><span>{said(lane.name)}</span>'
        f'<div class="track">{bars}</div></div>\n'
    )


def _placed(bar: Bar, total_s: float) -> str:
    left, width = bar.at_s / total_s, bar.took_s / total_s
    narrow = " narrow" if width < NARROW else ""
    return (
        f'<div class="bar {bar.kind}{narrow}" title="{said(bar.told)}" '
        f'style="left:{left:.4%};width:{width:.4%}">{said(bar.label)}</div>'
    )


def _axis(total_s: float) -> str:
    marks = "".join(
        f'<i style="left:{at_s / total_s:.3%}">{f"{at_s:g} s" if at_s else "0"}</i>'
        for at_s in ticks(total_s)
        if at_s <= ROOM_FOR_A_MARK * total_s
    )
    return f'<div class="lane axis"><span></span><div class="track">{marks}</div></div>'


def ticks(end: float, most: int = 6) -> list[float]:
    """At most `most` + 1 round numbers from 0 to `end`, which is above 0: 1, 2 or 5 tens apart."""
    tens = 10.0 ** math.floor(math.log10(end / most))
    step = next(tens * digit for digit in (1, 2, 5, 10, 20) if end / (tens * digit) <= most)
    digits = max(0, 1 - math.floor(math.log10(step)))
    return [round(number * step, digits) for number in range(int(end / step + 1e-9) + 1)]

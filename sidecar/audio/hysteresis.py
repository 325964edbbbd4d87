"""From a verdict per frame to spans of speech: pure, on booleans and frame counts."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from math import ceil

import msgspec

FrameSpan = tuple[int, int]
"""Frames, half-open."""


class Hysteresis(msgspec.Struct, frozen=True):
    """How voiced frames become speech; all but the ratios in frames.

    Speech begins when `onset_ratio` of a window are voiced, at the first voiced frame of that
    window; it ends when no more than `offset_ratio` are, after the last voiced one.
    """

    window: int
    onset_ratio: float
    offset_ratio: float
    min_speech: int
    min_silence: int
    padding: int


def speech_spans(voiced: Sequence[bool], rule: Hysteresis) -> list[FrameSpan]:
    """Disjoint spans in order, within the frames.

    First silences shorter than `min_silence` are bridged, then speech shorter than
    `min_speech` is dropped, then each span is padded on both sides; padded spans that meet
    become one.
    """
    bridged = _merged(_triggered(voiced, rule), closer_than=rule.min_silence)
    long_enough = (span for span in bridged if span[1] - span[0] >= rule.min_speech)
    padded = (
        (max(0, start - rule.padding), min(len(voiced), end + rule.padding))
        for start, end in long_enough
    )
    return list(_merged(padded, closer_than=1))


def _triggered(voiced: Sequence[bool], rule: Hysteresis) -> Iterator[FrameSpan]:
    """The two-threshold trigger of py-webrtcvad's example (https://github.com/wiseman/py-webrtcvad)."""
    window = max(1, min(rule.window, len(voiced)))
    voiced_to_begin = _at_least(rule.onset_ratio * window)
    unvoiced_to_end = _at_least((1 - rule.offset_ratio) * window)
    recent: deque[bool] = deque(maxlen=window)
    voiced_recent = 0
    start: int | None = None
    for index, is_voiced in enumerate(voiced):
        if len(recent) == window:
            voiced_recent -= recent[0]
        recent.append(is_voiced)
        voiced_recent += is_voiced
        first = index + 1 - len(recent)
        if start is None and voiced_recent >= voiced_to_begin:
            start = first + recent.index(True)
        elif start is not None and len(recent) - voiced_recent >= unvoiced_to_end:
            yield start, first + _voiced_length(recent)
            start = None
        else:
            continue
        # Each turn is judged by what follows the last one: a frame never counts for both.
        recent.clear()
        voiced_recent = 0
    if start is not None:
        yield start, len(voiced) - len(recent) + _voiced_length(recent)


def _voiced_length(frames: Iterable[bool]) -> int:
    """How many frames up to and with the last voiced one."""
    return max((index + 1 for index, is_voiced in enumerate(frames) if is_voiced), default=0)


def _at_least(count: float) -> int:
    # 0.7 * 10 is 7.000000000000001
    return max(1, ceil(count - 1e-9))


def _merged(spans: Iterable[FrameSpan], *, closer_than: int) -> Iterator[FrameSpan]:
    """Join neighbours with less than `closer_than` frames between them."""
    current: FrameSpan | None = None
    for start, end in spans:
        if current is not None and start - current[1] < closer_than:
            current = current[0], end
            continue
        if current is not None:
            yield current
        current = start, end
    if current is not None:
        yield current

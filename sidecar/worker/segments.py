"""Segments as faster-whisper yields them, turned into the wire's: plain values, input time."""

from collections.abc import Callable
from typing import Any

from sidecar.core.result import Segment, Word
from sidecar.worker.hypothesis import finite
from sidecar.worker.record import LOWEST_LOGPROB

ToInput = Callable[[float, bool], float]
"""Seconds of the model's audio to seconds of the input audio; True: the time ends something.

What ends where silence was cut out belongs before the cut, what starts there behind it.
"""


def to_segment(raw: Any, to_input_s: ToInput) -> Segment:
    """A `faster_whisper.transcribe.Segment` in input time, in milliseconds' precision.

    With words the segment reaches from the first to the last of them, as in faster-whisper's
    `restore_speech_timestamps`. Figures that are not finite are replaced by the worst there is:
    an average log-probability of -100, a no-speech probability of 1.
    """
    words = None if raw.words is None else tuple(_to_word(word, to_input_s) for word in raw.words)
    return Segment(
        id=raw.id,
        start=words[0].start if words else _rounded(to_input_s(float(raw.start), False)),
        end=words[-1].end if words else _rounded(to_input_s(float(raw.end), True)),
        text=raw.text,
        avg_logprob=finite(raw.avg_logprob, LOWEST_LOGPROB),
        compression_ratio=float(raw.compression_ratio),
        no_speech_prob=finite(raw.no_speech_prob, 1.0),
        temperature=float(raw.temperature),
        words=words,
    )


def _to_word(raw: Any, to_input_s: ToInput) -> Word:
    """A word belongs where its middle is: both its ends are moved by as much."""
    start, end = float(raw.start), float(raw.end)
    middle = (start + end) / 2
    shift = to_input_s(middle, False) - middle
    return Word(
        start=_rounded(start + shift),
        end=_rounded(end + shift),
        word=raw.word,
        probability=finite(raw.probability, 0.0),
    )


def _rounded(seconds: float) -> float:
    return round(seconds, 3)

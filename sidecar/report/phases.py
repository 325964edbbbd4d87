"""The phases of a job against what they should take.

The limits are those of an 11.2 s utterance that a service once failed on: reading the audio 10 ms
at best and 50 ms at most, voice activity detection 0.5 and 1 s, the call of `transcribe` (features,
language, its encoder pass) 2 and 5 s, iterating the segments 0.5 and 2 s, all in all 3 and 7 s.
For longer audio all of them grow with its length, except the call, which looks at one window; for
shorter audio none shrinks, because a window costs an encoder pass whatever is in it.
"""

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct, structs

from sidecar.report.account import Account

MEASURED_S = 11.2
Mark = Literal["good", "fair", "slow"]


class Limit(Struct, frozen=True):
    """What a phase takes at best, and what can still be accepted."""

    ideal_s: float
    acceptable_s: float

    def scaled(self, factor: float) -> "Limit":
        """The limit for audio that is longer by this factor."""
        return Limit(self.ideal_s * factor, self.acceptable_s * factor)

    def mark(self, seconds: float) -> Mark:
        """What to think of `seconds`."""
        if seconds <= self.ideal_s:
            return "good"
        return "fair" if seconds <= self.acceptable_s else "slow"


DECODE = Limit(0.010, 0.050)
VAD = Limit(0.5, 1.0)
CALL = Limit(2.0, 5.0)
SEGMENTS = Limit(0.5, 2.0)
REST_OF_TOTAL = Limit(1.0, 2.0)
"""The total less the call, which does not grow."""


class Row(Struct, frozen=True):
    """One line of the phase table; the rows of a deeper level are parts of the one above."""

    name: str
    seconds: float
    level: int = 0
    limit: Limit | None = None
    is_whole: bool = True
    """False: the job ended before, or in, this phase."""

    @property
    def mark(self) -> Mark | None:
        """What to think of it; None: there is no telling, or no limit."""
        mark = self.limit.mark(self.seconds) if self.limit else None
        return mark if self.is_whole or mark == "slow" else None


def scale(duration_s: float) -> float:
    """By how much the limits grow for audio of this length."""
    return max(1.0, duration_s / MEASURED_S)


def total_limit(duration_s: float) -> Limit:
    """The limit of a whole job."""
    rest = REST_OF_TOTAL.scaled(scale(duration_s))
    return Limit(CALL.ideal_s + rest.ideal_s, CALL.acceptable_s + rest.acceptable_s)


def rows(account: Account) -> Iterator[Row]:
    """The phases in the order of their work; those at level 0 make up the total."""
    is_whole = account.ending is None
    for row in _rows(account, scale(account.duration_s)):
        yield row if is_whole else structs.replace(row, is_whole=False)


def _rows(account: Account, factor: float) -> Iterator[Row]:
    t = account.timings
    encode_first_s = max(0.0, account.call_s - t.features_s - t.language_s)
    looks_for_speech = account.circumstances.vad != "off"
    yield Row("queue", t.queue_s)
    yield Row("load the model", t.load_s)
    yield Row("pipe to the worker", t.pipe_s)
    yield Row("decode the audio", t.decode_s, limit=DECODE.scaled(factor))
    yield Row("find the speech", t.vad_s, limit=VAD.scaled(factor) if looks_for_speech else None)
    yield Row("transcribe() call", account.call_s, limit=CALL)
    yield Row("features", t.features_s, 1)
    yield Row("encode for the language", encode_first_s, 1)
    yield Row("language", t.language_s, 1)
    yield Row("iterate the segments", t.segments_s, limit=SEGMENTS.scaled(factor))
    yield Row("encode", max(0.0, t.encode_s - encode_first_s), 1)
    yield Row("generate", t.generate_s, 1)
    yield Row("align words", t.align_s, 1)
    yield Row("make the text", t.text_s, 1)
    yield Row("other", t.other_s)
    yield Row("total", t.total_s, limit=total_limit(account.duration_s))


def slow(account: Account) -> bool:
    """Whether the job took longer than it ideally should, or than it had time for."""
    if account.degraded or (account.ending is not None and account.ending.kind == "timeout"):
        return True
    return total_limit(account.duration_s).mark(account.total_s) != "good"

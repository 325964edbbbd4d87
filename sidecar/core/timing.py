"""Phases of a job, the seconds spent in each, and the budgets they are held to."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum

from msgspec import Struct


class Phase(StrEnum):
    """Where a job is. One at a time: entering an inner phase suspends the outer one."""

    QUEUE = "queue"
    LOAD = "load"
    DECODE = "decode"
    VAD = "vad"
    FEATURES = "features"
    LANGUAGE = "language"
    ENCODE = "encode"
    GENERATE = "generate"
    ALIGN = "align"
    SEGMENTS = "segments"


class Timings(Struct, frozen=True):
    """Seconds spent in each phase.

    `segments_s` is the whole iteration over the segments: it contains the encoding, generating
    and aligning done there, and `text_s`, the rest of it; it is the only entry that overlaps
    others. `pipe_s` is the way to the worker and back. What no phase accounts for is `other_s`.
    """

    queue_s: float = 0.0
    load_s: float = 0.0
    pipe_s: float = 0.0
    decode_s: float = 0.0
    vad_s: float = 0.0
    features_s: float = 0.0
    language_s: float = 0.0
    encode_s: float = 0.0
    generate_s: float = 0.0
    align_s: float = 0.0
    text_s: float = 0.0
    segments_s: float = 0.0
    other_s: float = 0.0
    total_s: float = 0.0


class PhaseSpan(Struct, frozen=True):
    """One stay in a phase, with the inner phases in it: when it began, and seconds."""

    phase: Phase
    at_s: float
    took_s: float


def field_of(phase: Phase) -> str:
    """The field of `Timings` that gets the time of a phase, without that of inner phases."""
    return "text_s" if phase is Phase.SEGMENTS else f"{phase}_s"


class PhaseClock:
    """Attributes time to phases, exclusively: an inner phase suspends the outer one."""

    def __init__(
        self,
        clock: Callable[[], float],
        on_enter: Callable[[Phase], None] | None = None,
        *,
        origin_s: float | None = None,
        keeps_spans: bool = False,
    ) -> None:
        """`origin_s`: what spans and `elapsed_s` are counted from, by `clock`; None: from now."""
        self._clock = clock
        self._on_enter = on_enter
        self._keeps_spans = keeps_spans
        self._spans: list[PhaseSpan] = []
        self._spent_s: dict[Phase, float] = {}
        self._stack: list[tuple[Phase, float]] = []
        """The phases it is in, and when each was entered."""
        self._mark_s = clock()
        self._started_s = self._mark_s
        self._origin_s = self._started_s if origin_s is None else origin_s
        self._segments_since_s: float | None = None
        self._segments_s = 0.0

    @property
    def phase(self) -> Phase | None:
        """The innermost phase entered, if any."""
        return self._stack[-1][0] if self._stack else None

    @property
    def iterating(self) -> bool:
        """Whether the iteration over the segments has begun."""
        return self._segments_since_s is not None or self._segments_s > 0

    @contextmanager
    def within(self, phase: Phase) -> Iterator[None]:
        """Attribute what happens inside to `phase`."""
        self._attribute()
        began_s = self._mark_s
        self._stack.append((phase, began_s))
        if phase is Phase.SEGMENTS:
            self._segments_since_s = began_s
        if self._on_enter:
            self._on_enter(phase)
        try:
            yield
        finally:
            self._attribute()
            self._stack.pop()
            if phase is Phase.SEGMENTS and self._segments_since_s is not None:
                self._segments_s += self._mark_s - self._segments_since_s
                self._segments_since_s = None
            if self._keeps_spans:
                at_s = began_s - self._origin_s
                self._spans.append(PhaseSpan(phase, at_s, self._mark_s - began_s))

    def _attribute(self) -> None:
        now = self._clock()
        if self._stack:
            top, _ = self._stack[-1]
            self._spent_s[top] = self._spent_s.get(top, 0.0) + now - self._mark_s
        self._mark_s = now

    def spent_s(self, phase: Phase) -> float:
        """Seconds attributed to `phase` up to its last suspension."""
        return self._spent_s.get(phase, 0.0)

    def elapsed_s(self) -> float:
        """Seconds since the origin."""
        return self._clock() - self._origin_s

    def take_spans(self) -> tuple[PhaseSpan, ...]:
        """The stays that have ended since this was last asked for."""
        taken, self._spans = tuple(self._spans), []
        return taken

    def open_spans(self) -> tuple[PhaseSpan, ...]:
        """The stays that have not ended, the outermost first, and how long they last by now."""
        now = self._clock()
        return tuple(
            PhaseSpan(phase, began_s - self._origin_s, now - began_s)
            for phase, began_s in self._stack
        )

    def timings(self) -> Timings:
        """The seconds so far; `queue_s`, `load_s` and `pipe_s` are the parent's to add."""
        self._attribute()
        segments_s = self._segments_s
        if self._segments_since_s is not None:
            segments_s += self._mark_s - self._segments_since_s
        total_s = self._mark_s - self._started_s
        named = {
            field_of(phase): self.spent_s(phase)
            for phase in Phase
            if phase not in (Phase.QUEUE, Phase.LOAD)
        }
        return Timings(
            **named,
            segments_s=segments_s,
            other_s=max(0.0, total_s - sum(named.values())),
            total_s=total_s,
        )

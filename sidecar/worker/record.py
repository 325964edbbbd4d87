"""What happened while a job was decoded: its windows, warnings and degradations."""

from collections.abc import Callable, Sequence

from msgspec import structs

from sidecar.core.result import Attempt, Window
from sidecar.worker.hypothesis import Hypothesis, finite
from sidecar.worker.loops import Loop
from sidecar.worker.tokens import Limit

LOWEST_LOGPROB = -100.0
"""Stands for an average log-probability that is not a finite number: no text is less likely."""


class WindowRecord:
    """One window being decoded; times in seconds of the audio given to the model."""

    def __init__(self, number: int, start_s: float, end_s: float, at_s: float) -> None:
        self.number = number
        self.start_s = start_s
        self.end_s = end_s
        self.at_s = at_s
        self.encode_s = 0.0
        self.encoding_reused = False
        self.context_s = 0.0
        self.align_s = 0.0
        self.attempts: list[Attempt] = []

    @property
    def audio_s(self) -> float:
        """Seconds of audio in the window, without its padding."""
        return self.end_s - self.start_s

    def add_encoding(self, context_s: float, encode_s: float, *, reused: bool = False) -> None:
        """Note an encoder pass, from which the attempts that follow are decoded."""
        self.context_s = context_s
        self.encode_s += encode_s
        self.encoding_reused |= reused

    def add_attempt(
        self,
        hypothesis: Hypothesis,
        beam_size: int,
        max_tokens: int,
        at_s: float,
        generate_s: float,
    ) -> None:
        """Note one attempt, in the order they are made."""
        self.attempts.append(
            Attempt(
                at_s=at_s,
                temperature=float(hypothesis.temperature),
                beam_size=beam_size,
                context_s=round(self.context_s, 2),
                tokens=hypothesis.tokens,
                max_tokens=max_tokens,
                generate_s=generate_s,
                avg_logprob=finite(hypothesis.avg_logprob, LOWEST_LOGPROB),
                compression_ratio=hypothesis.compression_ratio,
                verdict=hypothesis.outcome,
            )
        )


class Record:
    """The account of one job, readable at any time: also after an error, for a partial result."""

    def __init__(self, to_input_s: Callable[[float, bool], float]) -> None:
        self._to_input_s = to_input_s
        self._windows: list[WindowRecord] = []
        self._warnings: list[str] = []
        self.degraded = False

    def open_window(self, start_s: float, end_s: float, at_s: float) -> WindowRecord:
        """Begin the next window."""
        window = WindowRecord(len(self._windows) + 1, start_s, end_s, at_s)
        self._windows.append(window)
        return window

    def warn(self, warning: str) -> None:
        """Tell the caller something, once."""
        if warning not in self._warnings:
            self._warnings.append(warning)

    def degrade(self, window: WindowRecord, what: str) -> None:
        """Note that less was done than was asked for, to be done in time."""
        self.degraded = True
        self.warn(f"{self._where(window)}: {what}")

    def drop(self, window: WindowRecord, temperatures: Sequence[float], because: str) -> None:
        """Note the fallbacks that there was no time for."""
        first, last = temperatures[0], temperatures[-1]
        which = f"{first:g}" if first == last else f"{first:g}-{last:g}"
        self.degrade(window, f"fallbacks at {which} dropped, {because}")

    def repeat(self, window: WindowRecord, doubted: Hypothesis) -> None:
        """Note that the encoder is shown all of a window, after a part of it led to this."""
        self.warn(f"{self._where(window)}: decoded again with the full window: {doubted.doubt}")

    def cut_loop(self, window: WindowRecord, attempt: int, loop: Loop) -> None:
        """Note that the text of an attempt, counted from 0, is kept without its repetitions."""
        made = window.attempts[attempt]
        window.attempts[attempt] = structs.replace(made, verdict=f"{made.verdict}; cut at the loop")
        cut = f"a loop was cut at {loop.kept_tokens} tokens, and what it hid is not transcribed"
        self.warn(f"{self._where(window)}: {cut}")

    def keep(self, window: WindowRecord, kept: Hypothesis) -> None:
        """Note which hypothesis of a window was kept, and what is lost with it."""
        if kept.verdict.silent:
            if kept.text:
                self.warn(f"{self._where(window)}: taken for silence, its text was left out")
        elif kept.cut_by:
            self.cut(window, kept.tokens, kept.cut_by)

    def cut(self, window: WindowRecord, tokens: int, limit: Limit) -> None:
        """Note that a limit ended the text of a window."""
        self.degraded |= limit.is_time
        self.warn(f"{self._where(window)}: the text was cut at {tokens} tokens, {limit.reason}")

    def _where(self, window: WindowRecord) -> str:
        start_s, end_s = self._input_s(window.start_s), self._input_s(window.end_s, True)
        return f"window {window.number} ({start_s:.1f}-{end_s:.1f} s)"

    @property
    def warnings(self) -> tuple[str, ...]:
        """So far, in the order they arose."""
        return tuple(self._warnings)

    def windows(self, first: int = 0) -> tuple[Window, ...]:
        """So far, from the index `first` on, in seconds of the input audio."""
        return tuple(
            Window(
                start_s=self._input_s(window.start_s),
                end_s=self._input_s(window.end_s, True),
                at_s=window.at_s,
                encode_s=window.encode_s,
                encoding_reused=window.encoding_reused,
                align_s=window.align_s,
                attempts=tuple(window.attempts),
            )
            for window in self._windows[first:]
        )

    def _input_s(self, seconds: float, is_end: bool = False) -> float:
        return round(self._to_input_s(seconds, is_end), 3)

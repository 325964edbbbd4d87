"""One job, as far as it came, with the circumstances that explain it."""

from collections.abc import Sequence

from msgspec import Struct

from sidecar.core.reply import Failure, Outcome
from sidecar.core.result import FunctionCost, ModelInfo, Segment, Window
from sidecar.core.timing import Phase, PhaseSpan, Timings


class Circumstances(Struct, frozen=True):
    """What is known besides the outcome."""

    name: str
    """Of the audio, as the user wrote it."""
    duration_s: float = 0.0
    """Of the audio; 0 where it was not found out."""
    threads: int = 0
    """As set; 0: one for each physical core."""
    physical_cores: int = 0
    """0: unknown."""
    loaded_before_s: float = 0.0
    """What loading the model took before the job; 0: it was loaded already, or is not known."""
    load_at_s: float = 0.0
    """When that began, counted from the reading of the request: negative."""
    parent_pid: int = 0
    vad: str = "off"
    encoder_context: str = "full"
    batch_size: int = 1
    functions: Sequence[FunctionCost] | None = None
    """None: they were not asked for."""


class Ending(Struct, frozen=True):
    """How a job failed."""

    kind: str
    message: str
    phase: str
    covered_s: float
    released: bool | None
    stack: Sequence[str]


class Account(Struct, frozen=True):
    """A job and where its time went."""

    circumstances: Circumstances
    duration_s: float
    speech_s: float | None
    """Seconds left by voice activity detection; None: there was none, or it is not known."""
    timings: Timings
    windows: Sequence[Window]
    spans: Sequence[PhaseSpan]
    segments: Sequence[Segment]
    language: str | None
    language_detected: bool
    warnings: Sequence[str] = ()
    degraded: bool = False
    model: ModelInfo | None = None
    worker_pid: int = 0
    job_index: int = 0
    """Which job of its worker it was, from 1; 0: it never reached one."""
    ending: Ending | None = None

    @property
    def total_s(self) -> float:
        """From the reading of the request to its answer."""
        return self.timings.total_s

    def share(self, seconds: float) -> float:
        """How much of the job that is, from 0 to 1."""
        return seconds / self.total_s if self.total_s else 0.0

    @property
    def real_time_factor(self) -> float | None:
        """Seconds spent for each second of audio."""
        return self.total_s / self.duration_s if self.duration_s else None

    @property
    def call_s(self) -> float:
        """What faster-whisper does before the iteration: features, language, its encoder pass."""
        t = self.timings
        named_s = t.features_s + t.language_s + t.encode_s + t.generate_s + t.align_s + t.text_s
        return max(0.0, named_s - t.segments_s)

    @property
    def attempt_cut_s(self) -> float | None:
        """How long the attempt had been running in which the job was ended; None: in none."""
        if self.ending is None or self.ending.phase != Phase.GENERATE:
            return None
        done_s = sum(a.generate_s for window in self.windows for a in window.attempts)
        return max(0.0, self.timings.generate_s - done_s)


def spent_on(window: Window) -> float:
    """Seconds that a window took."""
    attempts_s = sum(attempt.generate_s for attempt in window.attempts)
    return window.encode_s + attempts_s + window.align_s


def account_of(outcome: Outcome, circumstances: Circumstances) -> Account:
    """The account of a job that has ended in one way or the other."""
    if isinstance(outcome, Failure):
        return _of_failure(outcome, circumstances)
    return Account(
        circumstances=circumstances,
        duration_s=outcome.duration_s,
        speech_s=None if outcome.speech is None else outcome.duration_after_vad_s,
        timings=outcome.timings,
        windows=outcome.windows or [],
        spans=outcome.spans or [],
        segments=outcome.segments,
        language=outcome.language,
        language_detected=bool(outcome.language_probabilities),
        warnings=outcome.warnings,
        degraded=outcome.degraded,
        model=outcome.model,
        worker_pid=outcome.worker.pid,
        job_index=outcome.worker.job_index,
    )


def _of_failure(failure: Failure, circumstances: Circumstances) -> Account:
    data = failure.data
    partial = data.partial
    return Account(
        circumstances=circumstances,
        duration_s=circumstances.duration_s,
        speech_s=None,
        timings=data.timings,
        windows=data.windows or [],
        spans=data.spans or [],
        segments=partial.segments if partial else [],
        language=partial.language if partial else None,
        language_detected=data.timings.language_s > 0,
        worker_pid=data.worker.pid if data.worker else 0,
        job_index=data.worker.job_index if data.worker else 0,
        ending=Ending(
            kind=failure.error.kind,
            message=failure.error.message,
            phase=data.phase,
            covered_s=partial.covered_s if partial else 0.0,
            released=data.device_released,
            stack=data.stack or (),
        ),
    )

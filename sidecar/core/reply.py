"""What the client gets for a job: the result, or the data of the error."""

from msgspec import Struct, to_builtins

from sidecar.core.errors import SidecarError
from sidecar.core.job import Job
from sidecar.core.result import ModelInfo, Segment, Span, Window
from sidecar.core.timing import PhaseSpan, Timings


class WorkerStamp(Struct, frozen=True, omit_defaults=True):
    """Which worker process it was; `job_index` counts its jobs from 1."""

    pid: int
    generation: int
    uptime_s: float
    job_index: int
    exit_code: int | None = None
    signal: str | None = None
    stderr_tail: str | None = None


class TranscribeResult(Struct, frozen=True):
    """The result of `transcribe`."""

    job_id: str
    trace_id: str
    text: str
    language: str | None
    language_probability: float | None
    language_probabilities: dict[str, float]
    segments: list[Segment]
    duration_s: float
    speech: tuple[Span, ...] | None
    duration_after_vad_s: float
    timings: Timings
    worker: WorkerStamp
    model: ModelInfo
    warnings: tuple[str, ...]
    degraded: bool
    windows: list[Window] | None = None
    spans: list[PhaseSpan] | None = None


class Partial(Struct, frozen=True):
    """What was transcribed before the job ended. It is never the whole."""

    text: str
    segments: list[Segment]
    language: str | None
    covered_s: float


class JobErrorData(Struct, frozen=True, omit_defaults=True):
    """`error.data` of a job. `timeout_s` and what follows it: where a worker had begun on it.

    `windows` and `spans` only with a profile.
    """

    kind: str
    retryable: bool
    job_id: str
    trace_id: str
    phase: str
    elapsed_s: float
    timings: Timings
    timeout_s: float | None = None
    partial: Partial | None = None
    device_released: bool | None = None
    worker: WorkerStamp | None = None
    stack: tuple[str, ...] | None = None
    windows: list[Window] | None = None
    spans: list[PhaseSpan] | None = None


class Failure(Struct, frozen=True):
    """An error and the data that goes with it."""

    error: SidecarError
    data: JobErrorData

    def wire_data(self) -> dict[str, object]:
        """The data with the members that belong to this kind of error alone."""
        return {**self.error.details, **to_builtins(self.data)}


Outcome = TranscribeResult | Failure


def text_of(segments: list[Segment]) -> str:
    """The text of the segments, which carry their own spaces."""
    return "".join(segment.text for segment in segments).strip()


def result_of(job: Job, now: float, worker: WorkerStamp, model: ModelInfo) -> TranscribeResult:
    """The result of a job whose transcript has arrived."""
    transcript = job.transcript
    assert transcript is not None
    return TranscribeResult(
        job_id=job.job_id,
        trace_id=job.trace_id,
        text=text_of(job.decoded),
        language=transcript.language,
        language_probability=transcript.language_probability,
        language_probabilities=transcript.language_probabilities,
        segments=job.decoded,
        duration_s=transcript.duration_s,
        speech=transcript.speech,
        duration_after_vad_s=transcript.duration_after_vad_s,
        timings=job.completed(transcript.timings, now),
        worker=worker,
        model=model,
        warnings=transcript.warnings,
        degraded=transcript.degraded,
        windows=job.windows if job.transcription.profile else None,
        spans=job.spans if job.transcription.profile else None,
    )


def failure_of(
    job: Job,
    error: SidecarError,
    now: float,
    *,
    phase: str | None = None,
    worker: WorkerStamp | None = None,
    released: bool | None = None,
    stack: tuple[str, ...] = (),
) -> Failure:
    """The error of a job; with `worker`, what it had transcribed so far as well."""
    begun = worker is not None
    profiled = begun and job.transcription.profile
    return Failure(
        error,
        JobErrorData(
            kind=error.kind,
            retryable=error.retryable,
            job_id=job.job_id,
            trace_id=job.trace_id,
            phase=phase or job.phase,
            elapsed_s=now - job.received_at_s,
            timings=job.timings(now),
            timeout_s=job.total.limit_s(job.duration_s),
            partial=Partial(text_of(job.decoded), job.decoded, job.language, job.covered_s)
            if begun
            else None,
            device_released=released,
            worker=worker,
            stack=stack if begun else None,
            windows=job.windows if profiled else None,
            spans=job.spans_until(now) if profiled else None,
        ),
    )

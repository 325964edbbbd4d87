"""The log lines of jobs: one for each phase, and one for the end."""

from collections.abc import Iterator

from sidecar.core.job import Job
from sidecar.core.log import LogRecord
from sidecar.core.reply import Failure, TranscribeResult, text_of
from sidecar.core.slot import Slot
from sidecar.core.timing import Phase, Timings

_COARSE_PHASES = (Phase.DECODE, Phase.VAD, Phase.FEATURES, Phase.LANGUAGE)
"""Encoding and generating alternate: they are told together, as the iteration."""


def phase_left(
    slot: Slot, job: Job, left: Phase, timings: Timings, now: float
) -> Iterator[LogRecord]:
    """The phase that ended because the job has entered another one."""
    if left in _COARSE_PHASES and left is not job.phase:
        yield _phase(slot, job, left, getattr(timings, f"{left}_s"), now)


def iteration_left(slot: Slot, job: Job, now: float, *, with_text: bool) -> Iterator[LogRecord]:
    """The iteration over the segments, if it had begun; the text only if it is asked for."""
    segments_s = job.timings(now).segments_s
    if segments_s:
        text = text_of(job.decoded) if with_text else None
        yield _phase(slot, job, Phase.SEGMENTS, segments_s, now, len(job.decoded), text)


def done(job: Job, result: TranscribeResult) -> LogRecord:
    """A job that ended well."""
    return LogRecord(
        event="job/done",
        trace_id=job.trace_id,
        job_id=job.job_id,
        elapsed_s=round(result.timings.total_s, 6),
        audio_s=result.duration_s,
    )


def failed(job: Job, failure: Failure) -> LogRecord:
    """A job that did not."""
    return LogRecord(
        event="job/failed",
        level="warning",
        trace_id=job.trace_id,
        job_id=job.job_id,
        phase=failure.data.phase,
        elapsed_s=round(failure.data.elapsed_s, 6),
        kind=failure.error.kind,
        message=failure.error.message,
    )


def _phase(
    slot: Slot,
    job: Job,
    phase: Phase,
    seconds: float,
    now: float,
    segments: int | None = None,
    text: str | None = None,
) -> LogRecord:
    return LogRecord(
        event="job/phase",
        trace_id=job.trace_id,
        job_id=job.job_id,
        phase=phase,
        phase_s=round(seconds, 6),
        audio_s=job.duration_s,
        worker=slot.index,
        generation=slot.generation,
        worker_uptime_s=round(now - slot.spawned_at_s, 3),
        job_index=slot.jobs_begun,
        segments=segments,
        text=text,
    )

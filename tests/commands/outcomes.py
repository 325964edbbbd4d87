"""Outcomes of jobs, made up."""

from sidecar.commands.inputs import Input
from sidecar.core.budget import Budget
from sidecar.core.errors import SidecarError
from sidecar.core.job import Job
from sidecar.core.reply import Failure, JobErrorData, Partial, TranscribeResult, WorkerStamp
from sidecar.core.request import AudioSource, Transcription
from sidecar.core.result import ModelInfo, Segment
from sidecar.core.timing import Timings


def result(text: str = "good morning", *, model: str = "selftest") -> TranscribeResult:
    return TranscribeResult(
        job_id="j",
        trace_id="t",
        text=text,
        language="en",
        language_probability=None,
        language_probabilities={},
        segments=[Segment(0, 0.5, 1.0, f" {text}", -0.1, 1.0, 0.0, 0.0)],
        duration_s=2.0,
        speech=None,
        duration_after_vad_s=2.0,
        timings=Timings(),
        worker=WorkerStamp(1, 1, 0.0, 1),
        model=ModelInfo(model, "/m", "cpu", "int8"),
        warnings=(),
        degraded=False,
    )


def failure(error: SidecarError, *, partial: Partial | None = None) -> Failure:
    data = JobErrorData(
        error.kind, error.retryable, "j", "t", "decode", 0.1, Timings(), partial=partial
    )
    return Failure(error, data)


def job(given: Input) -> Job:
    return Job(
        f"job-{given.index}",
        given.name,
        Transcription(AudioSource(path="/a")),
        total=Budget(1.0),
        segments=Budget(1.0),
        received_at_s=0.0,
        reply_to=given,
    )

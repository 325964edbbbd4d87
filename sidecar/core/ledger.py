"""The jobs that are not answered yet, and their answers: one for each, when it ends."""

from sidecar.core import chronicle
from sidecar.core.errors import Busy, InvalidParams, SidecarError
from sidecar.core.events import Action, Exit, Log, Reply
from sidecar.core.job import Job, JobQueue
from sidecar.core.log import LogRecord
from sidecar.core.policy import Policy
from sidecar.core.reply import Failure, failure_of, result_of
from sidecar.core.slot import Slot
from sidecar.core.states import JobMove
from sidecar.core.statistics import Statistics
from sidecar.core.timing import Phase
from sidecar.core.verdict import move_for


class Ledger:
    """Keeps the jobs. It decides nothing about time or processes."""

    def __init__(self, policy: Policy, out: list[Action], *, log_text: bool) -> None:
        self.queue = JobQueue()
        self.jobs: dict[str, Job] = {}
        """All jobs that are not answered yet, by their job id."""
        self.statistics = Statistics()
        self._policy = policy
        self._out = out
        self._log_text = log_text

    def enter(self, job: Job, refusal: SidecarError | None, now: float) -> bool:
        """Let the job wait, or answer it at once; whether it waits."""
        self.statistics.count("submitted")
        error = refusal or self._objection(job)
        if error is not None:
            job.move(JobMove.ERROR)
            self._refuse(job, failure_of(job, error, now))
            return False
        self.jobs[job.job_id] = job
        self.queue.push(job)
        return True

    def _objection(self, job: Job) -> SidecarError | None:
        if job.job_id in self.jobs:
            return InvalidParams("a job with this job_id is under way", path="job_id")
        depth = len(self.queue)
        if depth < self._policy.queue_limit:
            return None
        return Busy(
            f"the queue is full: {depth} jobs are waiting",
            queue_depth=depth,
            retry_after_s=round(self._retry_after_s(), 3),
        )

    def _retry_after_s(self) -> float:
        """When there may be room, from what recent jobs took."""
        typical_s = self.statistics.typical_run_s()
        return max(0.1, (1.0 if typical_s is None else typical_s) / self._policy.workers)

    def end_waiting(self, job: Job, error: SidecarError, now: float, *, loading: bool) -> None:
        """Answer a job that no worker has begun on; `loading`: a worker was still to come."""
        self.queue.remove(job)
        job.move(move_for(error))
        phase = Phase.LOAD if loading else Phase.QUEUE
        self._refuse(job, failure_of(job, error, now, phase=phase))

    def end_all_waiting(self, error: SidecarError, now: float, *, loading: bool) -> None:
        """Answer every job that waits."""
        for job in self.queue:
            self.end_waiting(job, error, now, loading=loading)

    def succeed(self, slot: Slot, job: Job, now: float) -> None:
        """Answer a job whose transcript has arrived."""
        assert slot.model is not None
        job.move(JobMove.RESULT)
        result = result_of(job, now, slot.stamp(now), slot.model)
        self.statistics.completed(result.timings)
        self.statistics.count("degraded" if result.degraded else "done")
        self.log(*chronicle.iteration_left(slot, job, now, with_text=self._log_text))
        self.log(chronicle.done(job, result))
        self._forget(job)
        self._out.append(Reply(job, result))

    def fail(
        self,
        slot: Slot,
        job: Job,
        error: SidecarError,
        now: float,
        *,
        released: bool,
        exit: Exit | None = None,
    ) -> None:
        """Answer a job that a worker had begun on; `exit`: how that worker's process ended."""
        job.move(move_for(error))
        self.log(*chronicle.iteration_left(slot, job, now, with_text=self._log_text))
        failure = failure_of(
            job,
            error,
            now,
            worker=slot.stamp(now, exit),
            released=released,
            stack=exit.stack if exit else (),
        )
        self._refuse(job, failure)

    def _refuse(self, job: Job, failure: Failure) -> None:
        self.statistics.count(failure.error.kind)
        self.log(chronicle.failed(job, failure))
        self._forget(job)
        self._out.append(Reply(job, failure))

    def _forget(self, job: Job) -> None:
        if self.jobs.get(job.job_id) is job:
            del self.jobs[job.job_id]

    def log(self, *records: LogRecord) -> None:
        """Have these lines logged."""
        self._out.extend(Log(record) for record in records)

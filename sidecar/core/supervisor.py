"""The supervisor: `handle(event, now)` decides, and returns the actions that carry it out.

No input or output, no clock, no threads: all rules about time, death and retry are here and in
`pool.py`, and are tested with a made-up clock. The shell calls `handle(Tick(), now)` no later
than `next_deadline()`.
"""

from sidecar.core import chronicle
from sidecar.core.errors import (
    JobTimeout,
    SidecarError,
    WorkerCrashed,
    error_of_kind,
)
from sidecar.core.events import (
    Action,
    Answer,
    CancelJob,
    Event,
    Exit,
    Exited,
    Garbled,
    Heard,
    JobProgress,
    JobSegment,
    JobStarted,
    Loaded,
    LoadModel,
    RefuseModel,
    Send,
    Shutdown,
    Spawned,
    Stop,
    Submit,
    Tick,
    UnloadModel,
)
from sidecar.core.ipc import (
    Beat,
    Cancel,
    Decoded,
    Done,
    Failed,
    FromWorker,
    Hello,
    LoadFailed,
    Profiled,
    Progress,
    Ready,
    Run,
)
from sidecar.core.job import Job
from sidecar.core.ledger import Ledger
from sidecar.core.policy import Policy
from sidecar.core.pool import Pool
from sidecar.core.quarantine import Quarantine
from sidecar.core.slot import Slot
from sidecar.core.states import JobMove, JobState, WorkerState
from sidecar.core.verdict import cancelled, crash_of, shutting_down, timeout_of

OVERSLEPT_S = 0.5
"""A tick that comes so late comes from a process that was stopped, or a machine that slept."""


class Supervisor:
    """The jobs, the workers, and what becomes of them."""

    def __init__(self, policy: Policy, *, log_text: bool = False) -> None:
        self.policy = policy
        self._out: list[Action] = []
        self.ledger = Ledger(policy, self._out, log_text=log_text)
        self.pool = Pool(policy, self._out)
        self.quarantine = Quarantine(policy.quarantine_s)
        self._load_waiters: list[object] = []
        self._unload_waiters: list[object] = []
        self._shutdown_waiters: list[object] = []
        self._stop_by_s: float | None = None
        self._finish_queue = False
        self._stopped = False

    @property
    def draining(self) -> bool:
        """Whether it accepts no more jobs."""
        return self._stop_by_s is not None

    def handle(self, event: Event, now: float) -> list[Action]:
        """Take notice of `event`; what is to be done about it, in this order."""
        match event:
            case Submit(job):
                self._submit(job, now)
            case CancelJob(job):
                self._cancel(job, now)
            case Spawned(generation, pid):
                if slot := self.pool.of(generation):
                    slot.pid = pid
            case Heard(generation, message):
                if slot := self.pool.of(generation):
                    self._heard(slot, message, now)
            case Garbled(generation, reason):
                if (slot := self.pool.of(generation)) and slot.live:
                    self._condemn(
                        slot, WorkerCrashed(f"the worker garbled its pipe: {reason}"), now
                    )
            case Exited(generation, exit):
                if slot := self.pool.of(generation):
                    self._exited(slot, exit, now)
            case LoadModel(model, reply_to):
                self._load_waiters.append(reply_to)
                self.quarantine.clear()
                self.pool.serve(model, now)
            case RefuseModel(error):
                self.pool.refuse(error, now)
            case UnloadModel(reply_to):
                self._unload_waiters.append(reply_to)
                self.pool.park(now)
            case Shutdown():
                self._shutdown(event, now)
            case Tick():
                self._excuse_silence(now)
                self._expire(now)
        self._refuse_waiting(now)
        self._assign(now)
        self.pool.balance(now)
        self._answer_waiters(now)
        actions, self._out[:] = self._out[:], []
        return actions

    def next_deadline(self) -> float | None:
        """When `Tick` is due at the latest; None: nothing is waited for."""
        due = self.pool.due_s()
        due += [job.deadline()[0] for job in self.ledger.queue]
        for slot in self.pool.slots:
            if slot.state is WorkerState.BUSY and (job := slot.job):
                due.append(job.deadline()[0] - self.pool.kill_cost.lead_s(slot.rss_bytes))
                if job.cancel_by_s is not None:
                    due.append(job.cancel_by_s)
        if self._stop_by_s is not None and self._unfinished():
            due.append(self._stop_by_s)
        return min(due, default=None)

    def _unfinished(self) -> bool:
        return len(self.ledger.queue) > 0 or any(slot.state is _BUSY for slot in self.pool.slots)

    def _submit(self, job: Job, now: float) -> None:
        refusal = shutting_down() if self.draining else self.pool.refusal or self.pool.broken
        if self.ledger.enter(job, refusal or self.quarantine.refusal(job, now), now):
            self.pool.parked = False

    def _refuse_waiting(self, now: float) -> None:
        error = self.pool.refusal or self.pool.broken
        if error is None and self.draining and not self._finish_queue:
            error = shutting_down()
        if error is not None:
            self.ledger.end_all_waiting(error, now, loading=self.pool.loading)
        for job in self.ledger.queue:
            if poisoned := self.quarantine.refusal(job, now):
                self.ledger.end_waiting(job, poisoned, now, loading=self.pool.loading)

    def _cancel(self, job: Job, now: float) -> None:
        if job.state is JobState.QUEUED:
            self.ledger.end_waiting(job, cancelled(), now, loading=self.pool.loading)
        elif job.state is JobState.RUNNING and (slot := self._slot_of(job)):
            job.move(JobMove.CANCEL)
            job.cancel_by_s = now + self.policy.cancel_grace_s
            if slot.state is WorkerState.BUSY:
                self._out.append(Send(slot.generation, Cancel(job.job_id)))

    def _slot_of(self, job: Job) -> Slot | None:
        return next((slot for slot in self.pool.slots if slot.job is job), None)

    def _assign(self, now: float) -> None:
        while len(self.ledger.queue) and (slot := self.pool.idle()):
            job = self.ledger.queue.pop()
            assert slot.ready_at_s is not None
            job.dispatched(now, slot.ready_at_s, slot.spawned_at_s)
            slot.job = job
            slot.jobs_begun += 1
            self.pool.dispatch(slot)
            run = Run(
                job_id=job.job_id,
                transcription=job.transcription,
                limits=self.policy.limits,
                total=job.total,
                received_at_s=job.received_at_s,
                segments=job.segments,
                kill=self.pool.kill_cost,
                stall_timeout_s=self.policy.stall_timeout_s,
            )
            self._out.append(Send(slot.generation, run, job.payload))
            job.payload = b""
            self._out.append(JobStarted(job, slot.generation))

    def _heard(self, slot: Slot, message: FromWorker, now: float) -> None:
        slot.beat_at_s = now
        match message:
            case Beat(rss_bytes):
                slot.rss_bytes = rss_bytes
            case Hello() | Ready():
                self.pool.heard(slot, message, now)
            case LoadFailed(kind, text, details):
                slot.failure = error_of_kind(kind, text, details)
            case Progress() | Decoded() | Profiled() | Done() | Failed():
                job = slot.job
                if job is not None and job.job_id == message.job_id:
                    self._job_heard(slot, job, message, now)

    def _job_heard(
        self,
        slot: Slot,
        job: Job,
        message: Progress | Decoded | Profiled | Done | Failed,
        now: float,
    ) -> None:
        match message:
            case Progress():
                left = job.phase
                job.progressed(message, now)
                self.ledger.log(*chronicle.phase_left(slot, job, left, message.timings, now))
                self._out.append(JobProgress(job))
            case Decoded(_, segment):
                job.decoded.append(segment)
                self._out.append(JobSegment(job, segment))
            case Profiled():
                job.profiled(message)
            case Done(_, transcript):
                job.transcript = transcript
                # A worker that is being killed holds the device until it is gone.
                if slot.state is WorkerState.BUSY:
                    self.quarantine.survived(job)
                    self.ledger.succeed(slot, job, now)
                    self.pool.finished(slot, now)
            case Failed(_, kind, text, _, details):
                if slot.state is WorkerState.BUSY:
                    error = error_of_kind(kind, text, details)
                    self.ledger.fail(slot, job, error, now, released=True)
                    self.pool.finished(slot, now)

    def _condemn(self, slot: Slot, error: SidecarError, now: float) -> None:
        """Kill the worker; `error` is what its job is told once the exit is confirmed."""
        if slot.job is not None and slot.job.error is None:
            slot.job.error = error
        self.pool.kill(slot, now, error.kind)

    def _exited(self, slot: Slot, exit: Exit, now: float) -> None:
        self._settle(slot, now, exit)
        self.pool.exited(slot, exit, now)

    def _settle(self, slot: Slot, now: float, exit: Exit | None) -> None:
        """Answer the job of a process that is gone or, without `exit`, given up on."""
        job = slot.job
        if job is None:
            return
        if job.transcript is not None:
            self.ledger.succeed(slot, job, now)
        else:
            error = job.error or (crash_of(exit) if exit else WorkerCrashed("it had to be killed"))
            released = exit is not None
            self.quarantine.died(job, error, now)
            self.ledger.fail(slot, job, error, now, released=released, exit=exit)

    def _excuse_silence(self, now: float) -> None:
        """A process that has slept, alone or with its machine, has not heard who beat meanwhile."""
        due_s = self.next_deadline()
        if due_s is not None and now - due_s > OVERSLEPT_S:
            for slot in self.pool.slots:
                slot.beat_at_s = now

    def _expire(self, now: float) -> None:
        for job in self.ledger.queue:
            deadline_s, budget = job.deadline()
            if deadline_s <= now:
                loading = self.pool.loading
                self.ledger.end_waiting(job, timeout_of(job, budget), now, loading=loading)
        for slot in self.pool.slots:
            self._expire_slot(slot, now)
        if self._stop_by_s is not None and self._stop_by_s <= now:
            self.ledger.end_all_waiting(shutting_down(), now, loading=self.pool.loading)
            for slot in self.pool.slots:
                if slot.state is WorkerState.BUSY:
                    self._condemn(slot, shutting_down(), now)

    def _expire_slot(self, slot: Slot, now: float) -> None:
        lead_s = self.pool.kill_cost.lead_s(slot.rss_bytes)
        stalled_at_s = slot.stalled_at_s(self.policy.stall_timeout_s) - lead_s
        match slot.state:
            case WorkerState.BUSY if slot.job is not None:
                deadline_s, budget = slot.job.deadline()
                if deadline_s - lead_s <= now:
                    self._condemn(slot, timeout_of(slot.job, budget), now)
                elif slot.job.cancel_by_s is not None and slot.job.cancel_by_s <= now:
                    self._condemn(slot, cancelled(), now)
                elif stalled_at_s <= now:
                    self._condemn(slot, slot.stall(self.policy.stall_timeout_s), now)
            case WorkerState.IDLE | WorkerState.SPARE if slot.beating and stalled_at_s <= now:
                self.pool.kill(slot, now, "stalled while idle")
            case WorkerState.STARTING if slot.load_by_s <= now:
                limit_s = self.policy.load_timeout_s
                slot.failure = JobTimeout(f"loading the model took over {limit_s:g} s")
                self.pool.kill(slot, now, slot.failure.message)
            case WorkerState.KILLING | WorkerState.DRAINING if slot.confirm_by_s <= now:
                self._settle(slot, now, None)
                self.pool.abandon(slot, now)

    def _shutdown(self, event: Shutdown, now: float) -> None:
        if event.reply_to is not None:
            self._shutdown_waiters.append(event.reply_to)
        stop_by_s = now + event.grace_s
        self._stop_by_s = stop_by_s if self._stop_by_s is None else min(self._stop_by_s, stop_by_s)
        self._finish_queue = event.finish_queue
        if event.grace_s <= 0:
            self._expire(now)

    def _answer_waiters(self, now: float) -> None:
        if self.draining and not len(self.ledger.queue) and not self.pool.draining:
            self.pool.drain(now)
        slot = next((slot for slot in self.pool.slots if slot.state in _LOADED), None)
        refusal = self.pool.refusal or self.pool.broken
        if self.draining:
            refusal = shutting_down()
        if slot is not None and slot.model is not None and not slot.stale:
            self._answer(self._load_waiters, Loaded(slot.model, slot.load_s))
        elif refusal is not None:
            self._answer(self._load_waiters, refusal)
        if not any(slot.serving for slot in self.pool.slots) or not self.pool.parked:
            self._answer(self._unload_waiters, None)
        if self.pool.draining and self.pool.stopped and not self._stopped:
            self._stopped = True
            self._answer(self._shutdown_waiters, None)
            self._out.append(Stop())

    def _answer(self, waiters: list[object], outcome: SidecarError | Loaded | None) -> None:
        self._out.extend(Answer(waiter, outcome) for waiter in waiters if waiter is not None)
        waiters.clear()


_BUSY = WorkerState.BUSY
_LOADED = frozenset({WorkerState.IDLE, WorkerState.BUSY})

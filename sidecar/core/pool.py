"""The worker processes: how many, with which model, when to start and when to give up.

A sub-machine of the supervisor and as pure: it decides, the actions it appends are done elsewhere.
"""

from sidecar.core.budget import KillCost
from sidecar.core.errors import ModelUnavailable, SidecarError, WorkerUnavailable
from sidecar.core.events import Action, Exit, Kill, Log, Send, Spawn, WorkerChanged
from sidecar.core.ipc import Hello, Load, ModelSpec, Ready
from sidecar.core.log import LogRecord
from sidecar.core.policy import Policy
from sidecar.core.slot import Slot
from sidecar.core.states import WorkerMove, WorkerState


class Pool:
    """The slots, the model they serve, and the breaker that stops a crash loop."""

    def __init__(self, policy: Policy, out: list[Action]) -> None:
        self._policy = policy
        self._out = out
        spares = 0 if policy.standby == "off" else 1
        self.slots = [Slot(index) for index in range(policy.workers + spares)]
        self.model: ModelSpec | None = None
        self.refusal: SidecarError | None = None
        """Why there is no model to serve with; without one either, it is being looked for."""
        self.parked = False
        """Unloaded until somebody wants it again."""
        self.draining = False
        self.kill_cost = KillCost()
        self.restarts = 0
        self._generation = 0
        self._failed_starts = 0
        self._last_reason = ""
        self._balanced_at_s = 0.0

    @property
    def broken(self) -> SidecarError | None:
        """Why no worker will come, if the breaker is open."""
        if not any(slot.state is WorkerState.BROKEN for slot in self.slots):
            return None
        if any(slot.serving for slot in self.slots):
            return None
        return WorkerUnavailable(
            f"the worker failed to start {self._failed_starts} times in a row; "
            f"the last time: {self._last_reason}",
            failed_starts=self._failed_starts,
            reason=self._last_reason,
        )

    @property
    def loading(self) -> bool:
        """Whether a job that waits, waits for a worker rather than for other jobs."""
        return not any(slot.ready_at_s is not None and slot.serving for slot in self.slots)

    def of(self, generation: int) -> Slot | None:
        """The slot that this generation is in; None: it is history."""
        return next(
            (
                slot
                for slot in self.slots
                if slot.generation == generation
                and (slot.live or slot.state in (WorkerState.KILLING, WorkerState.DRAINING))
            ),
            None,
        )

    def idle(self) -> Slot | None:
        """A slot that can take a job now, if the device has room for one more."""
        busy = sum(1 for slot in self.slots if slot.job is not None)
        if busy >= self._policy.workers:
            return None
        return next((slot for slot in self.slots if slot.state is WorkerState.IDLE), None)

    def serve(self, model: ModelSpec, now: float) -> None:
        """Serve with `model` from now on; workers that have another one go."""
        changed = model != self.model
        self.model, self.refusal, self.parked = model, None, False
        self._failed_starts = 0
        for slot in self.slots:
            if slot.state is WorkerState.BROKEN:
                self._move(slot, WorkerMove.MEND)
            elif changed and slot.state is not WorkerState.SPARE:
                self._retire(slot, now, "another model is wanted")

    def refuse(self, error: SidecarError, now: float) -> None:
        """There is no model to serve with."""
        self.refusal = error
        for slot in self.slots:
            self._retire(slot, now, "there is no model to serve with")

    def park(self, now: float) -> None:
        """Free the device until it is wanted again."""
        self.parked = True
        for slot in self.slots:
            self._retire(slot, now, "the model is unloaded")

    def drain(self, now: float) -> None:
        """Start nothing more; workers that have no job go."""
        self.draining = True
        for slot in self.slots:
            if slot.state in (WorkerState.BUSY, WorkerState.KILLING, WorkerState.DRAINING):
                continue
            if slot.live:
                slot.confirm_by_s = now + self._policy.confirm_exit_s
                self._out.append(Kill(slot.generation))
            self._move(slot, WorkerMove.DRAIN)

    @property
    def stopped(self) -> bool:
        """Whether no process is left, nor expected."""
        return all(slot.state is WorkerState.STOPPED for slot in self.slots)

    def balance(self, now: float) -> None:
        """Start what is missing, the workers that serve before the standby."""
        self._balanced_at_s = now
        if self.model is None or self.refusal or self.parked or self.draining or self.broken:
            return
        while sum(slot.serving for slot in self.slots) < self._policy.workers:
            if not self._start_serving(now):
                return
        if any(slot.state is WorkerState.STARTING for slot in self.slots):
            return
        running = any(slot.state is WorkerState.BUSY for slot in self.slots)
        for slot in self.slots:
            impatient = now >= slot.due_at_s + self._policy.standby_patience_s
            if self._startable(slot, now) and (impatient or not running):
                spare = self._policy.standby == "warm"
                self._spawn(slot, WorkerMove.SPAWN_SPARE if spare else WorkerMove.SPAWN, now)

    def _start_serving(self, now: float) -> bool:
        for slot in self.slots:
            if slot.state is WorkerState.SPARE:
                self._move(slot, WorkerMove.PROMOTE)
                self._load(slot, now)
                return True
        for slot in self.slots:
            if self._startable(slot, now):
                self._spawn(slot, WorkerMove.SPAWN, now)
                return True
        return False

    def _startable(self, slot: Slot, now: float) -> bool:
        waiting = slot.state is WorkerState.BACKOFF and slot.due_at_s <= now
        return waiting or slot.state is WorkerState.STOPPED

    def _spawn(self, slot: Slot, move: WorkerMove, now: float) -> None:
        self._generation += 1
        slot.reset(self._generation, now)
        self._out.append(Spawn(slot.generation))
        self._move(slot, move)
        if move is WorkerMove.SPAWN:
            self._load(slot, now)

    def _load(self, slot: Slot, now: float) -> None:
        assert self.model is not None
        slot.load_by_s = now + self._policy.load_timeout_s
        self._out.append(Send(slot.generation, Load(self.model, self._policy.thrift)))

    def heard(self, slot: Slot, message: Hello | Ready, now: float) -> None:
        """A worker reports how its start goes."""
        slot.rss_bytes = message.rss_bytes
        if isinstance(message, Ready) and slot.state is WorkerState.STARTING:
            slot.model, slot.load_s, slot.ready_at_s = message.model, message.load_s, now
            self._move(slot, WorkerMove.READY)

    def dispatch(self, slot: Slot) -> None:
        """It works on a job."""
        self._move(slot, WorkerMove.DISPATCH)

    def finished(self, slot: Slot, now: float) -> None:
        """Its job has ended and the worker lives."""
        slot.job = None
        slot.jobs_done += 1
        self._failed_starts = 0
        self._move(slot, WorkerMove.FINISH)
        if slot.stale or self.draining:
            self._retire(slot, now, "its job was the last one")

    def kill(self, slot: Slot, now: float, reason: str) -> None:
        """Begin to kill the process; `exited` or the end of the patience will end it."""
        slot.killed_at_s = now
        slot.confirm_by_s = now + self._policy.confirm_exit_s
        self._out.append(Kill(slot.generation))
        self._move(slot, WorkerMove.KILL, reason)

    def _retire(self, slot: Slot, now: float, reason: str) -> None:
        if slot.state is WorkerState.BUSY:
            slot.stale = True
        elif slot.live:
            self.kill(slot, now, reason)

    def exited(self, slot: Slot, exit: Exit, now: float) -> None:
        """The process is gone: learn from it, and decide when the next one starts."""
        if slot.killed_at_s is not None:
            self.kill_cost = self.kill_cost.learned(slot.rss_bytes, now - slot.killed_at_s)
        self._leave(slot, WorkerMove.EXITED, now, _describe(exit, slot.failure))

    def abandon(self, slot: Slot, now: float) -> None:
        """Its exit cannot be confirmed: the slot goes on without it."""
        self._leave(slot, WorkerMove.ABANDON, now, "its exit could not be confirmed")

    def _leave(self, slot: Slot, move: WorkerMove, now: float, reason: str) -> None:
        failed = self._failed_to_start(slot, now)
        slot.job = None
        # Killed: for another model was wanted meanwhile, to which this says nothing.
        if isinstance(slot.failure, ModelUnavailable) and slot.killed_at_s is None:
            self.refusal = slot.failure
        elif failed:
            self._failed_starts += 1
            self._last_reason = reason
        slot.due_at_s = now + self._policy.pause_s(self._failed_starts)
        self.restarts += 1
        self._move(slot, move, reason)
        if self.draining:
            if slot.state is WorkerState.BACKOFF:
                self._move(slot, WorkerMove.DRAIN)
        elif self._failed_starts >= self._policy.max_failed_starts:
            for other in self.slots:
                if other.state in (WorkerState.BACKOFF, WorkerState.STOPPED):
                    self._move(other, WorkerMove.BREAK, reason)

    def _failed_to_start(self, slot: Slot, now: float) -> bool:
        if slot.stale or self.parked or self.draining or slot.job is not None:
            return False
        overdue = slot.killed_at_s is not None and now >= slot.load_by_s
        if slot.ready_at_s is None:
            return slot.killed_at_s is None or overdue
        unsettled = now - slot.ready_at_s < self._policy.settled_s and slot.jobs_done == 0
        return slot.killed_at_s is None and unsettled

    def due_s(self) -> list[float]:
        """When something has to be looked at, for each thing that is waited for."""
        due: list[float] = []
        for slot in self.slots:
            lead_s = self.kill_cost.lead_s(slot.rss_bytes)
            if slot.state is WorkerState.STARTING:
                due.append(slot.load_by_s)
            elif slot.state is WorkerState.BUSY or slot.beating:
                due.append(slot.stalled_at_s(self._policy.stall_timeout_s) - lead_s)
            elif slot.state in (WorkerState.KILLING, WorkerState.DRAINING):
                due.append(slot.confirm_by_s)
            elif slot.state is WorkerState.BACKOFF:
                starts = (slot.due_at_s, slot.due_at_s + self._policy.standby_patience_s)
                due += [start_s for start_s in starts if start_s > self._balanced_at_s]
        return due

    def _move(self, slot: Slot, move: WorkerMove, reason: str | None = None) -> None:
        slot.move(move)
        self._out.append(WorkerChanged(slot.index, slot.state, slot.generation, slot.pid, reason))
        self._out.append(
            Log(
                LogRecord(
                    event="worker/state",
                    state=slot.state,
                    message=reason,
                    worker=slot.index,
                    generation=slot.generation,
                    pid=slot.pid,
                )
            )
        )


def _describe(exit: Exit, failure: SidecarError | None) -> str:
    if failure is not None:
        return failure.message
    last_line = exit.stderr_tail.strip().rpartition("\n")[2][:300]
    if exit.signal is None and exit.code is None:
        return last_line
    how = f"signal {exit.signal}" if exit.signal else f"exit code {exit.code}"
    return f"{how}: {last_line}" if last_line else how

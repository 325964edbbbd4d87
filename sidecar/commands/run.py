"""Jobs of our own, through the supervisor and the worker that serve clients too."""

import signal
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from typing import Protocol

from sidecar.core.errors import SidecarError, WorkerUnavailable
from sidecar.core.events import (
    Action,
    JobProgress,
    JobSegment,
    LoadModel,
    Reply,
    Shutdown,
    Stop,
    Submit,
    WorkerChanged,
)
from sidecar.core.ipc import ModelSpec
from sidecar.core.job import Job
from sidecar.core.reply import Outcome
from sidecar.core.states import WorkerState
from sidecar.serve.log import JsonLog
from sidecar.serve.main import on_signals
from sidecar.serve.shell import Shell
from sidecar.settings import Settings


class Watcher(Protocol):
    """Who wants to know how the jobs get on."""

    def progressed(self, job: Job) -> None:
        """The job is in another phase, or further on."""

    def answered(self, job: Job, outcome: Outcome) -> None:
        """The job has ended."""


class Run:
    """Does all of `jobs`, as many at a time as there are workers, and leaves no process behind.

    A job is made only when a worker is free for it, and its time runs from then on: neither
    loading the model nor replacing a worker that had to be killed is at the cost of the next job.
    """

    def __init__(
        self,
        settings: Settings,
        log: JsonLog,
        jobs: Iterable[Callable[[], Job]],
        watcher: Watcher,
    ) -> None:
        self.problem: SidecarError | None = None
        """Why no further job can be done, if so."""
        self._signals: list[int] = []
        self._shell = Shell(settings, log, self._perform)
        self._waiting = deque(jobs)
        self._loaded: set[int] = set()
        """The generations of workers that got as far as to be ready."""
        self._watcher = watcher
        self._under_way = 0
        self._ending = False

    @property
    def ended_by(self) -> int | None:
        """The signal that ended it, or came when it had ended; if one did."""
        return self._signals[-1] if self._signals else None

    @property
    def worker_pid(self) -> int | None:
        """The process that the next job goes to; None while there is none."""
        slot = self._shell.supervisor.pool.idle()
        return slot.pid if slot else None

    def run(self, model: ModelSpec) -> None:
        """Load the model and do the jobs."""
        on_signals(self._signalled)
        try:
            self._shell.handle(LoadModel(model))
            self._shell.run()
        finally:
            self._shell.kill_all()
            self._shell.log.flush(1.0)

    def end(self) -> None:
        """Do nothing more: what runs is killed."""
        if not self._ending:
            self._ending = True
            self._shell.post(partial(self._shell.handle, Shutdown(0.0)))

    def _perform(self, action: Action) -> None:
        match action:
            case Reply(job, outcome):
                self._under_way -= 1
                if not self._ending:
                    self._watcher.answered(job, outcome)
                self._shell.post(self._feed)
            case JobProgress(job) | JobSegment(job):
                self._watcher.progressed(job)
            case WorkerChanged():
                self._notice_start(action)
                self._shell.post(self._feed)
            case Stop():
                self._shell.stop()

    def _feed(self) -> None:
        pool = self._shell.supervisor.pool
        self.problem = self.problem or pool.refusal or pool.broken
        if self.problem:
            self.end()
        while self._waiting and not self._ending and pool.idle() is not None:
            self._under_way += 1
            self._shell.handle(Submit(self._waiting.popleft()()))
        if not self._waiting and not self._under_way:
            self.end()

    def _notice_start(self, change: WorkerChanged) -> None:
        """A server tries a failed start again; who waits at a terminal wants to know."""
        if change.state == WorkerState.IDLE:
            self._loaded.add(change.generation)
        elif change.state == WorkerState.BACKOFF and change.generation not in self._loaded:
            reason = f"the worker does not start: {change.reason}"
            refusal = self._shell.supervisor.pool.refusal
            self.problem = self.problem or refusal or WorkerUnavailable(reason)

    def _signalled(self, number: int) -> None:
        # Noted at once: the loop may have ended already.
        self._signals.append(number)
        self._shell.post(self._interrupted)

    def _interrupted(self) -> None:
        if len(self._signals) > 1:
            self._shell.stop()
        self.end()


def said_of_signal(number: int) -> str:
    """What to say about the signal that ended the program."""
    return "interrupted" if number == signal.SIGINT else f"ended by {signal.Signals(number).name}"

"""The two transition tables. Nothing changes a worker's or a job's state except through them."""

from enum import StrEnum
from typing import TypeVar


class WorkerState(StrEnum):
    """Where a worker slot is."""

    STOPPED = "stopped"
    SPARE = "spare"
    """A process with its imports done and no model: the warm standby."""
    STARTING = "starting"
    IDLE = "idle"
    BUSY = "busy"
    KILLING = "killing"
    BACKOFF = "backoff"
    BROKEN = "broken"
    DRAINING = "draining"


class WorkerMove(StrEnum):
    """What can happen to a worker slot."""

    SPAWN = "spawn"
    SPAWN_SPARE = "spawn_spare"
    PROMOTE = "promote"
    READY = "ready"
    DISPATCH = "dispatch"
    FINISH = "finish"
    KILL = "kill"
    EXITED = "exited"
    ABANDON = "abandon"
    BREAK = "break"
    MEND = "mend"
    DRAIN = "drain"


class JobState(StrEnum):
    """Where a job is; the last five are final."""

    QUEUED = "queued"
    RUNNING = "running"
    CANCELLING = "cancelling"
    DONE = "done"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    LOST = "lost"
    CANCELLED = "cancelled"


class JobMove(StrEnum):
    """What can happen to a job."""

    DISPATCH = "dispatch"
    CANCEL = "cancel"
    RESULT = "result"
    ERROR = "error"
    TIMEOUT = "timeout"
    LOSE = "lose"


W, WM, J, JM = WorkerState, WorkerMove, JobState, JobMove

WORKER_MOVES: dict[tuple[WorkerState, WorkerMove], WorkerState] = {
    (W.STOPPED, WM.SPAWN): W.STARTING,
    (W.STOPPED, WM.SPAWN_SPARE): W.SPARE,
    (W.STOPPED, WM.BREAK): W.BROKEN,
    (W.BACKOFF, WM.SPAWN): W.STARTING,
    (W.BACKOFF, WM.SPAWN_SPARE): W.SPARE,
    (W.BACKOFF, WM.BREAK): W.BROKEN,
    (W.BROKEN, WM.MEND): W.STOPPED,
    (W.SPARE, WM.PROMOTE): W.STARTING,
    (W.SPARE, WM.KILL): W.KILLING,
    (W.SPARE, WM.EXITED): W.BACKOFF,
    (W.STARTING, WM.READY): W.IDLE,
    (W.STARTING, WM.KILL): W.KILLING,
    (W.STARTING, WM.EXITED): W.BACKOFF,
    (W.IDLE, WM.DISPATCH): W.BUSY,
    (W.IDLE, WM.KILL): W.KILLING,
    (W.IDLE, WM.EXITED): W.BACKOFF,
    (W.BUSY, WM.FINISH): W.IDLE,
    (W.BUSY, WM.KILL): W.KILLING,
    (W.BUSY, WM.EXITED): W.BACKOFF,
    (W.KILLING, WM.EXITED): W.BACKOFF,
    (W.KILLING, WM.ABANDON): W.BACKOFF,
    (W.STOPPED, WM.DRAIN): W.STOPPED,
    (W.BACKOFF, WM.DRAIN): W.STOPPED,
    (W.BROKEN, WM.DRAIN): W.STOPPED,
    (W.SPARE, WM.DRAIN): W.DRAINING,
    (W.STARTING, WM.DRAIN): W.DRAINING,
    (W.IDLE, WM.DRAIN): W.DRAINING,
    (W.DRAINING, WM.EXITED): W.STOPPED,
    (W.DRAINING, WM.ABANDON): W.STOPPED,
}

JOB_MOVES: dict[tuple[JobState, JobMove], JobState] = {
    (J.QUEUED, JM.DISPATCH): J.RUNNING,
    (J.QUEUED, JM.CANCEL): J.CANCELLED,
    (J.QUEUED, JM.TIMEOUT): J.TIMED_OUT,
    (J.QUEUED, JM.ERROR): J.FAILED,
    (J.RUNNING, JM.RESULT): J.DONE,
    (J.RUNNING, JM.ERROR): J.FAILED,
    (J.RUNNING, JM.TIMEOUT): J.TIMED_OUT,
    (J.RUNNING, JM.LOSE): J.LOST,
    (J.RUNNING, JM.CANCEL): J.CANCELLING,
    (J.CANCELLING, JM.CANCEL): J.CANCELLED,
    (J.CANCELLING, JM.RESULT): J.DONE,
    (J.CANCELLING, JM.ERROR): J.FAILED,
    (J.CANCELLING, JM.TIMEOUT): J.TIMED_OUT,
    (J.CANCELLING, JM.LOSE): J.LOST,
}

LIVE_WORKERS = frozenset({W.SPARE, W.STARTING, W.IDLE, W.BUSY})
FINAL_JOBS = frozenset({J.DONE, J.FAILED, J.TIMED_OUT, J.LOST, J.CANCELLED})

State = TypeVar("State", WorkerState, JobState)
Move = TypeVar("Move", WorkerMove, JobMove)


class IllegalMove(Exception):
    """A transition that the table does not have: a fault of the program."""


def moved(table: dict[tuple[State, Move], State], state: State, move: Move) -> State:
    """The state after `move`.

    Raises:
        IllegalMove: the table has no such transition.
    """
    try:
        return table[state, move]
    except KeyError:
        raise IllegalMove(f"{state} has no move {move}") from None

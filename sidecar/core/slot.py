"""One place for a worker process, and the process that is in it."""

from sidecar.core.errors import SidecarError, WorkerStalled
from sidecar.core.events import Exit
from sidecar.core.job import Job
from sidecar.core.reply import WorkerStamp
from sidecar.core.result import ModelInfo
from sidecar.core.states import LIVE_WORKERS, WORKER_MOVES, WorkerMove, WorkerState, moved


class Slot:
    """A worker slot. The pool alone changes it."""

    def __init__(self, index: int) -> None:
        self.index = index
        self.state = WorkerState.STOPPED
        self.generation = 0
        self.due_at_s = 0.0
        """When a slot in BACKOFF may start again."""
        self.job: Job | None = None
        self.reset(0, 0.0)

    def reset(self, generation: int, now: float) -> None:
        """A new process moves in."""
        self.generation = generation
        self.pid: int | None = None
        self.spawned_at_s = now
        self.load_by_s = now
        self.ready_at_s: float | None = None
        self.beat_at_s = now
        self.rss_bytes = 0
        self.jobs_begun = 0
        self.jobs_done = 0
        self.model: ModelInfo | None = None
        self.load_s = 0.0
        self.stale = False
        """Its model is not the one wanted: it goes when its job is done."""
        self.killed_at_s: float | None = None
        self.confirm_by_s = 0.0
        self.failure: SidecarError | None = None
        """What the worker itself said about why it cannot start."""

    @property
    def live(self) -> bool:
        """Whether there is a process that is not being killed."""
        return self.state in LIVE_WORKERS

    @property
    def beating(self) -> bool:
        """Whether its heartbeat is to be expected: it rests, and was heard of once."""
        return self.state in _RESTING and self.rss_bytes > 0

    @property
    def serving(self) -> bool:
        """Whether it has a model loaded, loads one, or still holds the device with one."""
        return self.state in _SERVING

    def move(self, move: WorkerMove) -> None:
        """Change the state; raises `IllegalMove` for what the table does not have."""
        self.state = moved(WORKER_MOVES, self.state, move)

    def stalled_at_s(self, stall_timeout_s: float) -> float:
        """When the process counts as frozen unless it is heard of before."""
        return self.beat_at_s + stall_timeout_s

    def stall(self, stall_timeout_s: float) -> SidecarError:
        """The error of a frozen process."""
        return WorkerStalled(
            f"the worker's process was frozen: no heartbeat for {stall_timeout_s:g} s",
            stall_timeout_s=stall_timeout_s,
        )

    def stamp(self, now: float, exit: Exit | None = None) -> WorkerStamp:
        """Which process this is, for results and errors."""
        return WorkerStamp(
            pid=self.pid or 0,
            generation=self.generation,
            uptime_s=now - self.spawned_at_s,
            job_index=self.jobs_begun,
            exit_code=exit.code if exit else None,
            signal=exit.signal if exit else None,
            stderr_tail=(exit.stderr_tail or None) if exit else None,
        )


_RESTING = frozenset({WorkerState.SPARE, WorkerState.IDLE})
_SERVING = frozenset(
    {WorkerState.STARTING, WorkerState.IDLE, WorkerState.BUSY, WorkerState.KILLING}
)

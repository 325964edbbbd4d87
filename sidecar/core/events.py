"""What the supervisor is told, and what it has done about it."""

from typing import TYPE_CHECKING

from msgspec import Struct

from sidecar.core.errors import SidecarError
from sidecar.core.ipc import FromWorker, ModelSpec, ToWorker
from sidecar.core.job import Job
from sidecar.core.reply import Outcome
from sidecar.core.result import ModelInfo, Segment

if TYPE_CHECKING:
    from sidecar.core.log import LogRecord


class Exit(Struct, frozen=True):
    """How a worker's process ended, and what it left on its stderr.

    With neither code nor signal there was none: `stderr_tail` says why.
    """

    code: int | None
    signal: str | None = None
    stderr_tail: str = ""
    stack: tuple[str, ...] = ()


class Submit(Struct):
    """A job is to be done."""

    job: Job


class CancelJob(Struct):
    """A job is no longer wanted."""

    job: Job


class Spawned(Struct, frozen=True):
    """The process of a generation exists."""

    generation: int
    pid: int


class Heard(Struct, frozen=True):
    """A worker said something."""

    generation: int
    message: FromWorker


class Garbled(Struct, frozen=True):
    """A worker's pipe carried something that no worker says."""

    generation: int
    reason: str


class Exited(Struct, frozen=True):
    """A worker's process is gone."""

    generation: int
    exit: Exit


class LoadModel(Struct):
    """Serve with this model from now on; answer `reply_to` when one worker has it."""

    model: ModelSpec
    reply_to: object = None


class RefuseModel(Struct, frozen=True):
    """There is no model to serve with, for this reason."""

    error: SidecarError


class UnloadModel(Struct):
    """Free the device until the next job or `LoadModel`; answer `reply_to` when it is free."""

    reply_to: object = None


class Shutdown(Struct):
    """Finish within `grace_s`, then stop; queued jobs may run only if `finish_queue`."""

    grace_s: float
    finish_queue: bool = False
    reply_to: object = None


class Tick(Struct, frozen=True):
    """Time has passed."""


Event = (
    Submit
    | CancelJob
    | Spawned
    | Heard
    | Garbled
    | Exited
    | LoadModel
    | RefuseModel
    | UnloadModel
    | Shutdown
    | Tick
)


class Spawn(Struct, frozen=True):
    """Start a worker process of this generation."""

    generation: int


class Send(Struct, frozen=True):
    """Tell a worker."""

    generation: int
    message: ToWorker
    payload: bytes = b""


class Kill(Struct, frozen=True):
    """Kill a worker's process and everything it started."""

    generation: int


class Reply(Struct):
    """The one answer to a job."""

    job: Job
    outcome: Outcome


class Loaded(Struct, frozen=True):
    """The result of loading a model."""

    model: ModelInfo
    load_s: float


class Answer(Struct):
    """The answer to a request that was no job: None means that it is simply done."""

    reply_to: object
    outcome: SidecarError | Loaded | None


class JobStarted(Struct):
    """A worker has taken the job."""

    job: Job
    generation: int


class JobSegment(Struct):
    """One more segment of the job."""

    job: Job
    segment: Segment


class JobProgress(Struct):
    """The job is in another phase, or further on."""

    job: Job


class WorkerChanged(Struct, frozen=True):
    """A worker slot is in another state."""

    worker: int
    state: str
    generation: int
    pid: int | None
    reason: str | None = None


class Log(Struct):
    """Write a line to the log."""

    record: "LogRecord"


class Stop(Struct, frozen=True):
    """Nothing is left to do or to wait for."""


Action = (
    Spawn
    | Send
    | Kill
    | Reply
    | Answer
    | JobStarted
    | JobSegment
    | JobProgress
    | WorkerChanged
    | Log
    | Stop
)

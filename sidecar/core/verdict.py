"""What became of a job, as an error and as a move of its state."""

from sidecar.core.errors import (
    Cancelled,
    JobTimeout,
    ShuttingDown,
    SidecarError,
    WorkerCrashed,
)
from sidecar.core.events import Exit
from sidecar.core.job import Job
from sidecar.core.states import JobMove

_MOVES: dict[type[SidecarError], JobMove] = {
    JobTimeout: JobMove.TIMEOUT,
    WorkerCrashed: JobMove.LOSE,
    Cancelled: JobMove.CANCEL,
}


def move_for(error: SidecarError) -> JobMove:
    """How a running job that ends with `error` moves."""
    return _MOVES.get(type(error), JobMove.ERROR)


def timeout_of(job: Job, budget: str) -> JobTimeout:
    """The error of a job whose `budget` ran out."""
    limit_s = job.limit_s(budget)
    return JobTimeout(
        f"the {budget} budget of {limit_s:g} s ran out", budget=budget, budget_s=limit_s
    )


def crash_of(exit: Exit) -> SidecarError:
    """The error of a job whose worker died of itself."""
    if exit.signal:
        hint = " (perhaps by the system, for want of memory)" if exit.signal == "SIGKILL" else ""
        return WorkerCrashed(f"the worker was killed by {exit.signal}{hint}")
    return WorkerCrashed(f"the worker exited with code {exit.code}")


def cancelled() -> Cancelled:
    """The error of a cancelled job."""
    return Cancelled("the request was cancelled")


def shutting_down() -> ShuttingDown:
    """The error of a job that comes, or still waits or runs, when the sidecar stops."""
    return ShuttingDown("the sidecar is shutting down")

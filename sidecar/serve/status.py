"""The answer to `status`."""

import os
import time
from typing import TYPE_CHECKING

from msgspec import structs

from sidecar.core.slot import Slot
from sidecar.core.states import WorkerState
from sidecar.serve.results import DeepStatus, QueueStatus, Status, WorkerStatus

if TYPE_CHECKING:
    from sidecar.serve.table import Service


def status_of(service: "Service", deep: DeepStatus | None = None) -> Status:
    """What the supervisor knows now."""
    now = time.monotonic()
    supervisor = service.supervisor
    problem = supervisor.pool.refusal or supervisor.pool.broken
    return Status(
        state=_state(service),
        uptime_s=now - service.started_at_s,
        workers=[_worker(slot, now) for slot in supervisor.pool.slots],
        queue=QueueStatus(
            depth=len(supervisor.ledger.queue),
            limit=supervisor.policy.queue_limit,
            job_ids=[job.job_id for job in supervisor.ledger.queue],
        ),
        counters={**supervisor.ledger.statistics.counts, "restarts": supervisor.pool.restarts},
        latency=supervisor.ledger.statistics.percentiles(),
        rss_bytes=_rss_bytes(),
        dropped_notifications=service.dropped_notifications,
        dropped_log_lines=service.log.dropped,
        problem=problem.message if problem else None,
        deep=deep,
    )


def with_deep(service: "Service", deep: DeepStatus) -> Status:
    """The status together with the result of the deep check."""
    return structs.replace(status_of(service), deep=deep)


def _state(service: "Service") -> str:
    supervisor = service.supervisor
    if supervisor.draining:
        return "draining"
    if supervisor.pool.refusal or supervisor.pool.broken:
        return "unavailable"
    if supervisor.pool.parked:
        return "unloaded"
    return "loading" if supervisor.pool.loading else "ready"


def _worker(slot: Slot, now: float) -> WorkerStatus:
    gone = slot.state in (WorkerState.STOPPED, WorkerState.BACKOFF, WorkerState.BROKEN)
    return WorkerStatus(
        worker=slot.index,
        state=slot.state,
        generation=slot.generation,
        pid=None if gone else slot.pid,
        uptime_s=0.0 if gone else now - slot.spawned_at_s,
        rss_bytes=0 if gone else slot.rss_bytes,
        jobs=slot.jobs_begun,
        job_id=slot.job.job_id if slot.job else None,
        phase=slot.job.phase if slot.job else None,
        model=None if gone else slot.model,
    )


def _rss_bytes() -> int:
    import psutil  # 15 ms that only this needs

    return int(psutil.Process(os.getpid()).memory_info().rss)

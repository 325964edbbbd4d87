"""What the job after a kill pays, by standby."""

import time
from collections.abc import Iterator
from typing import Any

from tests.benchmark.deadlines import slow_job
from tests.benchmark.figures import Figure, median
from tests.e2e.client import ROOT, Client

ROUNDS = 7
HEARTBEAT_S = 0.25
PATIENCE_S = 20.0
JOB: dict[str, Any] = {
    "audio": {"path": str(ROOT / "sidecar" / "assets" / "sample.flac")},
    "language": "en",
}


def measure() -> Iterator[Figure]:
    """Median delay of the next job against an undisturbed one."""
    for standby in ("off", "warm", "hot"):
        with Client("--standby", standby, "--no-degrade") as client:
            client.ready()
            _settle(client, standby)
            undisturbed_s = median([_run(client) for _ in range(ROUNDS)])
            load_s = client.call("models.load")["load_s"]
            delays_s = []
            for _ in range(ROUNDS):
                _settle(client, standby)
                job = slow_job()
                job["options"] = {"beam_size": 100, "word_timestamps": True}
                client.fail("transcribe", {**job, "timeout_s": 0.06})
                delays_s.append(_run(client) - undisturbed_s)
        goal = {"off": None, "warm": load_s * 1000 + 100, "hot": 50.0}[standby]
        name = f"next job after a kill, standby {standby}, delay"
        yield Figure(name, median(delays_s) * 1000, "ms", goal)


def _run(client: Client) -> float:
    id, sent_s = client.timed_request("transcribe", JOB)
    return client.answer(id).at_s - sent_s


def _settle(client: Client, standby: str) -> None:
    """Wait until the workers are as many and as far as they will be, and at rest.

    A spare counts as soon as it is started, but it is warm when its imports are done: from its
    first word on it reports its memory, and while it imports that grows.
    """
    wanted = {"off": ["idle"], "warm": ["idle", "spare"], "hot": ["idle", "idle"]}[standby]
    before: list[int] = []
    deadline_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline_s:
        workers = client.call("status")["workers"]
        sizes = [worker["rss_bytes"] for worker in workers]
        states = sorted(worker["state"] for worker in workers)
        if states == wanted and all(sizes) and sizes == before:
            return
        before = sizes
        time.sleep(2 * HEARTBEAT_S)
    raise AssertionError(f"the workers do not become {wanted}")

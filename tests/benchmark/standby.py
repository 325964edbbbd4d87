"""What the job after a kill pays, by standby."""

from collections.abc import Iterator
from typing import Any

from tests.benchmark.deadlines import slow_job
from tests.benchmark.figures import Figure, median
from tests.e2e.client import ROOT, Client

ROUNDS = 7
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
    """Wait until the workers are as many and as far as they will be."""
    wanted = {"off": ["idle"], "warm": ["idle", "spare"], "hot": ["idle", "idle"]}[standby]
    for _ in range(10_000):
        status = client.call("status")
        if sorted(worker["state"] for worker in status["workers"]) == wanted:
            return
    raise AssertionError(f"the workers do not become {wanted}")

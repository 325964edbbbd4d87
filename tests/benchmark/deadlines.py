"""How exactly deadlines and stalls are answered, with a small worker and one that holds 3 GiB."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.benchmark.figures import Figure
from tests.e2e.client import ROOT, Client, alive

ROUNDS = 5
TIMEOUT_S = 1.0
STALL_S = 2.0
HEARTBEAT_S = 0.25
BALLAST = ROOT / "tests" / "benchmark" / "ballast"


def measure(base_model: Path) -> Iterator[Figure]:
    """The worst overshoot of several rounds; the exit is confirmed in each."""
    for gib in (0, 3):
        size = f"{gib} GiB more" if gib else "small worker"
        yield Figure(
            f"deadline in native code, {size}, overshoot", _deadline(base_model, gib), "ms", 50
        )
        if sys.platform != "win32":
            yield Figure(f"stopped worker, {size}, overshoot", _stall(base_model, gib), "ms", 50)


def slow_job() -> dict[str, Any]:
    """A job whose one decoding attempt takes far longer than the deadline."""
    return {
        "audio": {"path": str(ROOT / "sidecar" / "assets" / "sample.flac")},
        "language": "en",
        "options": {"beam_size": 20, "temperature": 0.0},
        "stream": True,
    }


def _with_ballast(model: Path, gib: int, *arguments: str) -> Client:
    environment = {"PYTHONPATH": f"{BALLAST}{os.pathsep}{ROOT}", "BALLAST_GIB": str(gib)}
    return Client("--no-degrade", *arguments, model=str(model), environment=environment)


def _deadline(model: Path, gib: int) -> float:
    worst_ms = -1000.0
    with _with_ballast(model, gib) as client:
        for _ in range(ROUNDS):
            pid = client.worker_pid()
            job = {**slow_job(), "timeout_s": TIMEOUT_S}
            id, sent_s = client.timed_request("transcribe", job)
            answer = client.answer(id)
            _confirm(answer.message, "timeout", pid)
            worst_ms = max(worst_ms, (answer.at_s - sent_s - TIMEOUT_S) * 1000)
    return worst_ms


def _stall(model: Path, gib: int) -> float:
    """Beyond the limit after the stop; the last heartbeat was up to 250 ms before that."""
    import time

    worst_ms = -1000.0
    with _with_ballast(model, gib, "--stall-timeout", str(STALL_S)) as client:
        for _ in range(ROUNDS):
            pid = client.worker_pid()
            id = client.request("transcribe", slow_job())
            client.notified("job/started", lambda params: True)
            stopped_s = time.monotonic()
            os.kill(pid, signal.SIGSTOP)
            answer = client.answer(id)
            _confirm(answer.message, "worker_stalled", pid)
            worst_ms = max(worst_ms, (answer.at_s - stopped_s - STALL_S) * 1000)
    return worst_ms


def _confirm(message: dict[str, Any], kind: str, pid: int) -> None:
    data = message["error"]["data"]
    if data["kind"] != kind or not data["device_released"] or alive(pid):
        raise AssertionError(f"not a confirmed {kind}: {message}")

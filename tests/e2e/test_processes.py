"""Which processes there are while the program runs."""

import sys
import threading

import psutil
import pytest

from sidecar.serve.process import WorkerProcess
from tests.e2e.client import Client
from tests.e2e.jobs import SAMPLE


@pytest.mark.smoke
def test_a_worker_is_the_only_child_and_no_second_server_is_started() -> None:
    with Client() as client:
        client.ready().call("transcribe", {"audio": {"path": str(SAMPLE)}})
        (worker,) = client.processes()
        server = psutil.Process(client.process.pid)
        assert "worker" in worker.cmdline()
        assert "serve" in server.cmdline()
        assert worker.ppid() == server.pid


def test_a_process_that_nobody_can_watch_is_not_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    with pytest.raises(OSError, match="new thread"):
        WorkerProcess(command, {}, 1, deliver=lambda _: None, on_stderr=lambda _: None)
    assert psutil.Process().children() == []

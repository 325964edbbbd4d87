"""Which processes there are while the program runs."""

import psutil
import pytest

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

"""However it ends, the jobs are answered where somebody listens, and no process is left."""

import json
import os
import select
import signal
import subprocess
import sys

import psutil
import pytest

from tests.e2e.breakable import breakable, breakable_client, fault, posix
from tests.e2e.client import ROOT, Client, alive, command_line, error_of, left_of, result_of
from tests.e2e.jobs import EXPECTED, patient, sample, slow

PING = b'{"jsonrpc":"2.0","id":1,"method":"ping"}\n'
GONE_S = 1.0
"""No process is left so soon after the end."""


def running(client: Client) -> int:
    """A slow job under way."""
    id = client.request("transcribe", slow(stream=True))
    client.notified("job/progress", lambda params: params["phase"] == "generate")
    client.processes()
    return id


def assert_nothing_left(client: Client) -> None:
    assert client.exit_code(GONE_S) == 0
    assert client.leftovers(GONE_S) == []


def test_shutdown_is_answered_when_the_workers_are_gone() -> None:
    with Client() as client:
        client.ready()
        pid = client.worker_pid()
        assert client.call("shutdown") == {"ok": True}
        assert alive(pid) is None
        # It still answers, and takes no more jobs.
        assert client.call("status")["state"] == "draining"
        assert client.fail("transcribe", sample())["code"] == -32019
        assert client.fail("shutdown")["code"] == -32600
        client.notify("exit")
        assert_nothing_left(client)


def test_shutdown_lets_the_running_job_finish_within_the_grace() -> None:
    with Client() as client:
        client.ready()
        running = client.request("transcribe", sample())
        waiting = client.request("transcribe", sample())
        down = client.request("shutdown", {"grace_s": 20})
        assert error_of(client.answer(waiting))["code"] == -32019
        assert result_of(client.answer(running))["text"] == EXPECTED["text"]
        assert client.answer(down).message["result"] == {"ok": True}
        client.close_stdin()
        assert_nothing_left(client)


def test_shutdown_ends_the_running_job_when_the_grace_is_over() -> None:
    with Client() as client:
        client.ready()
        id = running(client)
        down = client.request("shutdown", {"grace_s": 0.3})
        error = error_of(client.answer(id, 3))
        assert error["code"] == -32019
        assert error["data"]["device_released"] is True
        assert client.answer(down, 3).message["result"] == {"ok": True}
        client.notify("exit")
        assert_nothing_left(client)


def test_exit_answers_the_running_job_and_ends() -> None:
    with Client() as client:
        client.ready()
        id = running(client)
        client.notify("exit")
        assert error_of(client.answer(id, 3))["code"] == -32019
        assert_nothing_left(client)


def test_at_the_end_of_stdin_jobs_finish_within_the_grace() -> None:
    with Client() as client:
        client.ready()
        ids = [client.request("transcribe", sample()) for _ in range(3)]
        client.close_stdin()
        for id in ids:
            assert result_of(client.answer(id))["text"] == EXPECTED["text"]
        assert client.exit_code(5) == 0
        assert client.leftovers(GONE_S) == []


def test_at_the_end_of_stdin_a_job_that_takes_too_long_is_answered() -> None:
    with Client("--shutdown-grace", "0.3") as client:
        client.ready()
        id = running(client)
        client.close_stdin()
        assert error_of(client.answer(id, 3))["code"] == -32019
        assert_nothing_left(client)


@pytest.mark.parametrize("loading", [True, False])
def test_the_end_of_stdin_is_the_end_with_nothing_to_do(loading: bool) -> None:
    with Client() as client:
        client.call("ping")
        if not loading:
            client.ready()
        client.processes()
        client.close_stdin()
        assert_nothing_left(client)


@posix
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
def test_a_signal_lets_the_running_job_finish_within_the_grace(name: str) -> None:
    with Client() as client:
        client.ready()
        id = client.request("transcribe", sample())
        client.call("ping")
        client.processes()
        client.kill(signal.Signals[name])
        assert result_of(client.answer(id))["text"] == EXPECTED["text"]
        assert_nothing_left(client)


@posix
def test_a_signal_ends_the_running_job_after_the_grace_and_a_second_one_at_once() -> None:
    with Client("--shutdown-grace", "0.3") as client:
        client.ready()
        id = running(client)
        client.kill(signal.SIGTERM)
        assert error_of(client.answer(id, 3))["code"] == -32019
        assert_nothing_left(client)
    with Client("--shutdown-grace", "60") as client:
        client.ready()
        id = running(client)
        client.kill(signal.SIGINT)
        client.kill(signal.SIGTERM)
        assert error_of(client.answer(id, 3))["code"] == -32019
        assert_nothing_left(client)


@pytest.mark.smoke
@posix
@pytest.mark.parametrize("stopped", [False, True])
def test_a_killed_server_leaves_no_worker_not_even_a_stopped_one(stopped: bool) -> None:
    with Client() as client:
        client.ready()
        running(client)
        pid = client.worker_pid()
        if stopped and sys.platform != "linux":
            pytest.skip("only Linux ends a stopped process with its parent")
        if stopped:
            os.kill(pid, signal.SIGSTOP)
        client.kill(signal.SIGKILL)
        client.exit_code(5)
        assert client.leftovers(GONE_S) == []
        assert alive(pid) is None


@posix
@breakable
@pytest.mark.parametrize("name", ["spin", "spin_native", "sleep_native", "ignore_sigterm"])
def test_a_killed_server_leaves_no_worker_that_hangs(name: str) -> None:
    with breakable_client() as client:
        pid = client.ready().worker_pid()
        client.processes()
        after = len(client.messages)
        client.request("transcribe", fault(name, stream=True))
        client.notified("job/started", after=after)
        client.kill(signal.SIGKILL)
        client.exit_code(5)
        assert client.leftovers(GONE_S) == []
        assert alive(pid) is None


@pytest.mark.smoke
@posix
@pytest.mark.parametrize("state", ["loading", "idle", "running"])
def test_a_killed_client_leaves_no_process(state: str) -> None:
    """A client in a process of its own, killed; the server is its child, not the test's."""
    code = (
        "import sys; from tests.e2e.client import Client; from tests.e2e.jobs import slow;"
        "client = Client(); client.call('ping');"
        "state = sys.argv[1];"
        "state == 'loading' or client.ready();"
        "state == 'running' and (client.request('transcribe', slow(stream=True)),"
        " client.notified('job/progress', lambda p: p['phase'] == 'generate'));"
        "print('go', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, state],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    ) as client:
        assert client.stdout is not None
        assert client.stdout.readline() == b"go\n"
        tree = psutil.Process(client.pid).children(recursive=True)
        assert len(tree) == 2
        client.kill()
        client.wait()
        left = left_of([process.pid for process in tree], GONE_S)
        for process in left:
            process.kill()
        assert left == []


@posix
def test_a_client_that_closes_stdout_is_gone() -> None:
    read_from, write_to = os.pipe()
    with subprocess.Popen(
        [*command_line(), "serve", "--model", "selftest"],
        stdin=subprocess.PIPE,
        stdout=write_to,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
        bufsize=0,
    ) as server:
        os.close(write_to)
        assert server.stdin is not None
        server.stdin.write(PING)
        assert os.read(read_from, 1000)
        tree = [process.pid for process in psutil.Process(server.pid).children(recursive=True)]
        assert tree
        os.close(read_from)
        server.stdin.write(PING)
        assert server.wait(GONE_S) == 0
        assert left_of(tree, GONE_S) == []


@posix
def test_a_client_that_does_not_read_costs_no_memory_and_loses_no_reply() -> None:
    with Client() as client:
        client.ready()
        server = psutil.Process(client.process.pid)
        before = server.memory_info().rss
        client.pause_reading()
        job = client.request("transcribe", patient(stream=True))
        ids = flood(client, 20_000)
        # With so much unwritten the server does not read: what then waits is the client's.
        assert 100 < len(ids) < 20_000
        assert server.memory_info().rss - before < 32 << 20
        client.resume_reading()
        for id in ids:
            assert client.answer(id, 60).message["result"]["pong"] is True
        client.notify("$/cancelRequest", {"id": job})
        assert error_of(client.answer(job))["code"] == -32800


def flood(client: Client, most: int) -> list[str]:
    """Pings with ids of 3000 characters, until the server takes no more for half a second."""
    assert client.process.stdin is not None
    descriptor = client.process.stdin.fileno()
    ids: list[str] = []
    os.set_blocking(descriptor, False)
    try:
        while len(ids) < most:
            id = f"{len(ids)}".zfill(3000)
            # So much a pipe takes as a whole or not at all.
            line = json.dumps({"jsonrpc": "2.0", "id": id, "method": "ping"}).encode() + b"\n"
            if not written(descriptor, line, 0.5):
                break
            ids.append(id)
    finally:
        os.set_blocking(descriptor, True)
    return ids


def written(descriptor: int, data: bytes, within_s: float) -> bool:
    """Whether the pipe took `data`."""
    if not select.select([], [descriptor], [], within_s)[1]:
        return False
    assert len(data) <= select.PIPE_BUF
    return os.write(descriptor, data) == len(data)

"""Workers that die, freeze or misbehave: the job is answered, the next one runs."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.e2e.breakable import breakable, breakable_client, fault, posix, require_memory
from tests.e2e.client import Arrived, Client, alive, error_of
from tests.e2e.conftest import Measured
from tests.e2e.jobs import EXPECTED, sample, slow

LATE_S = 0.050
BEAT_S = 0.25
"""The worker's interval: the last heartbeat was up to so long before the signal."""


@pytest.fixture(scope="module")
def server() -> Iterator[Client]:
    with breakable_client("--stall-timeout", "1.5") as client:
        yield client.ready()


def assert_next_job_succeeds(client: Client) -> None:
    assert client.call("transcribe", sample())["text"] == EXPECTED["text"]


def begun(client: Client, params: dict[str, Any], phase: str) -> int:
    """Send a job and wait until it is in `phase`; the request's id."""
    after = len(client.messages)
    id = client.request("transcribe", {**params, "stream": True})
    client.notified("job/progress", lambda params: params["phase"] == phase, after=after)
    return id


def assert_crashed(arrived: Arrived, how: str) -> None:
    error = error_of(arrived)
    data = error["data"]
    assert error["code"] == -32011
    assert data["kind"] == "worker_crashed"
    assert data["retryable"] is True
    assert data["device_released"] is True
    assert data["worker"]["signal"] == how
    assert "exit_code" not in data["worker"]
    assert data["partial"]["text"] == ""
    assert alive(data["worker"]["pid"]) is None


@pytest.mark.smoke
@posix
@pytest.mark.parametrize("name", ["SIGKILL", "SIGSEGV", "SIGTERM", "SIGABRT"])
def test_a_worker_that_is_killed_in_a_job_is_told_at_once(server: Client, name: str) -> None:
    pid = server.worker_pid()
    id = begun(server, slow(), "generate")
    killed_s = time.monotonic()
    os.kill(pid, signal.Signals[name])
    arrived = server.answer(id, 5)
    assert_crashed(arrived, name)
    assert arrived.at_s - killed_s <= 1.0
    assert_next_job_succeeds(server)


@posix
@breakable
def test_a_crash_in_native_code_leaves_its_stack(server: Client) -> None:
    server.worker_pid()
    data = error_of(server.answer(server.request("transcribe", fault("segfault"))))["data"]
    assert data["worker"]["signal"] == "SIGSEGV"
    assert "Segmentation fault" in data["worker"]["stderr_tail"]
    assert any("segfault" in frame for frame in data["stack"])
    assert_next_job_succeeds(server)


@posix
def test_a_worker_that_is_killed_while_idle_is_replaced(server: Client) -> None:
    pid, after = server.worker_pid(), len(server.messages)
    os.kill(pid, signal.SIGKILL)
    change = server.notified("worker/state", lambda change: change["state"] == "backoff", 5, after)
    assert change["reason"].startswith("signal SIGKILL")
    assert_next_job_succeeds(server)
    assert server.worker_pid() != pid


@posix
def test_a_worker_that_is_killed_while_it_loads_is_replaced_under_the_waiting_job() -> None:
    with Client() as client:
        client.call("ping")
        id = client.request("transcribe", sample())
        os.kill(client.call("status")["workers"][0]["pid"], signal.SIGKILL)
        assert client.answer(id).message["result"]["text"] == EXPECTED["text"]
        assert client.call("status")["workers"][0]["generation"] == 2


@posix
def test_a_worker_that_is_stopped_in_a_job_is_noticed(server: Client, measured: Measured) -> None:
    pid = server.worker_pid()
    id = begun(server, slow(), "generate")
    stopped_s = time.monotonic()
    os.kill(pid, signal.SIGSTOP)
    arrived = server.answer(id, 10)
    error = error_of(arrived)
    assert error["code"] == -32012
    assert error["data"]["kind"] == "worker_stalled"
    assert error["data"]["retryable"] is True
    assert error["data"]["device_released"] is True
    assert alive(pid) is None
    late_s = arrived.at_s - stopped_s - 1.5
    measured(late_s)
    assert -BEAT_S - LATE_S <= late_s <= LATE_S
    assert_next_job_succeeds(server)


@posix
@breakable
def test_a_stopped_worker_that_holds_3_gib_is_noticed_in_time(
    tmp_path: Path, measured: Measured
) -> None:
    require_memory(3)
    at_start = tmp_path / "fault"
    at_start.write_text("ballast=3")
    with breakable_client("--stall-timeout", "1.5", at_start=at_start) as client:
        pid = client.worker_pid(60)
        id = begun(client, slow(), "generate")
        stopped_s = time.monotonic()
        os.kill(pid, signal.SIGSTOP)
        arrived = client.answer(id, 10)
        assert error_of(arrived)["code"] == -32012
        assert alive(pid) is None
        late_s = arrived.at_s - stopped_s - 1.5
        measured(late_s)
        assert late_s <= LATE_S


@posix
def test_a_worker_that_is_stopped_while_idle_is_replaced(server: Client) -> None:
    pid = server.worker_pid()
    os.kill(pid, signal.SIGSTOP)
    after = len(server.messages)
    server.notified("worker/state", lambda change: change["state"] == "idle", 10, after)
    assert alive(pid) is None
    assert_next_job_succeeds(server)


@posix
def test_a_stop_shorter_than_the_stall_limit_harms_nothing(server: Client) -> None:
    pid = server.worker_pid()
    id = server.request("transcribe", sample())
    os.kill(pid, signal.SIGSTOP)
    server.call("ping")
    os.kill(pid, signal.SIGCONT)
    assert server.answer(id).message["result"]["text"] == EXPECTED["text"]
    assert server.worker_pid() == pid


@breakable
def test_a_worker_that_holds_the_interpreter_counts_as_frozen(server: Client) -> None:
    server.worker_pid()
    error = server.fail("transcribe", fault("sleep_holding_the_interpreter"))
    assert error["code"] == -32012
    assert any("sleep_holding" in frame for frame in error["data"]["stack"])
    assert_next_job_succeeds(server)


@breakable
@pytest.mark.parametrize("name", ["garbage", "close_wire"])
def test_a_worker_that_spoils_its_pipe_is_killed(server: Client, name: str) -> None:
    pid = server.worker_pid()
    error = server.fail("transcribe", fault(name), within_s=10)
    assert error["code"] == -32011
    assert "pipe" in error["message"]
    assert error["data"]["device_released"] is True
    assert alive(pid) is None
    assert_next_job_succeeds(server)


@breakable
@pytest.mark.parametrize("what", ["beats", "strangers", "endless"])
def test_a_worker_that_talks_without_end_delays_nobody_and_costs_no_memory(
    what: str, measured: Measured
) -> None:
    with breakable_client() as client:
        server = psutil.Process(client.ready().process.pid)
        before_bytes = server.memory_info().rss
        id, sent_s = client.timed_request("transcribe", fault(f"flood_wire={what}", timeout_s=2.0))
        while not client.answers(id):
            asked_s = time.monotonic()
            assert client.answer(client.request("ping")).at_s - asked_s <= 0.5
            # The longest message that is heard to its end has 64 MiB.
            assert server.memory_info().rss - before_bytes < 128 << 20
        arrived = client.answer(id)
        assert error_of(arrived)["data"]["kind"] in ("timeout", "worker_crashed")
        measured(arrived.at_s - sent_s - 2.0)
        assert arrived.at_s - sent_s - 2.0 <= LATE_S
        assert_next_job_succeeds(client)


@breakable
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds a process's address space")
def test_a_worker_whose_memory_runs_out_in_native_code_is_told_of() -> None:
    kinds = set()
    with breakable_client("--quarantine", "0") as client:
        for mib in range(12):
            client.worker_pid()
            assert client.fail("transcribe", fault(f"starve={mib}"))
            message = client.answer(client.request("transcribe", sample())).message
            kinds.add(message["error"]["data"]["kind"] if "error" in message else "result")
            client.call("models.unload")
            assert_next_job_succeeds(client)
    # CTranslate2 gets by with what it has, or says that it cannot, or dies of it.
    assert "out_of_memory" in kinds
    assert kinds <= {"out_of_memory", "worker_crashed", "result"}


@breakable
def test_a_worker_that_leaves_in_a_job_is_reported_with_its_exit_code(server: Client) -> None:
    server.worker_pid()
    error = server.fail("transcribe", fault("leave"))
    assert error["code"] == -32011
    assert error["data"]["worker"]["exit_code"] == 9
    assert_next_job_succeeds(server)


@breakable
@pytest.mark.parametrize("name", ["flood_stderr", "print_on_stdout"])
def test_what_a_library_writes_harms_nothing(server: Client, name: str) -> None:
    pid = server.worker_pid()
    # The fault returns, and then there is no such file: a failed job, and the worker lives.
    assert server.fail("transcribe", fault(name))["code"] == -32021
    assert_next_job_succeeds(server)
    assert server.worker_pid() == pid
    assert sum(len(line) for line in server.stderr) < 1 << 20


@breakable
def test_a_fault_in_a_job_is_no_fault_of_the_worker_and_leaks_nothing(server: Client) -> None:
    pid = server.worker_pid()
    error = server.fail("transcribe", fault("bug"))
    assert error["code"] == -32603
    assert "secret" not in str(error)
    assert server.fail("transcribe", fault("out_of_memory"))["code"] == -32018
    assert_next_job_succeeds(server)
    assert server.worker_pid() == pid


@breakable
@posix
def test_a_worker_that_ignores_sigterm_is_killed_all_the_same(server: Client) -> None:
    pid = server.worker_pid()
    error = server.fail("transcribe", fault("ignore_sigterm", timeout_s=0.5), within_s=5)
    assert error["code"] == -32010
    assert alive(pid) is None


@breakable
@posix
@pytest.mark.parametrize("name", ["grandchild", "grandchild=session"])
def test_what_a_worker_started_is_killed_with_it(server: Client, name: str) -> None:
    if name == "grandchild=session" and sys.platform != "linux":
        pytest.skip("only Linux tells whose child a process is that has left the group")
    server.worker_pid()
    id = server.request("transcribe", fault(name, timeout_s=1.5))
    until_s = time.monotonic() + 1.2
    while len(server.processes()) < 2 and time.monotonic() < until_s:
        time.sleep(0.01)
    seen = server.processes()
    assert len(seen) == 2
    assert error_of(server.answer(id))["code"] == -32010
    assert not [process for process in seen if alive(process.pid)]
    assert_next_job_succeeds(server)


@breakable
def test_a_worker_that_never_starts_opens_the_breaker_until_it_is_asked_again(
    tmp_path: Path,
) -> None:
    at_start = tmp_path / "fault"
    at_start.write_text("crash")
    with breakable_client(at_start=at_start) as client:
        waiting = client.request("transcribe", sample())
        error = error_of(client.answer(waiting))
        assert error["code"] == -32014
        assert error["data"]["retryable"] is False
        assert error["data"]["failed_starts"] == 5
        assert "no start today" in error["data"]["reason"]
        sent_s = time.monotonic()
        again = client.answer(client.request("transcribe", sample()))
        assert error_of(again)["code"] == -32014
        assert again.at_s - sent_s <= 0.1
        assert client.call("status")["state"] == "unavailable"
        at_start.unlink()
        assert client.call("models.load")["model"]["name"] == "selftest"
        assert_next_job_succeeds(client)


@breakable
def test_a_load_that_hangs_is_given_up(tmp_path: Path) -> None:
    at_start = tmp_path / "fault"
    at_start.write_text("load:sleep")
    with breakable_client("--load-timeout", "1", at_start=at_start) as client:
        client.call("ping")
        waiting = client.request("transcribe", sample())
        change = client.notified("worker/state", lambda change: change["state"] == "killing")
        assert "over 1 s" in change["reason"]
        at_start.unlink()
        assert client.answer(waiting).message["result"]["text"] == EXPECTED["text"]

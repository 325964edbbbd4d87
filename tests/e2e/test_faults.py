"""Every fault of a worker in every phase of its life: real processes, real signals.

What the client must see, and by when, is the table of docs/faults.md.
"""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.breakable import breakable, breakable_client, fault, posix
from tests.e2e.client import Arrived, alive, error_of
from tests.e2e.conftest import Measured
from tests.e2e.jobs import EXPECTED, patient, sample

pytestmark = [posix, breakable]

TOLD_S = 0.3
"""From a death to the answer."""
LATE_S = 0.05
STALL_S, TIMEOUT_S = 1.0, 1.5
CRASHES: dict[str, tuple[str, str | int | None]] = {
    "SIGKILL": ("worker_crashed", "SIGKILL"),
    "segfault": ("worker_crashed", "SIGSEGV"),
    "abort": ("worker_crashed", "SIGABRT"),
    "leave": ("worker_crashed", 9),
    "exhaust": ("out_of_memory", None),
}
FROZEN = ("SIGSTOP", "spin_native")
"""Not even the heartbeat runs."""
BUSY = ("spin", "sleep_native")
"""The heartbeat runs, the job does not."""
SPOILED = ("garbage", "half_a_message", "close_wire")
"""What is wrong with the worker's pipe."""
CLOSED_S = 0.5
"""A pipe may be closed because the process is ending: that is waited for."""


class Bench:
    """A server whose worker can be broken, at its start and at any moment."""

    def __init__(self, folder: Path, load_timeout_s: float = 30) -> None:
        self._now, self.at_start = folder / "now", folder / "start"
        self._struck_s = 0.0
        self.client = breakable_client(
            "--stall-timeout", str(STALL_S), "--load-timeout", str(load_timeout_s),
            at_start=self.at_start, now=self._now,
        )  # fmt: skip

    def strike(self, what: str, pid: int) -> float:
        """Do it to the worker; when."""
        self._now.write_text(what)
        number = signal.Signals[what] if what.startswith("SIG") else signal.SIGUSR1
        self._struck_s = time.monotonic()
        os.kill(pid, number)
        return self._struck_s

    def began_s(self) -> float:
        """When the last strike, of which there is news, took effect."""
        began, _, at_s = self._now.read_text().partition("began=")
        return self._struck_s if began else float(at_s)

    def starting_pid(self) -> int:
        """The process of a worker that is not ready yet."""
        self.client.said('"state":"starting"')
        while not (found := self.client.processes()):
            time.sleep(0.01)
        return int(found[0].pid)

    def begin(self, **more: object) -> int:
        """A long job, under way; its request's id."""
        after = len(self.client.messages)
        id = self.client.request("transcribe", patient(stream=True, **more))
        self.client.notified("job/progress", lambda said: said["phase"] == "generate", after=after)
        return id

    def assert_next_job_succeeds(self) -> None:
        assert self.client.call("transcribe", sample())["text"] == EXPECTED["text"]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    with made.client:
        yield made


def data_of(arrived: Arrived, kinds: str | tuple[str, ...], pid: int) -> Any:
    """The data of an error of that kind, whose worker is gone unless it is only out of memory."""
    data = error_of(arrived)["data"]
    assert data["kind"] in ((kinds,) if isinstance(kinds, str) else kinds)
    if data["kind"] != "out_of_memory":
        assert data["device_released"] is True
        assert alive(pid) is None
    return data


def assert_told(data: Any, how: str | int | None) -> None:
    worker = data["worker"]
    if isinstance(how, str):
        assert worker["signal"] == how
        assert how == "SIGKILL" or "Fatal Python error" in worker["stderr_tail"]
    elif how is not None and data["kind"] == "worker_crashed":
        assert worker["exit_code"] == how


@pytest.mark.parametrize("what", CRASHES)
def test_a_death_while_decoding_the_audio(bench: Bench, measured: Measured, what: str) -> None:
    kind, how = CRASHES[what]
    client, pid = bench.client.ready(), bench.client.worker_pid()
    if what == "SIGKILL":
        id = client.request("transcribe", fault("sleep"))
        client.message(lambda one: one.get("method") == "worker/state")
        struck_s = bench.strike(what, pid)
    else:
        id, struck_s = client.timed_request("transcribe", fault(what))
    arrived = client.answer(id)
    assert_told(data_of(arrived, kind, pid), how)
    measured(arrived.at_s - struck_s)
    assert arrived.at_s - struck_s <= TOLD_S
    bench.assert_next_job_succeeds()


@pytest.mark.parametrize("what", CRASHES)
def test_a_death_while_iterating(bench: Bench, measured: Measured, what: str) -> None:
    kind, how = CRASHES[what]
    client, pid = bench.client.ready(), bench.client.worker_pid()
    id = bench.begin()
    bench.strike(what, pid)
    arrived = client.answer(id)
    data = data_of(arrived, kind, pid)
    assert_told(data, how)
    assert data["partial"]["language"] == "en"
    late_s = arrived.at_s - bench.began_s()
    measured(late_s)
    assert late_s <= TOLD_S
    bench.assert_next_job_succeeds()


@pytest.mark.parametrize("what", CRASHES)
def test_a_death_while_idle_costs_the_next_job_nothing(bench: Bench, what: str) -> None:
    client, pid = bench.client.ready(), bench.client.worker_pid()
    after = len(client.messages)
    bench.strike(what, pid)
    client.notified("worker/state", lambda change: change["state"] == "backoff", after=after)
    assert alive(pid) is None
    bench.assert_next_job_succeeds()


@pytest.mark.parametrize("what", ["SIGKILL", "segfault", "abort", "leave", "exhaust"])
def test_a_death_while_loading_is_survived_by_the_waiting_job(bench: Bench, what: str) -> None:
    bench.at_start.write_text("load:sleep" if what == "SIGKILL" else f"load:{what}")
    client = bench.client
    id = client.request("transcribe", sample())
    if what == "SIGKILL":
        bench.strike(what, bench.starting_pid())
    client.said('"state":"backoff"')
    bench.at_start.unlink()
    assert client.answer(id).message["result"]["text"] == EXPECTED["text"]


@pytest.mark.parametrize("what", [*CRASHES, *FROZEN, *BUSY])
def test_a_fault_during_the_shutdown_delays_it_by_no_more_than_the_grace(
    bench: Bench, what: str
) -> None:
    client, pid = bench.client.ready(), bench.client.worker_pid()
    client.processes()
    id = bench.begin()
    stop = client.request("shutdown", {"grace_s": 1.0})
    began_s = bench.strike(what, pid)
    kinds = ("worker_crashed", "worker_stalled", "shutting_down", "out_of_memory")
    data_of(client.answer(id), kinds, pid)
    assert client.answer(stop).at_s - began_s <= 1.0 + TOLD_S
    client.notify("exit")
    assert client.exit_code() == 0
    assert client.leftovers(1.0) == []


def in_decode(bench: Bench, what: str, pid: int) -> tuple[int, float]:
    if what != "SIGSTOP":
        return bench.client.timed_request("transcribe", fault(what, timeout_s=TIMEOUT_S))
    id, sent_s = bench.client.timed_request("transcribe", fault("sleep", timeout_s=TIMEOUT_S))
    bench.strike(what, pid)
    return id, sent_s


def in_iteration(bench: Bench, what: str, pid: int) -> tuple[int, float]:
    sent_s = time.monotonic()
    id = bench.begin(timeout_s=TIMEOUT_S)
    bench.strike(what, pid)
    return id, sent_s


Place = Callable[[Bench, str, int], tuple[int, float]]
PLACES = {"decode": in_decode, "iteration": in_iteration}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("what", FROZEN)
def test_a_frozen_worker_is_told_of_after_the_stall_limit(
    bench: Bench, measured: Measured, what: str, place: str
) -> None:
    client, pid = bench.client.ready(), bench.client.worker_pid()
    struck_s = time.monotonic()
    id, sent_s = PLACES[place](bench, what, pid)
    arrived = client.answer(id)
    # The last heartbeat may have come just before, and the deadline soon after.
    data = data_of(arrived, ("worker_stalled", "timeout"), pid)
    assert data["stack"] or what == "SIGSTOP"
    assert arrived.at_s - sent_s <= TIMEOUT_S + LATE_S
    measured(arrived.at_s - struck_s - STALL_S)
    bench.assert_next_job_succeeds()


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("what", BUSY)
def test_a_worker_that_hangs_is_told_of_at_the_deadline_with_its_stack(
    bench: Bench, measured: Measured, what: str, place: str
) -> None:
    client, pid = bench.client.ready(), bench.client.worker_pid()
    id, sent_s = PLACES[place](bench, what, pid)
    arrived = client.answer(id)
    # A signal may have caught it while it held what the heartbeat needs: then it is frozen.
    kinds = "timeout" if place == "decode" else ("timeout", "worker_stalled")
    data = data_of(arrived, kinds, pid)
    assert any(what in frame for frame in data["stack"])
    late_s = arrived.at_s - sent_s - TIMEOUT_S
    measured(late_s)
    assert late_s <= LATE_S
    bench.assert_next_job_succeeds()


@pytest.mark.parametrize("what", FROZEN)
def test_a_worker_that_freezes_while_idle_is_replaced(bench: Bench, what: str) -> None:
    client, pid = bench.client.ready(), bench.client.worker_pid()
    after = len(client.messages)
    bench.strike(what, pid)
    change = client.notified(
        "worker/state", lambda change: change["state"] == "killing", after=after
    )
    assert change["reason"] == "stalled while idle"
    bench.assert_next_job_succeeds()
    assert alive(pid) is None


@pytest.mark.parametrize("what", BUSY)
def test_a_worker_that_hangs_while_idle_costs_the_next_job_its_time_and_no_more(
    bench: Bench, measured: Measured, what: str
) -> None:
    client, pid = bench.client.ready(), bench.client.worker_pid()
    bench.strike(what, pid)
    id, sent_s = client.timed_request("transcribe", sample(timeout_s=TIMEOUT_S))
    arrived = client.answer(id)
    data_of(arrived, "timeout", pid)
    measured(arrived.at_s - sent_s - TIMEOUT_S)
    assert arrived.at_s - sent_s - TIMEOUT_S <= LATE_S
    bench.assert_next_job_succeeds()


@pytest.mark.parametrize("what", [*FROZEN, *BUSY])
def test_a_load_that_hangs_is_a_timeout_for_who_waits_and_is_given_up(
    tmp_path: Path, measured: Measured, what: str
) -> None:
    bench = Bench(tmp_path, load_timeout_s=3)
    bench.at_start.write_text("load:sleep" if what == "SIGSTOP" else f"load:{what}")
    with bench.client as client:
        client.call("ping")
        id, sent_s = client.timed_request("transcribe", sample(timeout_s=0.8))
        if what == "SIGSTOP":
            bench.strike(what, bench.starting_pid())
        arrived = client.answer(id)
        assert error_of(arrived)["data"]["kind"] == "timeout"
        assert error_of(arrived)["data"]["phase"] == "load"
        measured(arrived.at_s - sent_s - 0.8)
        assert arrived.at_s - sent_s - 0.8 <= LATE_S
        change = client.notified("worker/state", lambda change: change["state"] == "killing")
        assert "over 3 s" in change["reason"]
        bench.at_start.unlink()
        bench.assert_next_job_succeeds()


@pytest.mark.parametrize("what", SPOILED)
def test_a_pipe_that_is_spoiled_while_iterating_ends_the_job_and_the_worker(
    bench: Bench, measured: Measured, what: str
) -> None:
    client, pid = bench.client.ready(), bench.client.worker_pid()
    id = bench.begin()
    bench.strike(what, pid)
    arrived = client.answer(id)
    assert data_of(arrived, "worker_crashed", pid)["partial"]["language"] == "en"
    late_s = arrived.at_s - bench.began_s()
    measured(late_s)
    assert late_s <= (CLOSED_S if what == "close_wire" else TOLD_S)
    bench.assert_next_job_succeeds()


@pytest.mark.parametrize("what", SPOILED)
def test_a_pipe_that_is_spoiled_while_idle_costs_the_next_job_nothing(
    bench: Bench, what: str
) -> None:
    client, pid = bench.client.ready(), bench.client.worker_pid()
    after = len(client.messages)
    bench.strike(what, pid)
    client.notified("worker/state", lambda change: change["state"] == "backoff", after=after)
    assert alive(pid) is None
    bench.assert_next_job_succeeds()


@pytest.mark.parametrize("what", SPOILED)
def test_a_pipe_that_is_spoiled_while_loading_is_survived_by_the_waiting_job(
    bench: Bench, what: str
) -> None:
    bench.at_start.write_text(f"load:{what}")
    id = bench.client.request("transcribe", sample())
    bench.client.said('"state":"backoff"')
    bench.at_start.unlink()
    assert bench.client.answer(id).message["result"]["text"] == EXPECTED["text"]


@pytest.mark.parametrize("what", SPOILED)
def test_a_pipe_that_is_spoiled_during_the_shutdown_delays_it_by_no_more_than_the_grace(
    bench: Bench, what: str
) -> None:
    client, pid = bench.client.ready(), bench.client.worker_pid()
    id = bench.begin()
    stop = client.request("shutdown", {"grace_s": 1.0})
    began_s = bench.strike(what, pid)
    data_of(client.answer(id), ("worker_crashed", "shutting_down"), pid)
    assert client.answer(stop).at_s - began_s <= 1.0 + TOLD_S


@pytest.mark.parametrize("what", ["flood_stderr", "print_on_stdout"])
def test_what_a_library_writes_harms_nothing_in_any_phase(bench: Bench, what: str) -> None:
    if what == "flood_stderr":
        bench.at_start.write_text(what)
    client = bench.client.ready()
    pid = client.worker_pid()
    bench.strike(what, pid)
    id = bench.begin()
    bench.strike(what, pid)
    client.notify("$/cancelRequest", {"id": id})
    data = error_of(client.answer(id))["data"]
    assert data["kind"] == "cancelled"
    bench.assert_next_job_succeeds()
    stop = client.request("shutdown", {"grace_s": 1.0})
    assert client.answer(stop).message["result"] == {"ok": True}


ENDS: dict[str, Callable[[Bench], object]] = {
    "idle": lambda bench: bench.client.ready(),
    "loading": lambda bench: bench.client.request("transcribe", sample()),
    "decoding": lambda bench: bench.client.ready().request("transcribe", fault("sleep")),
    "iterating": lambda bench: bench.begin(),
    "shutting down": lambda bench: (
        bench.begin(),
        bench.client.request("shutdown", {"grace_s": 30}),
    ),
}


@pytest.mark.parametrize("state", ["running", "stopped", *FROZEN[1:], *BUSY])
@pytest.mark.parametrize("moment", ENDS)
def test_no_worker_outlives_its_server_in_any_phase(bench: Bench, moment: str, state: str) -> None:
    if state == "stopped" and sys.platform != "linux":
        pytest.skip("only Linux ends a stopped process with its parent")
    if moment == "loading":
        bench.at_start.write_text(
            "load:sleep" if state in ("running", "stopped") else f"load:{state}"
        )
    client = bench.client
    client.call("ping")
    ENDS[moment](bench)
    pid = bench.starting_pid() if moment == "loading" else client.worker_pid()
    if state == "stopped":
        bench.strike("SIGSTOP", pid)
    elif state != "running" and moment != "loading":
        bench.strike(state, pid)
    client.processes()
    client.kill(signal.SIGKILL)
    client.exit_code(5)
    assert client.leftovers(1.0) == []
    assert alive(pid) is None

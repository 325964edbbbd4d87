"""Files, disks, clocks and clients that do what they should not."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from tests.e2e.breakable import (
    COMPILER,
    ORDINARY,
    breakable,
    breakable_client,
    compiled,
    fault,
    ordinary,
    posix,
)
from tests.e2e.client import EXECUTABLE, ROOT, Client, command_line, error_of
from tests.e2e.jobs import ASSETS, EXPECTED, SAMPLE, patient, sample, silence

SOON_S = 1.0
MIB = 1 << 20
FULL_DISK = Path("/dev/full")


def unreadable(client: Client, path: Path) -> str:
    error = client.fail("transcribe", {"audio": {"path": str(path)}}, within_s=SOON_S)
    assert error["data"]["kind"] == "file_unreadable"
    return str(error["message"])


@posix
def test_what_is_no_file_is_refused_at_once_without_being_read(
    shared: Client, tmp_path: Path
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/zero"), Path("/dev/stdin"), tmp_path):
        assert unreadable(shared, path)


@ordinary
def test_the_file_of_another_user_is_denied(tmp_path: Path) -> None:
    path = tmp_path / "secret.flac"
    shutil.copy(SAMPLE, path)
    path.chmod(0)
    with Client(command=[*ORDINARY, *command_line()]) as client:
        assert "Permission denied" in unreadable(client.ready(), path)


@ordinary
def test_a_model_that_may_not_be_read_is_refused_and_loaded_when_it_may(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(ASSETS / "selftest", folder)
    (folder / "model.bin").chmod(0)
    with Client(command=[*ORDINARY, *command_line()], model=str(folder)) as client:
        assert client.fail("transcribe", sample())["data"]["kind"] == "model_unavailable"
        (folder / "model.bin").chmod(0o600)
        client.call("models.load")
        assert client.call("transcribe", sample())["text"] == EXPECTED["text"]


@ordinary
def test_a_log_in_a_folder_that_may_not_be_written_is_refused_by_name(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    command = [*ORDINARY, *command_line()]
    with Client("--log-file", str(tmp_path / "log"), command=command) as client:
        assert client.exit_code() == 2
    assert any("Permission denied" in line and "log" in line for line in client.stderr)


@posix
def test_a_file_that_is_deleted_while_it_is_transcribed_is_transcribed(
    shared: Client, tmp_path: Path
) -> None:
    path = tmp_path / "gone.flac"
    shutil.copy(SAMPLE, path)
    after = len(shared.messages)
    id = shared.request("transcribe", sample(audio={"path": str(path)}, stream=True))
    shared.notified("job/progress", after=after)
    path.unlink()
    assert shared.answer(id).message["result"]["text"] == EXPECTED["text"]


def test_a_file_that_grows_while_it_is_read_is_read_to_an_end(
    shared: Client, tmp_path: Path
) -> None:
    path = tmp_path / "growing.flac"
    shutil.copy(SAMPLE, path)
    done = threading.Event()

    def grow() -> None:
        with path.open("ab") as file:
            while not done.is_set() and file.tell() < 64 * MIB:
                file.write(b"more and more " * 1000)
                file.flush()

    grower = threading.Thread(target=grow)
    grower.start()
    try:
        id = shared.request("transcribe", sample(audio={"path": str(path)}, timeout_s=20))
        result = shared.answer(id, 21).message["result"]
    finally:
        done.set()
        grower.join()
    assert result["text"].startswith("good morning computer.")


@pytest.mark.skipif(not FULL_DISK.exists(), reason="there is no full disk to write to")
def test_a_full_disk_costs_the_log_and_nothing_else() -> None:
    with Client("--log-file", str(FULL_DISK), "--log-level", "debug") as client:
        assert client.call("transcribe", sample())["text"] == EXPECTED["text"]
        client.call("shutdown")
        client.notify("exit")
        assert client.exit_code() == 0


def test_a_log_that_cannot_be_written_is_refused_by_name_at_the_start(tmp_path: Path) -> None:
    with Client("--log-file", str(tmp_path / "no" / "such" / "folder" / "log")) as client:
        assert client.exit_code() == 2
    assert any("folder" in line for line in client.stderr)


@posix
@pytest.mark.parametrize("where", ["file", "stderr"])
def test_a_log_that_nobody_takes_costs_lines_and_nothing_else(tmp_path: Path, where: str) -> None:
    """A disk that hangs, as far as that can be had, or a client that never reads stderr."""
    pipe = tmp_path / "log"
    os.mkfifo(pipe)
    descriptor = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(descriptor, b"\n")
    arguments = ["--log-file", str(pipe)] if where == "file" else []
    command = ["sh", "-c", 'exec "$@" 2>"$0"', str(pipe)] if where == "stderr" else []
    try:
        with Client(*arguments, "--log-level", "debug", command=[*command, *command_line()]) as it:
            for _ in range(5):
                assert it.call("transcribe", sample())["text"] == EXPECTED["text"]
            it.call("shutdown")
            it.notify("exit")
            assert it.exit_code() == 0
    finally:
        os.close(descriptor)


@posix
def test_a_wire_that_somebody_made_non_blocking_is_waited_for() -> None:
    """Whoever shares a pipe or a terminal can do that to all who have it."""
    read_from, write_to = os.pipe()
    take_from, put_to = os.pipe()
    for descriptor in (read_from, put_to):
        os.set_blocking(descriptor, False)
    process = subprocess.Popen(
        [*command_line(), "serve", "--model", "selftest", "--log-level", "error"],
        stdin=read_from,
        stdout=put_to,
        cwd=ROOT,
    )
    os.close(read_from)
    os.close(put_to)
    with open(write_to, "wb") as requests, open(take_from, "rb") as answers, process:
        ids = [f"{number}".zfill(3000) for number in range(100)]
        for id in ids:
            requests.write(b'{"jsonrpc":"2.0","method":"ping","id":"%b"}\n' % id.encode())
        requests.close()
        answered = [json.loads(line) for line in answers]
        assert [one["id"] for one in answered if "id" in one] == ids
        assert process.wait(SOON_S) == 0


@pytest.mark.skipif(COMPILER is None, reason="needs Linux and a compiler")
def test_a_clock_that_is_set_back_by_an_hour_changes_no_deadline(tmp_path: Path) -> None:
    back = tmp_path / "back"
    clock = {"LD_PRELOAD": compiled("clock"), "ASR_TEST_CLOCK_BACK": str(back)}
    with Client("--no-degrade", "--log-level", "info", environment=clock) as client:
        client.ready()
        id, sent_s = client.timed_request("transcribe", patient(timeout_s=1.5, stream=True))
        client.notified("job/progress", lambda said: said["phase"] == "generate")
        before = last_logged(client)
        back.touch()
        arrived = client.answer(id)
        assert error_of(arrived)["data"]["kind"] == "timeout"
        assert -0.5 <= arrived.at_s - sent_s - 1.5 <= 0.05
        result = client.call("transcribe", sample())
        assert result["text"] == EXPECTED["text"]
        assert 0 < result["timings"]["total_s"] < 60
        assert last_logged(client) < before, "the clock of the server was not set back"


def last_logged(client: Client) -> str:
    """The time of the last line of the log."""
    return str([json.loads(line)["time"] for line in client.stderr if line.startswith("{")][-1])


@posix
@pytest.mark.parametrize("busy", [False, True])
def test_a_server_and_its_worker_that_were_stopped_for_long_go_on_together(busy: bool) -> None:
    """As by Ctrl-Z, by a debugger, or by the lid of a laptop."""
    with Client("--stall-timeout", "1") as client:
        pid = client.ready().worker_pid()
        job = client.request("transcribe", patient(stream=True, timeout_s=60)) if busy else None
        if busy:
            client.notified("job/progress", lambda said: said["phase"] == "generate")
        for number in (signal.SIGSTOP, signal.SIGCONT):
            for process in (pid, client.process.pid):
                os.kill(process, number)
            # For longer than the stall limit, and then as long to notice.
            time.sleep(1.5)
        if busy:
            assert client.answers(job) == []
            client.notify("$/cancelRequest", {"id": job})
            assert error_of(client.answer(job))["data"]["kind"] == "cancelled"
        assert client.call("transcribe", sample())["worker"]["pid"] == pid


@posix
@pytest.mark.parametrize("closed", ["0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-"])
def test_what_was_closed_before_the_start_is_taken_for_nothing_else(closed: str) -> None:
    command = ["sh", "-c", f'exec "$@" {closed}', "sh", *command_line()]
    with Client(command=command) as client:
        if closed == "2>&-":
            assert client.call("transcribe", sample())["text"] == EXPECTED["text"]
        client.processes()
        client.close_stdin()
        assert client.exit_code() == 0
        assert client.leftovers(SOON_S) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits a process that runs")
def test_a_server_without_descriptors_to_spare_says_so_and_goes_on_when_it_has_some() -> None:
    import resource

    with Client() as client:
        pid = client.ready().worker_pid()
        server = client.process.pid
        limits = resource.prlimit(server, resource.RLIMIT_NOFILE)
        few = psutil.Process(server).num_fds()
        resource.prlimit(server, resource.RLIMIT_NOFILE, (few, limits[1]))
        after = len(client.messages)
        os.kill(pid, signal.SIGKILL)
        client.notified("worker/state", lambda said: said["state"] == "backoff", after=after)
        error = client.fail("transcribe", sample())
        assert error["data"]["kind"] == "worker_unavailable"
        assert "Too many open files" in error["message"]
        resource.prlimit(server, resource.RLIMIT_NOFILE, limits)
        client.call("models.load")
        assert client.call("transcribe", sample())["text"] == EXPECTED["text"]


@posix
def test_a_client_that_ends_within_a_message_gets_the_answers_before() -> None:
    with Client() as client:
        client.ready()
        client.processes()
        id = client.request("transcribe", sample())
        client.send_bytes(b'{"jsonrpc":"2.0","id":99,"method":"pi')
        client.close_stdin()
        assert client.answer(id).message["result"]["text"] == EXPECTED["text"]
        assert client.exit_code() == 0
        assert client.leftovers(SOON_S) == []


def test_a_client_that_is_faster_than_the_jobs_is_told_so_and_costs_no_memory() -> None:
    audio = silence(3.0)
    with Client() as client:
        client.ready()
        server = psutil.Process(client.process.pid)
        first = client.request("transcribe", patient(stream=True))
        client.notified("job/started")
        before = server.memory_info().rss
        ids = [client.request("transcribe", {"audio": audio}) for _ in range(1000)]
        kinds = [error_of(client.answer(id))["data"]["kind"] for id in ids[8:]]
        assert set(kinds) == {"busy"}
        assert server.memory_info().rss - before < 32 * MIB
        client.notify("$/cancelRequest", {"id": first})
        for id in ids[:8]:
            assert "result" in client.answer(id).message
        assert all(len(client.answers(id)) == 1 for id in ids)


@breakable
def test_a_gigabyte_on_stderr_costs_no_memory() -> None:
    with breakable_client() as client:
        client.ready()
        server = psutil.Process(client.process.pid)
        before = server.memory_info().rss
        error = client.fail("transcribe", fault("flood_a_gigabyte"), within_s=60)
        assert error["data"]["kind"] == "file_unreadable"
        assert server.memory_info().rss - before < 32 * MIB
        assert client.call("transcribe", sample())["text"] == EXPECTED["text"]


@breakable
def test_half_a_message_is_the_end_of_a_worker_and_not_of_the_next() -> None:
    with breakable_client() as client:
        client.ready()
        assert (
            client.fail("transcribe", fault("half_a_message"))["data"]["kind"] == "worker_crashed"
        )
        assert client.call("transcribe", sample())["text"] == EXPECTED["text"]


@posix
@breakable
def test_what_is_said_for_a_dead_worker_is_not_heard() -> None:
    with breakable_client() as client:
        client.ready()
        id, sent_s = client.timed_request("transcribe", fault("escapee", timeout_s=1.0))
        arrived = client.answer(id)
        assert error_of(arrived)["data"]["kind"] == "timeout"
        assert arrived.at_s - sent_s <= 1.05
        until_s = sent_s + 3.0
        while time.monotonic() < until_s:
            assert client.call("transcribe", sample())["text"] == EXPECTED["text"]


@posix
def test_cancels_that_race_with_results_deadlines_and_crashes_leave_one_answer_each() -> None:
    with Client("--queue-limit", "200", "--cancel-grace", "0.1", "--quarantine", "0") as client:
        client.ready()
        ids = []
        for number in range(100):
            job = patient(timeout_s=0.2 + number / 50) if number % 3 else sample()
            ids.append(client.request("transcribe", job))
        for number, id in enumerate(ids):
            if number % 2:
                client.notify("$/cancelRequest", {"id": id})
            if number % 20 == 0:
                for worker in client.processes():
                    worker.kill()
            time.sleep(0.01)
        kinds = {"result", "cancelled", "timeout", "worker_crashed", "worker_unavailable"}
        for id in ids:
            message = client.answer(id, 60).message
            assert ("result" if "result" in message else message["error"]["data"]["kind"]) in kinds
        client.call("ping")
        assert [len(client.answers(id)) for id in ids] == [1] * 100
        assert client.call("transcribe", sample())["text"] == EXPECTED["text"]


def test_a_model_of_another_kind_is_refused_and_a_mended_one_is_loaded(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    with Client() as client:
        shutil.copytree(client.call("models.load")["model"]["path"], folder)
    binary = folder / "model.bin"
    good = binary.read_bytes()
    assert b"WhisperSpec" in good
    binary.write_bytes(good.replace(b"WhisperSpec", b"Bert_____Sp"))
    with Client(model=str(folder)) as client:
        error = client.fail("transcribe", sample())
        assert error["data"]["kind"] == "model_unavailable"
        assert client.fail("transcribe", sample(), within_s=SOON_S)["code"] == error["code"]
        binary.unlink()
        binary.mkdir()
        assert client.fail("models.load")["data"]["kind"] == "model_unavailable"
        binary.rmdir()
        binary.write_bytes(good)
        assert client.call("models.load")["model"]["path"] == str(folder)
        assert client.call("transcribe", sample())["text"] == EXPECTED["text"]


@pytest.mark.skipif(EXECUTABLE is not None, reason="once is enough")
def test_the_faults_are_those_of_the_table() -> None:
    """docs/faults.md names the test of every row."""
    root = Path(__file__).parents[2]
    named = (root / "docs" / "faults.md").read_text("utf-8")
    for file in (root / "tests" / "e2e").glob("test_*.py"):
        named = named.replace(f"`{file.stem}`", "")
    assert "`test_" not in named

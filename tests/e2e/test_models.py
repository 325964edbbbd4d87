"""Loading, unloading and missing models; the standby."""

import os
import shutil
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.e2e.breakable import posix
from tests.e2e.client import Client, alive, error_of, result_of
from tests.e2e.jobs import ASSETS, EXPECTED, sample, slow

MISSING = -32015


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the built-in model to spoil."""
    shutil.copytree(ASSETS / "selftest", tmp_path / "copy")
    return tmp_path / "copy"


def states(client: Client) -> list[tuple[int, str]]:
    """What every worker slot has gone through."""
    return [(one["worker"], one["state"]) for one in client.notifications("worker/state")]


def test_without_a_model_a_job_is_told_what_to_do() -> None:
    with Client(model=None) as client:
        error = client.fail("transcribe", sample())
        assert error["code"] == MISSING
        assert error["data"]["kind"] == "model_unavailable"
        assert error["data"]["retryable"] is False
        assert "--model" in error["message"]
        status = client.call("status")
        assert status["state"] == "unavailable"
        assert client.processes() == []
        assert client.call("models.load", ["selftest"])["model"]["name"] == "selftest"
        assert client.call("transcribe", sample())["text"] == EXPECTED["text"]


def test_models_are_listed_by_name_and_by_folder(folder: Path) -> None:
    with Client("--models-dir", str(folder.parent), model="copy") as client:
        client.ready()
        listed = client.call("models.list")
        assert [model["name"] for model in listed["models"]] == ["selftest", "copy"]
        assert listed["configured"] == "copy"
        assert listed["loaded"]["path"] == str(folder)
        assert client.call("transcribe", sample())["model"]["name"] == "copy"


@pytest.mark.parametrize("file", ["model.bin", "tokenizer.json", "config.json"])
def test_an_incomplete_model_is_refused_with_what_it_lacks(folder: Path, file: str) -> None:
    (folder / file).unlink()
    with Client(model=str(folder)) as client:
        error = client.fail("transcribe", sample())
        assert error["code"] == MISSING
        assert file in error["message"]
        assert client.processes() == []


@pytest.mark.parametrize("file", ["model.bin", "tokenizer.json"])
def test_a_corrupt_model_is_refused_with_the_reason_and_another_one_works(
    folder: Path, file: str
) -> None:
    (folder / file).write_bytes((folder / file).read_bytes()[:1000])
    with Client(model=str(folder)) as client:
        error = client.fail("transcribe", sample())
        assert error["code"] == MISSING
        assert "cannot be loaded" in error["message"] or file in error["message"]
        # It is known to be hopeless: nobody tries again until somebody asks.
        assert client.fail("transcribe", sample(), within_s=1)["code"] == MISSING
        assert client.fail("models.load")["code"] == MISSING
        assert client.call("models.load", {"model": "selftest"})["load_s"] > 0
        assert client.call("transcribe", sample())["text"] == EXPECTED["text"]


def test_a_model_that_does_not_exist_leaves_the_loaded_one_alone(shared: Client) -> None:
    pid = shared.worker_pid()
    error = shared.fail("models.load", {"model": "no-such-model"})
    assert error["code"] == MISSING
    assert "no-such-model" in error["message"]
    assert shared.worker_pid() == pid
    assert shared.call("transcribe", sample())["text"] == EXPECTED["text"]


def test_loading_what_is_loaded_is_answered_at_once(shared: Client) -> None:
    pid = shared.worker_pid()
    assert shared.call("models.load")["model"]["name"] == "selftest"
    assert shared.worker_pid() == pid


def test_loading_another_model_lets_the_running_job_finish(folder: Path) -> None:
    with Client() as client:
        client.ready()
        job = client.request("transcribe", sample())
        load = client.request("models.load", {"model": str(folder)})
        assert result_of(client.answer(job))["model"]["name"] == "selftest"
        assert result_of(client.answer(load))["model"]["path"] == str(folder)
        assert client.call("transcribe", sample())["model"]["path"] == str(folder)


def test_an_unloaded_model_leaves_no_process_and_comes_back_with_the_next_job() -> None:
    with Client() as client:
        pid = client.ready().worker_pid()
        assert client.call("models.unload") == {"ok": True}
        assert alive(pid) is None
        assert client.processes() == []
        assert client.call("status")["state"] == "unloaded"
        assert client.call("models.unload") == {"ok": True}
        result = client.call("transcribe", sample())
        assert result["text"] == EXPECTED["text"]
        assert result["timings"]["load_s"] > 0


def test_the_worker_s_states_are_told_from_the_start() -> None:
    with Client() as client:
        client.call("ping")
        client.ready()
        client.call("transcribe", sample())
        client.worker_pid()
        told = states(client)
        assert told[-3:] == [(0, "idle"), (0, "busy"), (0, "idle")]


@posix
@pytest.mark.parametrize(("standby", "rests"), [("warm", "spare"), ("hot", "idle")])
def test_the_standby_takes_the_next_job_after_a_kill(standby: str, rests: str) -> None:
    with Client("--standby", standby) as client:
        client.call("ping")
        client.notified("worker/state", lambda one: (one["worker"], one["state"]) == (1, rests))
        first, spare = (worker["pid"] for worker in client.call("status")["workers"])
        id = client.request("transcribe", slow(stream=True))
        client.notified("job/progress", lambda params: params["phase"] == "generate")
        os.kill(first, signal.SIGKILL)
        assert error_of(client.answer(id))["code"] == -32011
        result = client.call("transcribe", sample())
        assert result["text"] == EXPECTED["text"]
        assert result["worker"]["pid"] == spare
        if standby == "hot":
            assert result["timings"]["load_s"] == 0
            assert result["timings"]["queue_s"] < 0.05
        after = states(client)
        assert (0, "backoff") in after
        # And there is a new standby.
        client.notified(
            "worker/state",
            lambda one: (one["worker"], one["state"]) == (0, rests) and one["generation"] > 2,
        )
        assert len(client.processes()) == 2


@posix
@pytest.mark.parametrize("number", ["SIGKILL", "SIGSTOP"])
@pytest.mark.parametrize(("standby", "rests"), [("warm", "spare"), ("hot", "idle")])
def test_a_standby_that_dies_or_freezes_is_replaced(standby: str, rests: str, number: str) -> None:
    with Client("--standby", standby, "--stall-timeout", "1") as client:
        client.call("ping")
        client.notified("worker/state", lambda one: (one["worker"], one["state"]) == (1, rests))
        # Being spare is said at the spawn: its first heartbeat shows in the status.
        until_s = time.monotonic() + 10
        while not client.call("status")["workers"][1]["rss_bytes"] and time.monotonic() < until_s:
            time.sleep(0.01)
        spare = client.call("status")["workers"][1]["pid"]
        os.kill(spare, signal.Signals[number])
        client.notified(
            "worker/state", lambda one: one["worker"] == 1 and one["generation"] > 2, within_s=10
        )
        assert alive(spare) is None
        assert client.call("transcribe", sample())["text"] == EXPECTED["text"]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system refuses such names")
def test_a_model_whose_folder_has_no_name_in_utf_8_is_not_listed(tmp_path: Path) -> None:
    shutil.copytree(ASSETS / "selftest", tmp_path / "caf\udce9")
    shutil.copytree(ASSETS / "selftest", tmp_path / "tea")
    with Client("--models-dir", str(tmp_path)) as client:
        listed = client.call("models.list")["models"]
        assert [model["name"] for model in listed] == ["selftest", "tea"]

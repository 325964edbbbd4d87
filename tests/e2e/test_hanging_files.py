"""File systems that hang, as one on a network does whose server is gone."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.e2e.breakable import COMPILER, compiled
from tests.e2e.client import ROOT, Client, command_line, error_of, result_of
from tests.e2e.jobs import ASSETS, EXPECTED, SAMPLE, patient, sample, slow

pytestmark = pytest.mark.skipif(COMPILER is None, reason="needs Linux and a compiler")

LONGEST_S = 10.0
"""So long the folders of models may take to answer."""
LATE_S = 0.1


class Disk:
    """A folder on a disk that hangs, or not. What hung goes on when it no longer does."""

    def __init__(self, path: Path) -> None:
        self.folder = path / "far-away"
        self.folder.mkdir()
        shutil.copytree(ASSETS / "selftest", self.folder / "copy")
        self._hangs = path / "hangs"
        self.environment = {
            "LD_PRELOAD": compiled("hang"),
            "ASR_TEST_HANGING": str(self.folder),
            "ASR_TEST_HANG": str(self._hangs),
        }

    def hang(self) -> None:
        self._hangs.touch()

    def mend(self) -> None:
        self._hangs.unlink(missing_ok=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    disk = Disk(tmp_path)
    yield disk
    disk.mend()


def test_models_on_a_disk_that_hangs_cost_their_caller_alone(disk: Disk) -> None:
    folder = str(disk.folder / "copy")
    arguments = ("--models-dir", str(disk.folder), "--no-degrade")
    with Client(*arguments, environment=disk.environment) as client:
        pid = client.ready().worker_pid()
        assert [one["name"] for one in client.call("models.list")["models"]] == ["selftest", "copy"]
        disk.hang()
        job, sent_s = client.timed_request("transcribe", patient(timeout_s=1.0))
        asked = [
            client.timed_request(*one)
            for one in (("models.list",), ("models.load", [folder]), ("models.load", ["copy"]))
        ]
        client.call("ping", within_s=LATE_S * len(asked))
        late_s = client.answer(job).at_s - sent_s - 1.0
        assert late_s <= LATE_S
        assert client.call("transcribe", sample())["text"] == EXPECTED["text"]
        assert [client.answers(id) for id, _ in asked] == [[], [], []]
        for id, asked_s in asked:
            arrived = client.answer(id)
            assert LONGEST_S <= arrived.at_s - asked_s + 0.01 <= LONGEST_S + LATE_S * len(asked)
            assert error_of(arrived)["data"]["kind"] == "model_unavailable"
            assert "file system" in error_of(arrived)["message"]
        assert client.worker_pid() != pid
        disk.mend()
        assert len(client.call("models.list")["models"]) == 2
        assert client.call("models.load", ["copy"])["model"]["path"] == folder
        assert client.call("transcribe", sample())["model"]["path"] == folder


def test_however_many_looks_hang_others_are_answered_and_threads_are_few(disk: Disk) -> None:
    with Client("--models-dir", str(disk.folder), environment=disk.environment) as client:
        client.ready()
        server = psutil.Process(client.process.pid)
        threads = server.num_threads()
        disk.hang()
        ids = [client.request("models.list") for _ in range(100)]
        assert client.call("ping")["pong"]
        answered = [id for id in ids if client.answers(id)]
        assert len(answered) == 92
        assert all("model_unavailable" in str(client.answer(id)) for id in answered)
        assert server.num_threads() - threads <= 16
        disk.mend()
        waited = [result_of(client.answer(id)) for id in ids if id not in answered]
        assert [len(one["models"]) for one in waited] == [2] * 8


def test_a_server_whose_model_hangs_answers_from_the_start(disk: Disk) -> None:
    disk.hang()
    with Client(model=str(disk.folder / "copy"), environment=disk.environment) as client:
        assert client.call("ping")["pong"]
        assert client.call("status")["state"] == "loading"
        job, sent_s = client.timed_request("transcribe", sample(timeout_s=1.0))
        patient_job = client.request("transcribe", sample())
        arrived = client.answer(job)
        assert abs(arrived.at_s - sent_s - 1.0) <= LATE_S
        assert error_of(arrived)["data"]["kind"] == "timeout"
        assert error_of(client.answer(patient_job))["data"]["kind"] == "model_unavailable"
        assert client.fail("transcribe", sample(), within_s=1)["data"]["kind"] == (
            "model_unavailable"
        )
        disk.mend()
        client.call("models.load")
        assert client.call("transcribe", sample())["text"] == EXPECTED["text"]


def test_a_model_that_is_found_late_is_loaded(disk: Disk) -> None:
    disk.hang()
    folder = str(disk.folder / "copy")
    with Client(model=folder, environment=disk.environment) as client:
        job = client.request("transcribe", sample())
        client.call("ping")
        disk.mend()
        assert result_of(client.answer(job))["model"]["path"] == folder


def test_a_model_that_is_found_late_does_not_push_out_another(disk: Disk) -> None:
    disk.hang()
    with Client(model=str(disk.folder / "copy"), environment=disk.environment) as client:
        client.call("models.load", ["selftest"])
        disk.mend()
        # What was being looked for has been found when this has been answered.
        client.call("models.list")
        assert client.call("transcribe", sample())["model"]["name"] == "selftest"


def test_what_was_asked_before_the_end_of_the_input_is_answered(disk: Disk) -> None:
    with Client("--models-dir", str(disk.folder), environment=disk.environment) as client:
        client.ready()
        disk.hang()
        id = client.request("models.list")
        client.close_stdin()
        with pytest.raises(subprocess.TimeoutExpired):
            client.process.wait(0.2)
        disk.mend()
        assert len(result_of(client.answer(id))["models"]) == 2
        assert client.exit_code() == 0


def test_a_signal_ends_the_server_however_much_hangs(disk: Disk) -> None:
    with Client("--models-dir", str(disk.folder), environment=disk.environment) as client:
        client.ready().processes()
        disk.hang()
        client.request("models.list")
        client.call("ping")
        client.kill(signal.SIGTERM)
        assert client.exit_code(1.0) == 0
        assert client.leftovers(1.0) == []


def test_a_client_that_is_gone_leaves_no_server_however_much_hangs(disk: Disk) -> None:
    disk.hang()
    with subprocess.Popen(
        [*command_line(), "serve", "--model", str(disk.folder / "copy")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
        env={**os.environ, **disk.environment},
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(b'{"jsonrpc":"2.0","method":"ping","id":1}\n')
        server.stdin.flush()
        assert server.stdout.readline()
        server.stdout.close()
        server.stdin.close()
        assert server.wait(1.0) == 0


def test_poisoned_audio_on_a_disk_that_hangs_is_refused_at_once(disk: Disk) -> None:
    path = disk.folder / "poison.flac"
    shutil.copy(SAMPLE, path)
    audio = {"audio": {"path": str(path)}}
    with Client(environment=disk.environment) as client:
        for _ in range(2):
            after = len(client.messages)
            id = client.request("transcribe", {**slow(), **audio, "stream": True})
            client.notified("job/progress", lambda said: said["phase"] == "generate", after=after)
            os.kill(client.worker_pid(), signal.SIGSEGV)
            assert error_of(client.answer(id))["data"]["kind"] == "worker_crashed"
        disk.hang()
        error = client.fail("transcribe", audio, within_s=LATE_S)
        assert error["data"]["kind"] == "poisoned_input"
        assert client.call("transcribe", sample())["text"] == EXPECTED["text"]

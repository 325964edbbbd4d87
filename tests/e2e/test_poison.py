"""Audio that kills workers, for real: refused the third time, while other jobs are served."""

import base64
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.breakable import posix
from tests.e2e.client import Client, error_of
from tests.e2e.jobs import EXPECTED, SAMPLE, sample, slow

AT_ONCE_S = 0.1


@pytest.fixture
def server() -> Iterator[Client]:
    with Client() as client:
        yield client.ready()


def killed(client: Client, audio: dict[str, Any]) -> str:
    """What comes of a job whose worker is killed while it decodes."""
    after = len(client.messages)
    id = client.request("transcribe", {**slow(), "audio": audio, "stream": True})
    client.notified("job/progress", lambda said: said["phase"] == "generate", after=after)
    os.kill(client.worker_pid(), signal.SIGSEGV)
    return str(error_of(client.answer(id))["data"]["kind"])


def refused(client: Client, audio: dict[str, Any]) -> dict[str, Any]:
    """The error of a job that is not even tried."""
    id, sent_s = client.timed_request("transcribe", {"audio": audio})
    arrived = client.answer(id)
    assert arrived.at_s - sent_s <= AT_ONCE_S
    error: dict[str, Any] = error_of(arrived)
    assert (error["code"], error["data"]["kind"]) == (-32022, "poisoned_input")
    return error


@posix
@pytest.mark.parametrize("inline", [False, True])
def test_the_third_time_it_is_refused_and_others_are_served(server: Client, inline: bool) -> None:
    data = base64.b64encode(SAMPLE.read_bytes()).decode()
    audio = {"data": data, "format": "file"} if inline else {"path": str(SAMPLE)}
    assert [killed(server, audio) for _ in range(2)] == ["worker_crashed"] * 2
    error = refused(server, audio)
    assert "SIGSEGV" in error["message"]
    assert 0 < error["data"]["retry_after_s"] <= 300
    other = {"path": str(SAMPLE)} if inline else {"data": data, "format": "file"}
    assert server.call("transcribe", sample(audio=other))["text"] == EXPECTED["text"]
    refused(server, audio)


@posix
def test_a_new_recording_under_the_same_path_is_transcribed(server: Client, tmp_path: Path) -> None:
    path = tmp_path / "recording.flac"
    shutil.copy(SAMPLE, path)
    audio = {"path": str(path)}
    assert [killed(server, audio) for _ in range(2)] == ["worker_crashed"] * 2
    refused(server, audio)
    path.write_bytes(SAMPLE.read_bytes())
    assert server.call("transcribe", sample(audio=audio))["text"] == EXPECTED["text"]


@posix
def test_a_model_that_is_loaded_gets_another_chance(server: Client) -> None:
    audio = {"path": str(SAMPLE)}
    assert [killed(server, audio) for _ in range(2)] == ["worker_crashed"] * 2
    server.call("models.load", {})
    assert server.call("transcribe", sample())["text"] == EXPECTED["text"]

"""A cancelled request is answered once, with -32800, and the device is free again."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.client import Client, alive, error_of
from tests.e2e.jobs import EXPECTED, patient, sample, slow

CANCELLED = -32800
NOTIFICATIONS = [("$/cancelRequest", "id"), ("notifications/cancelled", "requestId")]


@pytest.fixture(scope="module")
def server() -> Iterator[Client]:
    with Client("--cancel-grace", "0.3", "--queue-limit", "200") as client:
        yield client.ready()


def running(client: Client, params: dict[str, Any]) -> int:
    after = len(client.messages)
    id = client.request("transcribe", {**params, "stream": True})
    client.notified("job/progress", lambda params: params["phase"] == "generate", after=after)
    return id


def test_there_may_be_nothing_to_cancel(server: Client) -> None:
    assert server.call("cancel", {"id": "no such request"}) == {"cancelled": False}
    assert server.call("cancel", {"job_id": "no such job"}) == {"cancelled": False}
    done = server.request("transcribe", sample())
    server.answer(done)
    assert server.call("cancel", {"id": done}) == {"cancelled": False}


def test_a_string_is_not_the_number_that_it_looks_like(server: Client) -> None:
    id = running(server, patient())
    assert server.call("cancel", {"id": str(id)}) == {"cancelled": False}
    assert server.call("cancel", {"id": id}) == {"cancelled": True}
    assert error_of(server.answer(id))["code"] == CANCELLED


def test_a_queued_job_is_cancelled_at_once(server: Client) -> None:
    first = running(server, patient())
    waiting = server.request("transcribe", sample(job_id="waits"))
    assert server.call("cancel", {"job_id": "waits"}) == {"cancelled": True}
    error = error_of(server.answer(waiting, 1))
    assert error["code"] == CANCELLED
    assert error["data"]["kind"] == "cancelled"
    assert error["data"]["phase"] == "queue"
    assert not server.answers(first)
    server.call("cancel", {"id": first})
    assert error_of(server.answer(first))["code"] == CANCELLED


def test_a_worker_that_looks_at_the_flag_lives_on(server: Client) -> None:
    pid = server.worker_pid()
    id = running(server, patient())
    assert server.call("cancel", {"id": id}) == {"cancelled": True}
    error = error_of(server.answer(id, 5))
    assert error["code"] == CANCELLED
    assert error["data"]["retryable"] is False
    assert error["data"]["device_released"] is True
    assert error["data"]["partial"]["language"] == "en"
    assert server.worker_pid() == pid
    assert server.call("transcribe", sample())["text"] == EXPECTED["text"]


def test_a_worker_that_does_not_look_is_killed_after_the_grace() -> None:
    with Client("--cancel-grace", "0") as client:
        pid = client.ready().worker_pid()
        id = running(client, slow())
        assert client.call("cancel", {"id": id}) == {"cancelled": True}
        data = error_of(client.answer(id, 5))["data"]
        assert data["kind"] == "cancelled"
        assert data["device_released"] is True
        assert alive(pid) is None
        assert client.call("transcribe", sample())["text"] == EXPECTED["text"]


@pytest.mark.parametrize(("method", "name"), NOTIFICATIONS)
def test_other_protocols_notifications_cancel_too(server: Client, method: str, name: str) -> None:
    id = running(server, patient())
    server.notify(method, {name: id})
    assert error_of(server.answer(id, 5))["code"] == CANCELLED
    server.notify(method, {name: id})
    server.notify(method, {"wrong": id})
    assert server.call("ping")["pong"] is True


def test_a_hundred_racing_cancels_leave_one_answer_each(server: Client) -> None:
    short = sample(audio={"path": sample()["audio"]["path"]}, options={"beam_size": 1})
    ids = []
    for number in range(100):
        ids.append(server.request("transcribe", short))
        server.notify("$/cancelRequest", {"id": ids[number // 2]})
    for id in ids[::3]:
        server.notify("notifications/cancelled", {"requestId": id})
    for id in ids[1::2]:
        server.notify("$/cancelRequest", {"id": id})
    for id in ids:
        answer = server.answer(id, 60).message
        assert "result" in answer or answer["error"]["code"] == CANCELLED
    server.call("ping")
    assert [len(server.answers(id)) for id in ids] == [1] * 100
    assert server.call("status")["queue"]["depth"] == 0

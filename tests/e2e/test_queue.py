"""Who waits, who is refused, who comes first; and `status` while the worker works."""

import time
from collections.abc import Iterator

import pytest

from tests.e2e.client import Client, error_of, result_of
from tests.e2e.jobs import patient, sample

STATUS_S = 0.100


@pytest.fixture
def busy(shared: Client) -> Iterator[int]:
    """A job that keeps the shared server's worker busy; its request's id."""
    after = len(shared.messages)
    id = shared.request("transcribe", patient(stream=True))
    shared.notified("job/progress", lambda params: params["phase"] == "generate", after=after)
    yield id
    shared.notify("$/cancelRequest", {"id": id})
    shared.answer(id)


def test_the_ninth_that_waits_is_told_when_to_come_back(shared: Client, busy: int) -> None:
    waiting = [shared.request("transcribe", sample()) for _ in range(8)]
    error = shared.fail("transcribe", sample(job_id="ninth"), within_s=1)
    assert error["code"] == -32013
    assert error["data"]["kind"] == "busy"
    assert error["data"]["retryable"] is True
    assert error["data"]["queue_depth"] == 8
    assert error["data"]["retry_after_s"] > 0
    assert error["data"]["job_id"] == "ninth"
    status = shared.call("status")
    assert status["queue"]["depth"] == status["queue"]["limit"] == 8
    shared.notify("$/cancelRequest", {"id": busy})
    for id in waiting:
        assert result_of(shared.answer(id))["segments"]


def test_a_higher_priority_comes_first_and_equals_in_their_order(shared: Client, busy: int) -> None:
    after = len(shared.messages)
    wanted = {"a": 0, "b": -1, "c": 5, "d": 0, "e": 5}
    ids = [
        shared.request("transcribe", sample(job_id=name, priority=priority, stream=True))
        for name, priority in wanted.items()
    ]
    assert shared.call("status")["queue"]["job_ids"] == ["c", "e", "a", "d", "b"]
    shared.notify("$/cancelRequest", {"id": busy})
    for id in ids:
        shared.answer(id)
    started = [
        one.message["params"]["job_id"]
        for one in shared.messages[after:]
        if one.message.get("method") == "job/started"
    ]
    assert started == ["c", "e", "a", "d", "b"]


def test_a_job_id_is_used_by_one_job_at_a_time(shared: Client, busy: int) -> None:
    first = shared.request("transcribe", sample(job_id="mine"))
    error = shared.fail("transcribe", sample(job_id="mine"), within_s=1)
    assert error["code"] == -32602
    assert error["data"]["path"] == "job_id"
    shared.notify("$/cancelRequest", {"id": busy})
    assert result_of(shared.answer(first))["job_id"] == "mine"
    assert shared.call("transcribe", sample(job_id="mine"))["job_id"] == "mine"


def test_status_is_answered_at_once_while_a_job_runs(shared: Client, busy: int) -> None:
    took_s = []
    for _ in range(20):
        id, sent_s = shared.timed_request("status")
        arrived = shared.answer(id)
        took_s.append(arrived.at_s - sent_s)
        worker = result_of(arrived)["workers"][0]
        assert worker["state"] == "busy"
        assert worker["phase"] in ("generate", "encode", "segments")
    assert sorted(took_s)[10] <= STATUS_S


def test_status_counts_what_became_of_the_jobs(shared: Client) -> None:
    before = shared.call("status")["counters"]
    shared.call("transcribe", sample())
    shared.fail("transcribe", {"audio": {"path": "no such file"}})
    after = shared.call("status")
    counted = {
        name: count - before.get(name, 0)
        for name, count in after["counters"].items()
        if count != before.get(name, 0)
    }
    assert counted == {"submitted": 2, "done": 1, "file_unreadable": 1}
    assert after["state"] == "ready"
    assert after["workers"][0]["rss_bytes"] > 1 << 20
    assert after["rss_bytes"] < 64 << 20
    assert after["latency"]["total_s"]["p50_s"] > 0


def test_a_deep_status_transcribes_the_sample(shared: Client) -> None:
    deep = shared.call("status", {"deep": True})["deep"]
    assert deep["ok"] is True, deep
    assert deep["text"] == deep["expected"]


def test_a_thousand_pings_at_once_are_answered_in_order(shared: Client) -> None:
    began_s = time.monotonic()
    ids = [shared.request("ping") for _ in range(1000)]
    arrived = [shared.answer(id) for id in ids]
    assert [one.message["id"] for one in arrived] == ids
    assert time.monotonic() - began_s < 10


def test_a_batch_may_hold_jobs(shared: Client) -> None:
    after = len(shared.messages)
    shared.send(
        [
            {"jsonrpc": "2.0", "id": "job", "method": "transcribe", "params": sample()},
            {"jsonrpc": "2.0", "id": "ping", "method": "ping"},
        ]
    )
    batch = shared.message(lambda one: isinstance(one, list), after=after).message
    answers = {one["id"]: one for one in batch}
    assert answers["job"]["result"]["text"]
    assert answers["ping"]["result"]["pong"] is True


def test_two_workers_do_two_jobs_at_the_same_time() -> None:
    with Client("--workers", "2") as client:
        client.ready()
        ids = [client.request("transcribe", patient(job_id=name, stream=True)) for name in "ab"]
        client.notified("job/started", lambda params: params["job_id"] == "a")
        client.notified("job/started", lambda params: params["job_id"] == "b")
        for id in ids:
            client.notify("$/cancelRequest", {"id": id})
            assert error_of(client.answer(id))["code"] == -32800

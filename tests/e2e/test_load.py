"""Many requests at once: order, priorities, refusals; and deadlines all the same."""

import json
import random
import threading

import psutil
import pytest

from tests.e2e.client import Client, error_of
from tests.e2e.conftest import Measured
from tests.e2e.jobs import patient, silence, slow

QUEUE_LIMIT = 150
JOBS = 200
LATE_S = 0.1
"""The client, the server and the worker are all busy, on two cores perhaps."""
LARGEST_GROWTH_BYTES = 32 << 20


def request(method: str) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": "flood", "method": method}


CANCEL = {"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": "nobody"}}
FLOODS: dict[str, list[object]] = {
    "ping": [request("ping")] * 500,
    "status": [request("status")] * 500,
    "rpc.discover": [request("rpc.discover")] * 500,
    "cancel": [CANCEL] * 500,
    "batch": [[request("models.list")] * 1000],
    "nonsense": [[0] * 1000],
}


def test_ten_thousand_pings_at_once_are_answered_in_order(shared: Client) -> None:
    ids = [shared.request("ping") for _ in range(10_000)]
    assert [shared.answer(id).message["id"] for id in ids] == ids
    assert all(len(shared.answers(id)) == 1 for id in ids)
    arrived_s = [shared.answer(id).at_s for id in ids]
    assert arrived_s == sorted(arrived_s)


def test_of_200_jobs_at_once_as_many_wait_as_may_and_all_in_their_order() -> None:
    chance = random.Random(0)
    priorities = {f"job {number}": chance.randrange(-3, 4) for number in range(JOBS)}
    brief = {"audio": silence(0.5), "vad": {"engine": "webrtc"}, "stream": True}
    with Client("--queue-limit", str(QUEUE_LIMIT)) as client:
        client.ready()
        first = client.request("transcribe", patient(stream=True))
        client.notified("job/started")
        after = len(client.messages)
        ids = {
            name: client.request("transcribe", {**brief, "job_id": name, "priority": priority})
            for name, priority in priorities.items()
        }
        names = list(ids)
        refused = [client.answer(ids[name]).message["error"] for name in names[QUEUE_LIMIT:]]
        assert {error["data"]["kind"] for error in refused} == {"busy"}
        assert {error["data"]["queue_depth"] for error in refused} == {QUEUE_LIMIT}
        waiting = sorted(names[:QUEUE_LIMIT], key=lambda name: -priorities[name])
        assert client.call("status")["queue"]["job_ids"] == waiting
        client.notify("$/cancelRequest", {"id": first})
        for name in waiting:
            assert "result" in client.answer(ids[name]).message
        started = [
            one.message["params"]["job_id"]
            for one in client.messages[after:]
            if one.message.get("method") == "job/started"
        ]
        assert started == waiting
        assert all(len(client.answers(id)) == 1 for id in ids.values())
        counters = client.call("status")["counters"]
        assert (counters["busy"], counters["done"]) == (JOBS - QUEUE_LIMIT, QUEUE_LIMIT)


@pytest.mark.parametrize("name", FLOODS)
def test_a_deadline_is_kept_while_the_client_sends_all_that_it_can(
    name: str, measured: Measured
) -> None:
    with Client("--no-degrade") as client:
        server = psutil.Process(client.ready().process.pid)
        before_bytes = server.memory_info().rss
        flood = b"".join(client.frame(json.dumps(message).encode()) for message in FLOODS[name])
        id = client.request("transcribe", slow(timeout_s=1.0, stream=True))
        client.notified("job/started")
        answered = threading.Event()

        def send() -> None:
            while not answered.is_set():
                client.send_bytes(flood)

        sender = threading.Thread(target=send)
        sender.start()
        try:
            arrived = client.answer(id)
            grown_bytes = server.memory_info().rss - before_bytes
        finally:
            answered.set()
            sender.join()
        data = error_of(arrived)["data"]
        assert data["kind"] == "timeout"
        # The server's clock, up to the answer: this client is slower to read than to send.
        late_s = data["elapsed_s"] - 1.0
        measured(late_s)
        assert late_s <= LATE_S
        assert grown_bytes < LARGEST_GROWTH_BYTES
        assert client.call("ping")["pong"] is True

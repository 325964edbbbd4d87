"""Many requests at once: order, priorities, refusals."""

import random

from tests.e2e.client import Client
from tests.e2e.jobs import patient, silence

QUEUE_LIMIT = 150
JOBS = 200


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

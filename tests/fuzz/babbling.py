"""A server whose worker says anything at all: well-formed, of the right types, and senseless.

As a program it is that server (`serve ...`), or its worker (`worker SEED`), which loads nothing
and answers each job with up to a hundred random messages, some of them garbled.
"""

import json
import os
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from itertools import count
from typing import get_args

import msgspec

from sidecar.core import ipc
from sidecar.core.errors import ERROR_TYPES
from sidecar.core.ipc import Done, Failed, FromWorker, Hello, Ready, Run, encode
from sidecar.core.result import ModelInfo, Transcript
from sidecar.core.timing import Timings
from sidecar.descriptors import claim_stdio, write_all
from sidecar.serve import main as serving
from sidecar.serve import shell
from tests.e2e.client import Client
from tests.e2e.jobs import silence
from tests.fuzz.conforming import Conforming
from tests.fuzz.mutation import damaged

SEED = "FUZZ_SEED"
MESSAGES = 100
TIMEOUT_S = 2.0
LATEST_S = 0.25
"""After its deadline, an answer is late; room for a machine with other work."""
WORDS = (*(error.kind for error in ERROR_TYPES), "message", "path", "self", "kind", "code")
"""That an error is made of."""
_DONE = Transcript("", None, None, {}, (), 1.0, None, 1.0, Timings(), (), False)


class Babbling:
    """Jobs for such a server, and what came of them."""

    def __init__(self, seed: int) -> None:
        self.outcomes: Counter[str] = Counter()
        self.wrong: list[str] = []
        self._seed = seed

    def run(self, jobs: int) -> None:
        """So many jobs, some followed by a status; every one must be answered, once and in time."""
        command = [sys.executable, "-m", "tests.fuzz.babbling"]
        arguments = ("--quarantine", "0", "--queue-limit", "1000", "--log-level", "error")
        environment = {SEED: str(self._seed)}
        with Client(*arguments, command=command, environment=environment) as client:
            for number in range(jobs):
                self._ask(client, number)
                if client.process.poll() is not None:
                    self.wrong.append(f"job {number}: the server ended: {client.stderr[-4:]}")
                    return
            client.close_stdin()
            if code := client.exit_code():
                self.wrong.append(f"the server exited with {code}")

    def _ask(self, client: Client, number: int) -> None:
        asked = {"audio": silence(0.1), "timeout_s": TIMEOUT_S, "stream": True, "profile": True}
        id, sent_s = client.timed_request("transcribe", {**asked, "workDoneToken": number})
        status = client.request("status")
        try:
            arrived = client.answer(id)
            client.answer(status)
        except AssertionError as nothing:
            self.wrong.append(f"job {number}: {nothing}")
            return
        error = arrived.message.get("error")
        self.outcomes[error["data"]["kind"] if error else "result"] += 1
        if arrived.at_s - sent_s > TIMEOUT_S + LATEST_S:
            self.wrong.append(f"job {number}: {arrived.at_s - sent_s:.3f} s")
        if len(client.answers(id)) != 1:
            self.wrong.append(f"job {number}: {len(client.answers(id))} answers")


def talk(chance: random.Random, job_id: str) -> Iterator[bytes]:
    """What the worker says of a job, and at the end that it is done, perhaps."""
    _, schemas = msgspec.json.schema_components([FromWorker], ref_template="{name}")
    making = Conforming(chance, schemas, WORDS)
    kinds = [kind.__name__ for kind in get_args(FromWorker)]
    for _ in range(chance.randrange(MESSAGES)):
        message = making.value({"$ref": chance.choice(kinds)})
        if "rss_bytes" in message and chance.random() < 0.9:
            # Much memory is a reason to kill it early.
            message["rss_bytes"] = 1 << 20
        if "job_id" in message and chance.random() < 0.95:
            message["job_id"] = job_id
        # Python writes, and reads, integers of any size.
        line = json.dumps({"message": message}).replace(str(2**64 - 1), str(10**30)).encode()
        yield (damaged(chance, line) if chance.random() < 0.001 else line) + b"\n"
    if chance.random() < 0.5:
        yield encode(Done(job_id, _DONE))
    elif chance.random() < 0.8:
        yield encode(Failed(job_id, "audio_invalid", "it is none", Timings()))


def worker(chance: random.Random) -> None:
    """The worker's side of the pipe."""
    read_from, write_to = claim_stdio()
    write_all(write_to, encode(Hello(1 << 20)))
    hearing = ipc.to_worker(1 << 20)
    threading.Thread(target=_beat, args=[write_to], daemon=True).start()
    while data := os.read(read_from, 1 << 16):
        for message, _ in hearing.feed(data):
            if isinstance(message, Run):
                for said in talk(chance, message.job_id):
                    write_all(write_to, said)
            elif not isinstance(message, ipc.Cancel):
                write_all(write_to, encode(Ready(ModelInfo("m", "m", "cpu", "int8"), 0.0, 1 << 20)))


def _beat(write_to: int) -> None:
    """As whole lines, and small enough for the pipe to take each at once."""
    while True:
        time.sleep(0.25)
        write_all(write_to, encode(ipc.Beat(1 << 20)))


if __name__ == "__main__":
    if sys.argv[1] == "worker":
        worker(random.Random(sys.argv[2]))
    else:
        seed, generations = os.environ[SEED], count()
        program = [sys.executable, "-m", "tests.fuzz.babbling"]
        shell.worker_command = lambda: [*program, "worker", f"{seed}-{next(generations)}"]
        serving.main(sys.argv[2:])

"""What the clients of a soak do. Each visit is a request or a few, all answers of which count."""

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import soundfile

from tests.e2e.client import Client
from tests.e2e.jobs import EXPECTED, SAMPLE, patient, sample, slow
from tests.soak.tally import Answered, Tally

LONG = 6
"""A long job is the sample so many times over."""


class Visitor:
    """One thread's way of using a server that it shares with others."""

    def __init__(self, client: Client, tally: Tally, began_s: float, folder: Path) -> None:
        self._client = client
        self._tally = tally
        self._began_s = began_s
        # At higher temperatures the decoder draws lots, and no two texts need be the same.
        steady = {"temperature": 0}
        path = str(folder / "long.wav")
        self._long = {"audio": {"path": path}, "language": "en", "options": steady}
        self._long_text: str | None = None

    def ping(self) -> None:
        self._ask("ping", "ping", {})

    def status(self) -> None:
        self._ask("status", "status", {})

    def short_job(self) -> None:
        self._job("short", sample(), EXPECTED["text"])

    def long_job(self) -> None:
        text = self._job("long", self._long, self._long_text)
        self._long_text = self._long_text or text

    def bad_job(self) -> None:
        self._ask("bad", "transcribe", sample(options={"beam_sise": 1}), ("invalid_params",))
        missing = {"audio": {"path": "/no/such/file"}}
        self._ask("missing", "transcribe", missing, ("file_unreadable", "worker_crashed"))

    def cancelled_job(self) -> None:
        id, sent_s = self._send("transcribe", patient())
        time.sleep(random.uniform(0, 0.3))  # how far the job gets is what is to vary
        self._client.notify("$/cancelRequest", {"id": id})
        self._receive("cancel", id, sent_s, ("cancelled", "worker_crashed"))

    def late_job(self) -> None:
        timeout_s = random.uniform(0.2, 0.8)
        id, sent_s = self._send("transcribe", slow(timeout_s=timeout_s))
        message, at_s = self._receive("timeout", id, sent_s, ("timeout", "worker_crashed"))
        if "error" in message and message["error"]["data"]["kind"] == "timeout":
            self._tally.miss(at_s - sent_s - timeout_s)

    def crash(self) -> None:
        id, sent_s = self._send("transcribe", patient(timeout_s=5))
        time.sleep(random.uniform(0, 0.2))  # in the queue, in the load or in the job
        for process in self._client.processes():
            os.kill(process.pid, random.choice([signal.SIGKILL, signal.SIGSEGV]))
        kinds = ("worker_crashed", "timeout", "cancelled")
        self._receive("crash", id, sent_s, kinds)

    def _job(self, what: str, params: dict[str, Any], expected: str | None) -> str | None:
        message = self._ask(what, "transcribe", params, ("worker_crashed", "busy"))
        text: str | None = message.get("result", {}).get("text")
        if text is not None and expected is not None and text != expected:
            self._tally.complain(f"{what}: {text!r}")
        return text

    def _ask(
        self, what: str, method: str, params: dict[str, Any], kinds: tuple[str, ...] = ()
    ) -> Any:
        id, sent_s = self._send(method, params)
        return self._receive(what, id, sent_s, kinds)[0]

    def _send(self, method: str, params: dict[str, Any]) -> tuple[int, float]:
        self._tally.ask()
        return self._client.timed_request(method, params)

    def _receive(
        self, what: str, id: int, sent_s: float, kinds: tuple[str, ...]
    ) -> tuple[Any, float]:
        """The answer; an error must be one of `kinds`."""
        message, at_s = self._client.answer(id, within_s=120)
        outcome = message["error"]["data"]["kind"] if "error" in message else "result"
        if outcome not in ("result", *kinds):
            self._tally.complain(f"{what}: {message}")
        self._tally.answer(Answered(what, at_s - self._began_s, at_s - sent_s), outcome)
        return message, at_s


MIX: dict[Callable[[Visitor], None], int] = {
    Visitor.ping: 30,
    Visitor.status: 5,
    Visitor.short_job: 40,
    Visitor.long_job: 6,
    Visitor.bad_job: 5,
    Visitor.cancelled_job: 6,
    Visitor.late_job: 5,
    Visitor.crash: 1,
}


def write_long(folder: Path) -> None:
    """The audio of the long jobs."""
    samples, rate_hz = soundfile.read(SAMPLE, dtype="int16")
    with soundfile.SoundFile(folder / "long.wav", "w", rate_hz, 1) as file:
        for _ in range(LONG):
            file.write(samples)


def come_and_go(tally: Tally) -> list[int]:
    """A client with a server of its own that ends in one of the ways there are; its processes."""
    with Client() as client:
        tally.ask()
        id, sent_s = client.timed_request("transcribe", sample())
        arrived = client.answer(id, within_s=120)
        tally.answer(Answered("visit", 0.0, arrived.at_s - sent_s), "result")
        if arrived.message.get("result", {}).get("text") != EXPECTED["text"]:
            tally.complain(f"visit: {arrived.message}")
        pids = [client.process.pid, *(process.pid for process in client.processes())]
        client.request("transcribe", slow())
        way = random.choice(["kill", "terminate", "eof"])
        if way == "eof":
            client.close_stdin()
            client.exit_code()
        elif way == "kill":
            client.process.kill()
        else:
            client.process.terminate()
            client.exit_code()
        return pids

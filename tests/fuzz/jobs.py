"""Jobs with any options that the schema allows, on any short audio: done, or refused by name."""

import random
from collections import Counter
from typing import Any

import jsonschema

from tests.e2e.client import Client
from tests.e2e.jobs import RATE_HZ, SAMPLE, pcm16, silence, tone
from tests.fuzz.conforming import Conforming

TIMEOUT_S = 2.0
LATEST_S = 0.25
"""After its deadline, an answer is late; room for a machine with other work."""
ALLOWED = ("result", "invalid_params", "timeout")
"""No worker may die of a valid request, nor is anything a fault of the sidecar."""
WORDS = ("good morning", "en", "zh", "-1", "0", ",", " ")


class Jobs:
    """Jobs for a real server, and what came of them."""

    def __init__(self, seed: int) -> None:
        self.outcomes: Counter[str] = Counter()
        self.wrong: list[str] = []
        self._chance = random.Random(seed)

    def run(self, count: int) -> None:
        """So many jobs, one after the other."""
        with Client() as client:
            pid = client.ready().worker_pid()
            schemas = client.call("rpc.discover")["components"]["schemas"]
            making = Conforming(self._chance, schemas, WORDS)
            result = {"$ref": "#/components/schemas/TranscribeResult"}
            validator = jsonschema.Draft202012Validator(
                {**result, "components": {"schemas": schemas}}
            )
            for _ in range(count):
                self._ask(client, validator, self._params(making, schemas))
            if not self.outcomes["timeout"] and client.worker_pid() != pid:
                self.wrong.append("the worker was replaced")

    def _params(self, making: Conforming, schemas: dict[str, Any]) -> dict[str, Any]:
        vad = self._chance.choice(["VadOff", "VadWebrtc", "VadSilero"])
        return {
            "audio": self._audio(),
            "language": self._chance.choice(["auto", "en", "zh"]),
            "task": self._chance.choice(["transcribe", "translate"]),
            "options": making.members(schemas["DecodingOptions"], 5),
            "vad": making.members(schemas[vad], 3),
            "stream": self._chance.random() < 0.5,
            "profile": self._chance.random() < 0.5,
            "timeout_s": TIMEOUT_S,
        }

    def _audio(self) -> dict[str, Any]:
        match self._chance.randrange(5):
            case 0:
                return silence(self._chance.choice([0.01, 0.3, 2.0]))
            case 1:
                return tone(self._chance.choice([0.02, 0.5, 31.0]))
            case 2:
                return pcm16(self._chance.randbytes(2 * RATE_HZ))
            case _:
                return {"path": str(SAMPLE)}

    def _ask(
        self, client: Client, validator: jsonschema.Draft202012Validator, params: dict[str, Any]
    ) -> None:
        id, sent_s = client.timed_request("transcribe", params)
        message, at_s = client.answer(id)
        outcome = message["error"]["data"]["kind"] if "error" in message else "result"
        self.outcomes[outcome] += 1
        what = {**params, "audio": params["audio"].get("path", "samples")}
        if outcome not in ALLOWED:
            self.wrong.append(f"{message['error']['message']}: {what}")
        if at_s - sent_s > TIMEOUT_S + LATEST_S:
            self.wrong.append(f"answered after {at_s - sent_s:.3f} s: {what}")
        if len(client.answers(id)) != 1:
            self.wrong.append(f"{len(client.answers(id))} answers: {what}")
        if outcome == "result":
            self.wrong += [f"{fault}: {what}" for fault in _faults(message["result"], validator)]


def _faults(result: Any, validator: jsonschema.Draft202012Validator) -> list[str]:
    faults = [error.message for error in validator.iter_errors(result)]
    if result["text"] != "".join(one["text"] for one in result["segments"]).strip():
        faults.append(f"the text is not that of the segments: {result['text']!r}")
    # An end may lie beyond the audio's: a model that is lost says so, and so do we.
    faults += [
        f"times of {segment}"
        for segment in result["segments"]
        if not 0 <= segment["start"] <= segment["end"]
    ]
    return faults

"""The golden transcript: a conversation on the wire, with what varies masked.

`python -m tests.e2e.golden` writes `golden.jsonl` anew; a difference in it is a change of the
protocol, to be reviewed and written down as one.
"""

import json
import os
from pathlib import Path
from typing import Any

from tests.e2e.client import Client, Message
from tests.e2e.jobs import ASSETS

GOLDEN = Path(__file__).with_name("golden.jsonl")
REQUESTS: list[dict[str, Any]] = [
    {"method": "initialize", "params": {"client": "golden", "protocol": 1}},
    {"method": "initialize", "params": {"protocol": 99}},
    {"method": "ping"},
    {"method": "models.list"},
    {"method": "models.load", "params": {"model": "selftest"}},
    {"method": "models.load", "params": {"model": "no-such-model"}},
    {
        "method": "transcribe",
        "params": {
            "audio": {"path": "{assets}/sample.flac"},
            "language": "en",
            "stream": True,
            "job_id": "english",
            "trace_id": "trace",
            "workDoneToken": "token",
            "profile": True,
        },
    },
    {
        "method": "transcribe",
        "params": {
            "audio": {"path": "{assets}/sample-zh.flac"},
            "languages": ["zh", "en"],
            "job_id": "mandarin",
        },
    },
    {
        "method": "transcribe",
        "params": {
            "audio": {"data": "AAAA" * 640, "format": "pcm16", "sample_rate": 16000},
            "vad": {"engine": "webrtc"},
            "job_id": "silence",
        },
    },
    {"method": "transcribe", "params": {"audio": {"path": "/missing"}, "job_id": "missing"}},
    {"method": "transcribe", "params": {"audio": {"path": "x"}, "options": {"beam_sise": 1}}},
    {"method": "transcribe", "params": {}},
    {"method": "cancel", "params": {"job_id": "nobody"}},
    {"method": "cancel", "params": {}},
    {"method": "status"},
    {"method": "models.unload"},
    {"method": "no.such.method"},
    {"method": "shutdown", "params": {"grace_s": 1}},
    {"method": "transcribe", "params": {"audio": {"path": "x"}, "job_id": "late"}},
]
TOLD = ("job/started", "job/segment", "$/progress")
"""Notifications whose number does not depend on how fast the machine is, apart from reports."""
VARIABLE = {"pid", "uptime_s", "version", "size_bytes", "rss_bytes", "generation", "elapsed_s"}
MEASURED = {"avg_logprob", "no_speech_prob", "compression_ratio", "language_probability"}
MEASURED |= {"start", "end"}
LISTS = (
    "timings",
    "latency",
    "counters",
    "language_probabilities",
    "attempts",
    "spans",
    "searched",
)


def transcript() -> list[Message]:
    """The conversation with a real server, one entry for each message, masked."""
    said: list[Message] = []
    with Client() as client:
        client.call("ping")
        client.ready()
        for number, request in enumerate(REQUESTS, 1):
            after = len(client.messages)
            message = {"jsonrpc": "2.0", "id": number, **request}
            said.append({"to": "server", "message": message})
            client.send(json.loads(json.dumps(message).replace("{assets}", ASSETS.as_posix())))
            client.answer(number)
            came = [one.message for one in client.messages[after:]]
            said += [{"to": "client", "message": masked(one)} for one in came if is_steady(one)]
    return said


def is_steady(message: Message) -> bool:
    """Whether it comes in every conversation of this kind."""
    if "id" in message:
        return True
    if message["method"] == "$/progress":
        return bool(message["params"]["value"]["kind"] != "report")
    return message["method"] in TOLD


def masked(value: Any, name: str = "") -> Any:
    """`value`, with what varies from run to run, or from machine to machine, made constant."""
    if name in VARIABLE or name in MEASURED or (name.endswith("_s") and name in _SECONDS):
        return None if value is None else "*"
    if name in LISTS:
        return "*" if value else value
    if isinstance(value, dict):
        return {key: masked(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [masked(inner) for inner in value]
    if isinstance(value, str):
        return _assets(value) if name == "path" else _device(name, value)
    return value


def _assets(path: str) -> str:
    """The path, in the program's own assets wherever those are."""
    _, found, rest = path.partition(f"{os.sep}sidecar{os.sep}assets")
    return "{assets}" + rest if found else path


_SECONDS = {"uptime_s", "elapsed_s", "queue_s", "load_s", "encode_s", "align_s", "at_s", "total_s"}


def _device(name: str, value: str) -> str:
    return "*" if name in ("device", "compute_type") else value


def written(said: list[Message]) -> str:
    """As the file has it: a message a line."""
    return "".join(json.dumps(one, ensure_ascii=False, sort_keys=True) + "\n" for one in said)


if __name__ == "__main__":
    GOLDEN.write_text(written(transcript()), "utf-8")

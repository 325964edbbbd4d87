"""Messages for the wire, each with the number of answers that JSON-RPC 2.0 gives it."""

import json
import random
from collections.abc import Iterator
from typing import Any

import orjson
from msgspec import Struct

from tests.e2e.jobs import EXPECTED, SAMPLE
from tests.fuzz.mutation import changed, damaged, nested, odd

CALLS: dict[str, dict[str, Any]] = {
    "initialize": {"client": "fuzz", "protocol": 1},
    "ping": {},
    "status": {"deep": False},
    "cancel": {"job_id": "nobody"},
    "$/cancelRequest": {"id": 1},
    "notifications/cancelled": {"requestId": 1, "reason": "why"},
    "models.list": {},
    "rpc.discover": {},
    "transcribe": {
        "audio": {"data": "AAAA", "format": "pcm16", "sample_rate": 16_000, "channels": 1},
        "language": "en",
        "languages": ["en", "zh"],
        "task": "transcribe",
        "timeout_s": 0.5,
        "segments_timeout_s": 0.5,
        "priority": 1,
        "job_id": "fuzz",
        "trace_id": "fuzz",
        "stream": False,
        "profile": False,
        "vad": {"engine": "webrtc", "aggressiveness": 2, "frame_ms": 30},
        "options": {"beam_size": 1, "temperature": 0, "word_timestamps": False},
    },
}
"""Not among them: what ends the server or its worker on purpose."""
NEVER = ("shutdown", "exit", "models.load", "models.unload")


class Sent(Struct, frozen=True):
    """One message, and the ids of its answers; a batch has one answer, with all of them."""

    body: bytes
    ids: tuple[Any, ...]
    expected_text: str | None = None


def messages(random: random.Random, count: int) -> Iterator[Sent]:
    """So many messages; every id of ours is a string of its own."""
    for number in range(count):
        yield _message(random, f"fuzz-{number}")


def _message(random: random.Random, id: str) -> Sent:
    chosen = random.random()
    if chosen < 0.45:
        return _answered(orjson.dumps(_call(random, id)))
    if chosen < 0.55:
        calls = [_element(random, f"{id}-{n}") for n in range(random.randrange(1, 6))]
        return _answered(json.dumps(calls).encode())
    if chosen < 0.9:
        return _answered(_line(damaged(random, orjson.dumps(_call(random, id)))))
    if chosen < 0.95:
        return _answered(_line(nested(random)))
    if chosen < 0.9995:
        return _answered(_line(random.randbytes(random.randrange(1, 200))))
    params = {"audio": {"path": str(SAMPLE)}, "language": "en"}
    body = orjson.dumps({"jsonrpc": "2.0", "id": id, "method": "transcribe", "params": params})
    return Sent(body, (id,), EXPECTED["text"])


def _line(body: bytes) -> bytes:
    """One message in either framing: not empty, and without a line's end."""
    return body.translate(None, b"\r\n").strip() or b"x"


def _call(random: random.Random, id: str) -> dict[str, Any]:
    method = random.choice(list(CALLS))
    params: Any = CALLS[method]
    if random.random() < 0.8:
        params = changed(random, params)
    if random.random() < 0.05:
        params = odd(random)
    if random.random() < 0.05:
        method = random.choice(["", "fuzz", "rpc.", "a" * 1000, "PING", "transcribe "])
    return {"jsonrpc": "2.0", "id": id, "method": method, "params": params}


def _element(random: random.Random, id: str) -> Any:
    if random.random() < 0.3:
        return odd(random)
    call = _call(random, id)
    if random.random() < 0.3:
        del call["id"]
    return call


def _answered(body: bytes) -> Sent:
    """With the answers that the specification gives it, told from the JSON alone."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return Sent(body, (None,))
    if _forbidden(value):
        return Sent(b'{"never":1}', (None,))
    if not isinstance(value, list):
        return Sent(body, tuple(_ids(value)))
    if not value or len(value) > 1000:
        return Sent(body, (None,))
    return Sent(body, tuple(id for element in value for id in _ids(element)))


def _forbidden(value: Any) -> bool:
    elements = value if isinstance(value, list) else [value]
    return any(isinstance(one, dict) and one.get("method") in NEVER for one in elements)


def _ids(element: Any) -> Iterator[Any]:
    if not isinstance(element, dict):
        yield None
        return
    id = element.get("id")
    is_id = id is None or isinstance(id, str) or (type(id) is int and abs(id) <= 2**53)
    is_answer = "method" not in element and ("result" in element or "error" in element)
    is_request = (
        element.get("jsonrpc") == "2.0"
        and isinstance(element.get("method"), str)
        and isinstance(element.get("params", {}), dict | list)
    )
    is_notification = is_id and is_request and "id" not in element
    if not (is_answer or is_notification):
        yield id if is_id else None

"""What is too much, too long, too large or out of range: refused by name, or obeyed."""

import json
from typing import Any

import pytest

from tests.e2e.client import Client
from tests.e2e.jobs import tone
from tests.fuzz.conforming import edges

INVALID_PARAMS = -32602


def schemas_of(client: Client) -> dict[str, Any]:
    schemas: dict[str, Any] = client.call("rpc.discover")["components"]["schemas"]
    return schemas


def outcome(client: Client, options: dict[str, Any], **asked: Any) -> str:
    """`result`, or the kind of error."""
    sent = {"audio": tone(0.2), "language": "en", "timeout_s": 5.0, **asked}
    sent["options"] = {"temperature": 0, "beam_size": 1, "encoder_context": "fit", **options}
    answer = client.answer(client.request("transcribe", sent)).message
    return str(answer["error"]["data"]["kind"]) if "error" in answer else "result"


def test_every_option_at_the_edges_of_its_range_is_obeyed_or_refused(shared: Client) -> None:
    options = schemas_of(shared)["DecodingOptions"]["properties"]
    outcomes = {
        f"{name}={json.dumps(value):.60}": outcome(shared, {name: value})
        for name, schema in options.items()
        for value in edges(schema)
    }
    assert outcomes["beam_size=100"] == outcomes["no_repeat_ngram_size=448"] == "result"
    assert set(outcomes.values()) <= {"result", "invalid_params"}, outcomes


@pytest.mark.parametrize("engine", ["webrtc", "silero"])
def test_every_parameter_of_vad_at_the_edges_of_its_range_is_obeyed(
    shared: Client, engine: str
) -> None:
    properties = schemas_of(shared)[f"Vad{engine.title()}"]["properties"]
    outcomes = {
        f"{name}={value}": outcome(shared, {}, vad={"engine": engine, name: value})
        for name, schema in properties.items()
        if name != "engine"
        for value in edges(schema)
    }
    assert set(outcomes.values()) == {"result"}, outcomes

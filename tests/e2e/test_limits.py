"""What is too much, too long, too large or out of range: refused by name, or obeyed."""

import json
from typing import Any

import pytest

from tests.e2e.client import Client
from tests.e2e.jobs import silence, tone
from tests.fuzz.conforming import edges

PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS = -32700, -32600, -32601, -32602
AUDIO_TOO_LONG = -32017
LONG = "beam" * 500_000
AT_ONCE_S = 0.5
"""Two million characters are read and refused in a tenth of it."""


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


BEYOND: dict[str, tuple[object, ...]] = {
    "options.beam_size": (0, 101, -1, 2**63, 1.5),
    "options.best_of": (0, 101),
    "options.patience": (0, -1, 101, 1e300),
    "options.length_penalty": (-10.1, 10.1),
    "options.repetition_penalty": (0, 0.009, 101),
    "options.no_repeat_ngram_size": (-1, 449, 2**63),
    "options.temperature": (-0.1, 2.1, [], [0, 2.1]),
    "options.no_speech_threshold": (-0.1, 1.1),
    "options.max_initial_timestamp": (-1, 30.1, 1e300),
    "options.max_new_tokens": (0, 449, 2**64 - 1, 2**64),
    "options.clip_timestamps": ([-1],),
    "options.initial_prompt": ("x" * 16_385,),
    "options.hotwords": ("x" * 16_385,),
    "options.batch_size": (0, 129),
    "audio.sample_rate": (999, 768_001, 0, 16_000.5),
    "audio.channels": (0, 65),
    "audio.path": ("", "x" * 32_769),
    "language": ("e", "x" * 9),
    "timeout_s": (0, -1, 604_801, 1e300),
    "segments_timeout_s": (0, 604_801),
    "priority": (-1001, 1001, 0.5),
    "job_id": ("", "x" * 201),
    "trace_id": ("", "x" * 201),
}


@pytest.mark.parametrize(
    ("path", "value"), [(path, value) for path, values in BEYOND.items() for value in values]
)
def test_what_is_out_of_range_is_refused_by_name(light: Client, path: str, value: object) -> None:
    outer, _, inner = path.rpartition(".")
    asked: dict[str, Any] = {"audio": silence(0.1)}
    if outer:
        asked[outer] = {**asked.get(outer, {}), inner: value}
    else:
        asked[inner] = value
    error = light.fail("transcribe", asked)
    assert error["code"] == INVALID_PARAMS
    assert error["data"]["path"].startswith(path)


@pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_what_is_no_number_is_not_json(light: Client, literal: str) -> None:
    raw = f'{{"jsonrpc":"2.0","id":1,"method":"transcribe","params":{{"timeout_s":{literal}}}}}'
    before = len(light.messages)
    light.send_bytes(light.frame(raw.encode()))
    answer = light.message(lambda one: "error" in one, after=before).message
    assert (answer["error"]["code"], answer["id"]) == (PARSE_ERROR, None)


@pytest.mark.parametrize(
    "params",
    [
        {LONG: 1},
        {"audio": {"path": "a"}, "options": {LONG: 1}},
        {"audio": {"path": "a"}, "task": LONG},
        {"audio": {"path": "a"}, "vad": {"engine": LONG}},
        {"audio": {"path": "a"}, "languages": [LONG]},
        {"audio": {"path": "a", "format": LONG}},
    ],
)
def test_what_is_long_is_refused_at_once_and_not_said_again(
    light: Client, params: dict[str, Any]
) -> None:
    id, sent_s = light.timed_request("transcribe", params)
    arrived = light.answer(id)
    assert arrived.message["error"]["code"] == INVALID_PARAMS
    assert len(json.dumps(arrived.message)) < 1000
    assert arrived.at_s - sent_s < AT_ONCE_S


def test_a_long_name_of_a_method_is_not_said_again(light: Client) -> None:
    error = light.fail(LONG)
    assert error["code"] == METHOD_NOT_FOUND
    assert len(json.dumps(error)) < 1000


def test_a_long_id_comes_back_whole(light: Client) -> None:
    light.send({"jsonrpc": "2.0", "id": LONG, "method": "ping"})
    assert light.answer(LONG).message["result"]["pong"] is True


def test_a_batch_of_a_thousand_is_answered_and_a_larger_one_refused_whole(light: Client) -> None:
    pings = [{"jsonrpc": "2.0", "id": f"ping {n}", "method": "ping"} for n in range(1001)]
    light.send(pings[:1000])
    together = light.message(lambda one: isinstance(one, list)).message
    assert [answer["id"] for answer in together] == [ping["id"] for ping in pings[:1000]]
    before = len(light.messages)
    light.send(pings)
    refusal = light.message(lambda one: "error" in one, after=before).message
    assert (refusal["error"]["code"], refusal["id"]) == (INVALID_REQUEST, None)
    assert light.call("ping")["pong"] is True
    assert not light.answers("ping 1000")


def test_nesting_within_a_parameter_is_taken_as_deep_as_json_is_read(light: Client) -> None:
    for depth in (100, 500, 1000, 1023, 1024, 5000):
        client = b"[" * depth + b"]" * depth
        before = len(light.messages)
        raw = b'{"jsonrpc":"2.0","id":2,"method":"initialize","params":{"client":{"x":%b}}}'
        light.send_bytes(light.frame(raw % client))
        answer = light.message(lambda one: "id" in one, after=before).message
        is_taken = "result" in answer
        assert is_taken or answer["error"]["code"] == PARSE_ERROR
        assert is_taken == (depth <= 1000)


def test_audio_of_too_many_bytes_is_refused() -> None:
    with Client("--max-audio-bytes", "10000") as client:
        client.ready()
        assert (
            "result" in client.answer(client.request("transcribe", {"audio": silence(0.3)})).message
        )
        error = client.fail("transcribe", {"audio": silence(0.4)})
        assert (error["code"], error["data"]["limit_bytes"]) == (AUDIO_TOO_LONG, 10_000)


def test_a_prompt_of_too_many_tokens_is_refused_by_name(shared: Client) -> None:
    for name in ("initial_prompt", "prefix", "hotwords"):
        asked = {"audio": silence(0.2), "language": "en", "options": {name: "x" * 16_384}}
        error = shared.fail("transcribe", asked)
        assert (error["code"], error["data"]["path"]) == (INVALID_PARAMS, f"options.{name}")

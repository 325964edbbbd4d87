"""JSON-RPC 2.0, section 7: every example of the specification, by this server's methods."""

import json
from typing import Any

import pytest

from tests.e2e.client import Client

PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS = -32700, -32600, -32601, -32602
WITHIN_S = 10.0


def exchange(client: Client, raw: str) -> Any:
    """Send `raw` as one message; the one message that comes back."""
    before = len(client.messages)
    client.send_bytes(client.frame(raw.encode()))
    answered = client.message(lambda one: not is_notification(one), WITHIN_S, before)
    return answered.message


def is_notification(message: Any) -> bool:
    return isinstance(message, dict) and "method" in message


def assert_no_answer(client: Client, raw: str) -> None:
    """Messages are answered in order where nothing is deferred: a ping behind it is the proof."""
    before = len(client.messages)
    client.send_bytes(client.frame(raw.encode()))
    client.call("ping", within_s=WITHIN_S)
    answers = [one.message for one in client.messages[before:] if not is_notification(one.message)]
    assert len(answers) == 1
    assert answers[0]["result"]["pong"] is True


def assert_error(answer: Any, code: int, id: object) -> None:
    assert set(answer) == {"jsonrpc", "id", "error"}
    assert answer["jsonrpc"] == "2.0"
    assert answer["error"]["code"] == code
    assert isinstance(answer["error"]["message"], str)
    assert answer["error"]["data"]["retryable"] is False
    assert answer["id"] == id
    assert type(answer["id"]) is type(id)


def test_a_call_with_positional_parameters(light: Client) -> None:
    answer = exchange(light, '{"jsonrpc": "2.0", "method": "cancel", "params": [42], "id": 1}')
    assert answer == {"jsonrpc": "2.0", "id": 1, "result": {"cancelled": False}}
    answer = exchange(
        light, '{"jsonrpc": "2.0", "method": "cancel", "params": [null, "job"], "id": 2}'
    )
    assert answer == {"jsonrpc": "2.0", "id": 2, "result": {"cancelled": False}}


def test_a_call_with_named_parameters(light: Client) -> None:
    raw = '{"jsonrpc": "2.0", "method": "cancel", "params": {"id": 23, "job_id": null}, "id": 3}'
    assert exchange(light, raw) == {"jsonrpc": "2.0", "id": 3, "result": {"cancelled": False}}
    raw = '{"jsonrpc": "2.0", "method": "cancel", "params": {"job_id": null, "id": 23}, "id": 4}'
    assert exchange(light, raw) == {"jsonrpc": "2.0", "id": 4, "result": {"cancelled": False}}


def test_a_call_without_parameters(light: Client) -> None:
    for params in ("", ', "params": {}', ', "params": []'):
        answer = exchange(light, f'{{"jsonrpc": "2.0", "method": "ping"{params}, "id": 5}}')
        assert answer["result"]["pong"] is True
        assert answer["id"] == 5


def test_a_notification_is_not_answered(light: Client) -> None:
    assert_no_answer(light, '{"jsonrpc": "2.0", "method": "cancel", "params": [1]}')
    assert_no_answer(light, '{"jsonrpc": "2.0", "method": "foobar"}')
    assert_no_answer(light, '{"jsonrpc": "2.0", "method": "ping", "params": {"wrong": 1}}')


def test_a_call_of_a_method_that_does_not_exist(light: Client) -> None:
    answer = exchange(light, '{"jsonrpc": "2.0", "method": "foobar", "id": "1"}')
    assert_error(answer, METHOD_NOT_FOUND, "1")


def test_a_call_with_invalid_json(light: Client) -> None:
    raw = '{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]'
    assert_error(exchange(light, raw), PARSE_ERROR, None)


def test_a_call_with_an_invalid_request_object(light: Client) -> None:
    raw = '{"jsonrpc": "2.0", "method": 1, "params": "bar"}'
    assert_error(exchange(light, raw), INVALID_REQUEST, None)


def test_a_batch_of_invalid_json(light: Client) -> None:
    raw = (
        '[{"jsonrpc": "2.0", "method": "cancel", "params": [1,2,4], "id": "1"},'
        '{"jsonrpc": "2.0", "method"]'
    )
    assert_error(exchange(light, raw), PARSE_ERROR, None)


def test_a_call_with_an_empty_array(light: Client) -> None:
    assert_error(exchange(light, "[]"), INVALID_REQUEST, None)


def test_a_batch_that_is_invalid_but_not_empty(light: Client) -> None:
    answers = exchange(light, "[1]")
    assert len(answers) == 1
    assert_error(answers[0], INVALID_REQUEST, None)


def test_an_invalid_batch(light: Client) -> None:
    answers = exchange(light, "[1,2,3]")
    assert len(answers) == 3
    for answer in answers:
        assert_error(answer, INVALID_REQUEST, None)


def test_a_mixed_batch(light: Client) -> None:
    raw = """[
        {"jsonrpc": "2.0", "method": "cancel", "params": [1], "id": "1"},
        {"jsonrpc": "2.0", "method": "cancel", "params": [7]},
        {"jsonrpc": "2.0", "method": "cancel", "params": {"job_id": "x"}, "id": "2"},
        {"foo": "boo"},
        {"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"},
        {"jsonrpc": "2.0", "method": "ping", "id": "9"}
    ]"""
    answers = exchange(light, raw.replace("\n", " "))
    by_id = {answer["id"]: answer for answer in answers}
    assert len(answers) == len(by_id) == 5
    assert by_id["1"]["result"] == by_id["2"]["result"] == {"cancelled": False}
    assert_error(by_id[None], INVALID_REQUEST, None)
    assert_error(by_id["5"], METHOD_NOT_FOUND, "5")
    assert by_id["9"]["result"]["pong"] is True


def test_a_batch_of_notifications_is_not_answered(light: Client) -> None:
    assert_no_answer(
        light,
        '[{"jsonrpc": "2.0", "method": "cancel", "params": [1]},'
        ' {"jsonrpc": "2.0", "method": "foobar", "params": [7]}]',
    )


def test_a_batch_waits_for_its_slowest_answer(light: Client) -> None:
    load = {"jsonrpc": "2.0", "method": "models.load", "params": ["no-such-model"], "id": "l"}
    ping = {"jsonrpc": "2.0", "method": "ping", "id": "p"}
    answers = exchange(light, json.dumps([load, ping]))
    assert {answer["id"] for answer in answers} == {"l", "p"}


@pytest.mark.parametrize("id", [0, 1, -1, "", "0", "ä\u2028𝄞", 2**53, -(2**53), None])
def test_an_id_comes_back_as_it_was(light: Client, id: object) -> None:
    answer = exchange(light, json.dumps({"jsonrpc": "2.0", "method": "ping", "id": id}))
    assert answer["result"]["pong"] is True
    assert answer["id"] == id
    assert type(answer["id"]) is type(id)


@pytest.mark.parametrize("id", ["9007199254740993", "1e400", "1.0", "1.5", "true", "[]", "{}"])
def test_an_id_that_could_not_come_back_as_it_was_is_refused(light: Client, id: str) -> None:
    answer = exchange(light, f'{{"jsonrpc": "2.0", "method": "ping", "id": {id}}}')
    assert answer["error"]["code"] in (INVALID_REQUEST, PARSE_ERROR)
    assert answer["id"] is None


@pytest.mark.parametrize(
    "raw",
    [
        '{"method": "ping", "id": 8}',
        '{"jsonrpc": "1.0", "method": "ping", "id": 8}',
        '{"jsonrpc": 2.0, "method": "ping", "id": 8}',
        '{"jsonrpc": "2.0", "id": 8}',
        '{"jsonrpc": "2.0", "method": null, "id": 8}',
        '{"jsonrpc": "2.0", "method": "ping", "params": "bar", "id": 8}',
        '{"jsonrpc": "2.0", "method": "ping", "params": null, "id": 8}',
    ],
)
def test_what_is_not_a_request_is_refused_with_its_id(light: Client, raw: str) -> None:
    assert_error(exchange(light, raw), INVALID_REQUEST, 8)


def test_the_answer_of_somebody_else_is_not_answered(light: Client) -> None:
    assert_no_answer(light, '{"jsonrpc": "2.0", "result": {}, "id": 1}')


def test_too_many_or_wrong_parameters_are_named(light: Client) -> None:
    answer = exchange(light, '{"jsonrpc": "2.0", "method": "cancel", "params": [1,2,3], "id": 1}')
    assert_error(answer, INVALID_PARAMS, 1)
    answer = exchange(
        light, '{"jsonrpc": "2.0", "method": "cancel", "params": {"idd": 1}, "id": 1}'
    )
    assert_error(answer, INVALID_PARAMS, 1)
    assert answer["error"]["data"]["path"] == "idd"
    assert "'id'" in answer["error"]["message"]

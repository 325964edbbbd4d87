"""JSON-RPC 2.0 messages, element by element."""

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.core.framing import Defect
from sidecar.core.jsonrpc import MAX_BATCH, Element, Invalid, Request, Response, parse

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


def one(message: object) -> Element:
    parsed = parse(json.dumps(message).encode(), 1000)
    assert not isinstance(parsed, list)
    return parsed


def refused(message: object) -> Invalid:
    parsed = one(message)
    assert isinstance(parsed, Invalid)
    return parsed


@given(st.binary())
def test_any_bytes_are_a_request_or_an_error(data: bytes) -> None:
    parsed = parse(data, 1000)
    for element in parsed if isinstance(parsed, list) else [parsed]:
        assert isinstance(element, Request | Invalid | Response)


@given(st.dictionaries(st.sampled_from(["jsonrpc", "method", "params", "id", "result"]), JSON))
def test_any_object_is_a_request_or_an_error(message: dict[str, object]) -> None:
    assert isinstance(one(message), Request | Invalid | Response)


@pytest.mark.parametrize("id", [0, 1, -1, 2**53, -(2**53), "", "x", None])
def test_ids_are_kept_as_they_are(id: object) -> None:
    request = one({"jsonrpc": "2.0", "method": "m", "id": id})
    assert isinstance(request, Request)
    assert request.id == id
    assert not request.notification


@pytest.mark.parametrize("id", [2**53 + 1, 2**64, 1.0, 1.5, True, [], {}])
def test_ids_that_would_not_come_back_the_same_are_refused(id: object) -> None:
    assert refused({"jsonrpc": "2.0", "method": "m", "id": id}).id is None


def test_without_an_id_it_is_a_notification() -> None:
    request = one({"jsonrpc": "2.0", "method": "m"})
    assert isinstance(request, Request)
    assert request.notification


def test_an_invalid_request_keeps_an_id_that_could_be_read() -> None:
    assert refused({"jsonrpc": "2.0", "method": 1, "id": 7}).id == 7


@pytest.mark.parametrize(
    "message",
    [
        {"jsonrpc": "1.0", "method": "m"},
        {"method": "m"},
        {"jsonrpc": "2.0", "method": 1, "params": "bar"},
        {"jsonrpc": "2.0", "method": "m", "params": 3},
        1,
        "x",
        [],
    ],
)
def test_what_is_not_a_request_is_refused(message: object) -> None:
    assert refused(message).error.code == -32600


@pytest.mark.parametrize(
    "message", [b"{", b'{"jsonrpc": NaN}', b'"\xff"', b'"\\ud800"', b"[" * 5000]
)
def test_what_is_not_json_is_refused(message: bytes) -> None:
    parsed = parse(message, 1000)
    assert isinstance(parsed, Invalid)
    assert parsed.error.code == -32700


def test_each_element_of_a_batch_is_judged_by_itself() -> None:
    good = {"jsonrpc": "2.0", "method": "m", "id": 1}
    parsed = parse(orjson.dumps([1, good, {"foo": "boo"}]), 1000)
    assert isinstance(parsed, list)
    assert [type(element) for element in parsed] == [Invalid, Request, Invalid]


def test_a_batch_has_a_limit() -> None:
    assert refused([1] * (MAX_BATCH + 1)).error.code == -32600


def test_answers_to_requests_that_we_never_made_are_recognised() -> None:
    assert isinstance(one({"jsonrpc": "2.0", "id": 1, "result": {}}), Response)


@pytest.mark.parametrize("defect", Defect)
def test_defects_of_the_stream_are_invalid_requests(defect: Defect) -> None:
    parsed = parse(defect, 1000)
    assert isinstance(parsed, Invalid)
    assert parsed.error.code == -32600

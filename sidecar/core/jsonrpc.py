"""JSON-RPC 2.0 messages: what comes in is checked, what goes out is built. Sans-I/O.

The checks are those of the specification (https://www.jsonrpc.org/specification), made element
by element, so that one bad element of a batch does not spoil the others.
"""

from typing import Any

import orjson
from msgspec import Struct

from sidecar.core.errors import Detail, InvalidRequest, ParseError, SidecarError
from sidecar.core.framing import Defect

Id = str | int | None
MAX_ID = 2**53
MAX_BATCH = 1000


class Request(Struct, frozen=True):
    """A valid request, or, with `notification`, one that wants no answer."""

    method: str
    params: dict[str, Any] | list[Any]
    id: Id
    notification: bool


class Invalid(Struct, frozen=True):
    """Something that is not a request, and its id as far as that could be told."""

    id: Id
    error: SidecarError


class Response(Struct, frozen=True):
    """The other side's answer to a request of ours: we make none, so it is ignored."""


Element = Request | Invalid | Response


def parse(message: bytes | Defect, max_message_bytes: int) -> Element | list[Element]:
    """The request, or the batch of requests, in one message of the stream."""
    if message is Defect.TOO_LARGE:
        return Invalid(
            None,
            InvalidRequest(
                f"the message has over {max_message_bytes} bytes", limit_bytes=max_message_bytes
            ),
        )
    if isinstance(message, Defect):
        return Invalid(None, InvalidRequest("the headers have no valid Content-Length"))
    try:
        value = orjson.loads(message)
    except orjson.JSONDecodeError as error:
        return Invalid(None, ParseError(f"the message is not JSON: {error}"))
    if not isinstance(value, list):
        return _element(value)
    if not value:
        return Invalid(None, InvalidRequest("the batch is empty"))
    if len(value) > MAX_BATCH:
        return Invalid(None, InvalidRequest(f"the batch has over {MAX_BATCH} elements"))
    return [_element(element) for element in value]


def _element(value: object) -> Element:
    if not isinstance(value, dict):
        return Invalid(None, InvalidRequest("a request is an object"))
    if "method" not in value and ("result" in value or "error" in value):
        return Response()
    id = value.get("id")
    if not _is_id(id):
        return Invalid(None, InvalidRequest("an id is a string, null or an integer up to 2^53"))
    params = value.get("params", {})
    if value.get("jsonrpc") != "2.0":
        reason = 'jsonrpc is not "2.0"'
    elif not isinstance(value.get("method"), str):
        reason = "method is not a string"
    elif not isinstance(params, dict | list):
        reason = "params is neither an object nor an array"
    else:
        return Request(value["method"], params, id, notification="id" not in value)
    return Invalid(id, InvalidRequest(reason))


def _is_id(value: object) -> bool:
    if isinstance(value, int) and not isinstance(value, bool):
        return abs(value) <= MAX_ID
    return value is None or isinstance(value, str)


def success(id: Id, result: object) -> dict[str, object]:
    """The answer to a request that succeeded."""
    return {"jsonrpc": "2.0", "id": id, "result": result}


def failure(id: Id, code: int, message: str, data: object) -> dict[str, object]:
    """The answer to a request that failed."""
    error = {"code": code, "message": message, "data": data}
    return {"jsonrpc": "2.0", "id": id, "error": error}


def error_data(error: SidecarError) -> dict[str, Detail]:
    """The members that every error's data has, and those of its kind."""
    return {**error.details, "kind": error.kind, "retryable": error.retryable}


def notification(method: str, params: object) -> dict[str, object]:
    """A message that wants no answer."""
    return {"jsonrpc": "2.0", "method": method, "params": params}

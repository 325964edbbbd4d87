"""jsonrpcserver's dispatcher, without the rest of the package.

Importing the package also imports jsonschema, http.server and more, 85 ms of which a request sees
nothing: elements are validated by `core.jsonrpc`. So the package, and oslash, which it builds on,
are entered without running their `__init__`, and what the dispatcher needs is imported alone.
"""

import sys
from collections.abc import Callable
from importlib.util import find_spec, module_from_spec
from typing import Any

from sidecar.core.jsonrpc import Request

for _name in ("jsonrpcserver", "oslash"):
    if _name not in sys.modules:
        _spec = find_spec(_name)
        assert _spec is not None
        sys.modules[_name] = module_from_spec(_spec)

# E402: they must come after the packages were entered.
from jsonrpcserver.dispatcher import dispatch_to_response_pure  # noqa: E402
from jsonrpcserver.response import ErrorResponse, SuccessResponse  # noqa: E402
from jsonrpcserver.result import Error, Result, Success  # noqa: E402

__all__ = ["Error", "ErrorResponse", "Result", "Success", "SuccessResponse", "dispatch"]

Method = Callable[..., Result]


def dispatch(
    methods: dict[str, Method], context: object, request: Request
) -> SuccessResponse | ErrorResponse:
    """Call the method that `request` names, with `context` as its first argument.

    Never raises; a method that does is answered with an internal error.
    """
    # The ignores: it declares a request to be a string, though any deserializer may make it from
    # anything, and it returns a union whose parts only their attributes tell apart.
    response = dispatch_to_response_pure(
        deserializer=_as_it_is,
        validator=_as_it_is,
        methods=methods,
        context=context,
        post_process=_as_it_is,
        request={"method": request.method, "params": request.params, "id": request.id},  # type: ignore[arg-type]
    )
    return response._value if hasattr(response, "_value") else response._error  # type: ignore[union-attr, no-any-return]


def _as_it_is(value: Any) -> Any:
    return value

"""The OpenRPC document (https://spec.open-rpc.org), from the types that do the work."""

from functools import cache
from typing import Any

import msgspec

from sidecar.core.errors import ERROR_TYPES
from sidecar.core.reply import JobErrorData, TranscribeResult
from sidecar.serve import results
from sidecar.serve.methods import PROTOCOL
from sidecar.serve.table import METHODS, PARAMS
from sidecar.version import VERSION

RESULTS: dict[str, type[msgspec.Struct]] = {
    "initialize": results.Initialized,
    "ping": results.Pong,
    "transcribe": TranscribeResult,
    "cancel": results.CancelResult,
    "status": results.Status,
    "models.list": results.ModelList,
    "models.load": results.ModelLoaded,
    "models.unload": results.Ok,
    "shutdown": results.Ok,
}
NOTIFIED: dict[str, type[msgspec.Struct]] = {
    "job/started": results.JobStartedParams,
    "job/segment": results.JobSegmentParams,
    "job/progress": results.JobProgressParams,
    "worker/state": results.WorkerStateParams,
    "$/progress": results.WorkDoneProgress,
}
_REF = "#/components/schemas/{name}"


@cache
def document() -> dict[str, Any]:
    """All methods with their parameters and results, the notifications, and the errors."""
    called = [name for name in METHODS if name in RESULTS]
    types = [*(PARAMS[name] for name in called), *RESULTS.values(), *NOTIFIED.values()]
    _, schemas = msgspec.json.schema_components([*types, JobErrorData], ref_template=_REF)
    return {
        "openrpc": "1.3.2",
        "info": {
            "title": "asr-sidecar",
            "version": VERSION,
            "x-protocol": PROTOCOL,
        },
        "methods": [_method(name, schemas) for name in called],
        "x-notifications": [
            {"name": name, "params": _reference(type_)} for name, type_ in NOTIFIED.items()
        ],
        "x-errors": [
            {"code": error.code, "kind": error.kind, "retryable": error.retryable}
            for error in ERROR_TYPES
        ],
        "components": {"schemas": schemas},
    }


def _method(name: str, schemas: dict[str, Any]) -> dict[str, Any]:
    schema = schemas[PARAMS[name].__name__]
    required = schema.get("required", [])
    return {
        "name": name,
        "paramStructure": "either",
        "params": [
            {"name": field, "required": field in required, "schema": described}
            for field, described in schema["properties"].items()
        ],
        "result": {"name": "result", "schema": _reference(RESULTS[name])},
    }


def _reference(type_: type[msgspec.Struct]) -> dict[str, str]:
    return {"$ref": _REF.format(name=type_.__name__)}

"""What can go wrong, as types. The one table of codes and kinds of the wire."""

from typing import ClassVar

from sidecar.core.integer import Integer

Detail = str | Integer | float | bool | None | list[str]


class SidecarError(Exception):
    """Something a caller is told about.

    `details` are the members of `error.data` that belong to this kind alone, such as
    `limit_s`; what every error carries (job, phase, timings) is added where it is sent.
    """

    code: ClassVar[int] = -32603
    kind: ClassVar[str] = "internal"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, /, **details: Detail) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class ParseError(SidecarError):
    """The bytes are not JSON."""

    code = -32700
    kind = "parse_error"


class InvalidRequest(SidecarError):
    """The JSON is not a JSON-RPC 2.0 request."""

    code = -32600
    kind = "invalid_request"


class MethodNotFound(SidecarError):
    """No such method."""

    code = -32601
    kind = "method_not_found"


class InvalidParams(SidecarError):
    """A parameter is wrong; `path` names it."""

    code = -32602
    kind = "invalid_params"

    def __init__(self, message: str, /, *, path: str, **details: Detail) -> None:
        super().__init__(message, path=path, **details)


class InternalError(SidecarError):
    """A fault of the program itself."""


class JobTimeout(SidecarError):
    """A budget ran out; `budget` says which."""

    code = -32010
    kind = "timeout"
    retryable = True


class WorkerCrashed(SidecarError):
    """The worker died under the job."""

    code = -32011
    kind = "worker_crashed"
    retryable = True


class WorkerStalled(SidecarError):
    """The worker's process is frozen: its heartbeat stopped."""

    code = -32012
    kind = "worker_stalled"
    retryable = True


class Busy(SidecarError):
    """The queue is full; `retry_after_s` and `queue_depth` say how full."""

    code = -32013
    kind = "busy"
    retryable = True


class WorkerUnavailable(SidecarError):
    """Starting a worker keeps failing; the last reason is quoted."""

    code = -32014
    kind = "worker_unavailable"


class ModelUnavailable(SidecarError):
    """No model is configured, or it is missing or incomplete."""

    code = -32015
    kind = "model_unavailable"


class AudioInvalid(SidecarError):
    """The audio is unreadable, empty or has no audio stream."""

    code = -32016
    kind = "audio_invalid"


class AudioTooLong(SidecarError):
    """The audio is over a limit, `limit_s` or `limit_bytes`."""

    code = -32017
    kind = "audio_too_long"


class OutOfMemory(SidecarError):
    """The host's or the device's memory ran out."""

    code = -32018
    kind = "out_of_memory"
    retryable = True


class ShuttingDown(SidecarError):
    """The sidecar is stopping."""

    code = -32019
    kind = "shutting_down"


class FileUnreadable(SidecarError):
    """The file is missing, denied or outside the allowed folders."""

    code = -32021
    kind = "file_unreadable"


class PoisonedInput(SidecarError):
    """The same audio has killed workers; it is not tried again for `retry_after_s`."""

    code = -32022
    kind = "poisoned_input"


class Cancelled(SidecarError):
    """The client cancelled the request."""

    code = -32800
    kind = "cancelled"


ERROR_TYPES: tuple[type[SidecarError], ...] = (
    ParseError,
    InvalidRequest,
    MethodNotFound,
    InvalidParams,
    InternalError,
    JobTimeout,
    WorkerCrashed,
    WorkerStalled,
    Busy,
    WorkerUnavailable,
    ModelUnavailable,
    AudioInvalid,
    AudioTooLong,
    OutOfMemory,
    ShuttingDown,
    FileUnreadable,
    PoisonedInput,
    Cancelled,
)

_BY_KIND = {error.kind: error for error in ERROR_TYPES}


def error_of_kind(kind: str, message: str, details: dict[str, Detail]) -> SidecarError:
    """Rebuild an error that crossed a process boundary as its kind and details."""
    nameless = kind == InvalidParams.kind and not isinstance(details.get("path"), str)
    return (InternalError if nameless else _BY_KIND.get(kind, InternalError))(message, **details)

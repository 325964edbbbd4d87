"""The method table, and what stands around every method of it.

jsonrpcserver dispatches here. A method either returns its result or `DEFERRED`: then the answer
comes later, through the call.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from msgspec import Struct

from sidecar.core.errors import InternalError, SidecarError
from sidecar.core.events import Event
from sidecar.core.jsonrpc import error_data
from sidecar.core.log import LogRecord
from sidecar.core.supervisor import Supervisor
from sidecar.serve import params
from sidecar.serve.call import Call
from sidecar.serve.dispatch import Error, Result, Success
from sidecar.serve.log import JsonLog
from sidecar.serve.looks import Answer, Looks
from sidecar.settings import Settings

DEFERRED = object()


class Service(Protocol):
    """What the methods need of the server."""

    settings: Settings
    supervisor: Supervisor
    log: JsonLog
    looks: Looks
    started_at_s: float

    @property
    def dropped_notifications(self) -> int:
        """How many notifications the client did not take."""

    def handle(self, event: Event) -> None:
        """Tell the supervisor."""

    def check_deeply(self, call: Call) -> None:
        """Transcribe the built-in sample, then answer `call` with the whole status."""

    def leave(self) -> None:
        """The client is done: end at once."""


class Context(Struct):
    """A call, and the server that answers it."""

    service: Service
    call: Call
    method: str


P = TypeVar("P", bound=Struct)
T = TypeVar("T")
Handler = Callable[[Context, P], object]
METHODS: dict[str, Callable[..., Result]] = {}
PARAMS: dict[str, type[Struct]] = {}


def method(
    name: str, expected: type[P], defaults: Callable[[Settings], Mapping[str, Any]] | None = None
) -> Callable[[Handler[P]], Handler[P]]:
    """Enter a handler into the table."""

    def enter(handler: Handler[P]) -> Handler[P]:
        def call(context: Context, /, *args: Any, **kwargs: Any) -> Result:
            try:
                given = defaults(context.service.settings) if defaults else {}
                bound = params.bind(expected, args, kwargs, given)
                return Success(handler(context, bound))
            except Exception as error:
                told = _told(context, error)
                return Error(told.code, told.message, error_data(told))

        METHODS[name] = call
        PARAMS[name] = expected
        return handler

    return enter


def _told(context: Context, error: Exception) -> SidecarError:
    """What the client is told of `error`: the parent's one exception-to-wire boundary."""
    if isinstance(error, SidecarError):
        return error
    reason = f"{context.method}: {type(error).__name__}: {error}"
    context.service.log.write(LogRecord("internal_error", "error", reason))
    return InternalError("a fault of the sidecar itself; its log says more")


def look(context: Context, question: Callable[[], T], then: Callable[[T], object]) -> object:
    """Answer the call with what `then` makes of the file system's answer; it may hang."""

    def tell(answer: Answer[T]) -> None:
        try:
            result = then(answer())
        except Exception as error:
            context.call.fail(_told(context, error))
        else:
            if result is not DEFERRED:
                context.call.succeed(result)

    context.service.looks.ask(question, tell)
    return DEFERRED

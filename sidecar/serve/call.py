"""One request that is being answered, alone or as part of a batch."""

from collections.abc import Callable
from typing import Protocol

import orjson
from msgspec import to_builtins

from sidecar.core import jsonrpc
from sidecar.core.errors import SidecarError
from sidecar.core.jsonrpc import Id

Write = Callable[[bytes], None]


class Sink(Protocol):
    """Where an answer goes, as JSON."""

    def put(self, answer: bytes) -> None:
        """Take the answer."""


class Direct:
    """Answers go out one by one."""

    def __init__(self, write: Write) -> None:
        self._write = write

    def put(self, answer: bytes) -> None:
        """Send it."""
        self._write(answer)


class Batch:
    """Answers go out together, when the last one is there."""

    def __init__(self, write: Write, expected: int) -> None:
        self._write = write
        self._expected = expected
        self._answers: list[bytes] = []

    def put(self, answer: bytes) -> None:
        """Keep it until all are there."""
        self._answers.append(answer)
        if len(self._answers) == self._expected:
            self._write(b"[%b]" % b",".join(self._answers))
            self._answers.clear()


class Call:
    """A request. It is answered once; a notification is not answered at all."""

    def __init__(self, id: Id, sink: Sink | None, read_at_s: float) -> None:
        """`read_at_s`: when the last byte of it was read (monotonic): its time runs from then."""
        self.id = id
        self.read_at_s = read_at_s
        self.progress_token: str | int | None = None
        self.stream = False
        self._sink = sink
        self._answered = False

    @property
    def notification(self) -> bool:
        """Whether nobody waits for an answer."""
        return self._sink is None

    def succeed(self, result: object) -> None:
        """Answer with `result`, a struct or plain values."""
        self._put(jsonrpc.success(self.id, to_builtins(result)))

    def fail(self, error: SidecarError, data: object | None = None) -> None:
        """Answer with `error`; without `data`, the error's own goes along."""
        self.refuse(error.code, error.message, data or jsonrpc.error_data(error))

    def refuse(self, code: int, message: str, data: object) -> None:
        """Answer with an error that is in its wire form already."""
        self._put(jsonrpc.failure(self.id, code, message, data))

    def _put(self, answer: dict[str, object]) -> None:
        if self._answered:
            raise AssertionError("a request is answered once")
        self._answered = True
        if self._sink is not None:
            self._sink.put(orjson.dumps(answer))

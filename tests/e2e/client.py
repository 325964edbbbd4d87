"""A client that knows nothing of the program but its command line and its wire.

`ASR_SIDECAR_EXECUTABLE` is the one switch: with it the same tests drive a frozen binary.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import psutil

ROOT = Path(__file__).parents[2]
EXECUTABLE = os.environ.get("ASR_SIDECAR_EXECUTABLE")
SERVICE_READY = "[SERVICE_READY]"
PATIENCE_S = 30.0
"""How long a test waits for what has no deadline of its own; never a measure."""

Message = dict[str, Any]
Params = Mapping[str, object] | Sequence[object]


class Arrived(NamedTuple):
    """A message, and when its last byte was there (monotonic seconds)."""

    message: Any
    at_s: float


class NothingCame(AssertionError):
    """What was waited for did not come; says what came instead."""


def command_line() -> list[str]:
    """How the program is started."""
    return [EXECUTABLE] if EXECUTABLE else [sys.executable, "-m", "sidecar"]


class Client:
    """One server, started with `arguments`. As a context it leaves no process behind."""

    def __init__(
        self,
        *arguments: str,
        framing: str = "line",
        model: str | None = "selftest",
        environment: Mapping[str, str] | None = None,
        command: Sequence[str] | None = None,
    ) -> None:
        self._headers = framing == "header"
        self._changed = threading.Condition()
        self._messages: list[Arrived] = []
        self._answers: dict[str, list[Arrived]] = {}
        self._stderr: list[str] = []
        self._seen: set[int] = set()
        self._ended = False
        self._may_read = threading.Event()
        self._may_read.set()
        self._last_id = 1000
        """Tests that write their messages by hand take the ids below."""
        self._writing = threading.Lock()
        chosen = ["--model", model] if model else []
        self.process = subprocess.Popen(
            [*(command or command_line()), "serve", *chosen, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**_clean_environment(), **(environment or {})},
            cwd=ROOT,
            bufsize=0,
        )
        self._threads = [
            threading.Thread(target=run, daemon=True) for run in (self._read, self._read_stderr)
        ]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    def end(self) -> None:
        """Kill the server if it still runs, then all that it left; close every pipe."""
        self.processes()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE_S)
        for left in self.leftovers():
            left.kill()
        self._may_read.set()
        for thread in self._threads:
            thread.join(PATIENCE_S)
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None and not pipe.closed:
                pipe.close()

    # What goes out.

    def send_bytes(self, data: bytes) -> float:
        """Write `data` as it is; when the writing began (monotonic seconds)."""
        assert self.process.stdin is not None
        with self._writing:
            began_s = time.monotonic()
            view = memoryview(data)
            while view:
                view = view[self.process.stdin.write(view) :]
        return began_s

    def frame(self, body: bytes) -> bytes:
        """`body` as one message of the framing."""
        if self._headers:
            return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
        return body + b"\n"

    def send(self, message: object) -> float:
        """Write one message, or one batch."""
        return self.send_bytes(self.frame(json.dumps(message).encode()))

    def notify(self, method: str, params: Params | None = None) -> None:
        """Send a notification."""
        self.send(_message(method, params))

    def request(self, method: str, params: Params | None = None) -> int:
        """Send a request; its id."""
        return self.timed_request(method, params)[0]

    def timed_request(self, method: str, params: Params | None = None) -> tuple[int, float]:
        """Send a request; its id, and when it was sent."""
        with self._changed:
            self._last_id += 1
            id = self._last_id
        return id, self.send({**_message(method, params), "id": id})

    def close_stdin(self) -> None:
        """Nothing more comes from this client."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    # What comes in.

    def pause_reading(self) -> None:
        """Take nothing more off stdout, after at most one more read."""
        self._may_read.clear()

    def resume_reading(self) -> None:
        """Take everything off stdout again."""
        self._may_read.set()

    @property
    def messages(self) -> list[Arrived]:
        """Everything that has come on stdout so far."""
        with self._changed:
            return list(self._messages)

    @property
    def stderr(self) -> list[str]:
        """The lines of stderr so far."""
        with self._changed:
            return list(self._stderr)

    def answers(self, id: object) -> list[Arrived]:
        """All answers to a request so far: there must never be two."""
        with self._changed:
            return list(self._answers.get(json.dumps(id), ()))

    def answer(self, id: object, within_s: float = PATIENCE_S) -> Arrived:
        """The answer to a request."""
        key = json.dumps(id)
        self._wait(lambda: key in self._answers, f"an answer to {key}", within_s)
        return self._answers[key][0]

    def call(self, method: str, params: Params | None = None, within_s: float = PATIENCE_S) -> Any:
        """Send a request that must succeed; its result."""
        return result_of(self.answer(self.request(method, params), within_s))

    def fail(
        self, method: str, params: Params | None = None, within_s: float = PATIENCE_S
    ) -> Message:
        """Send a request that must fail; its error."""
        return error_of(self.answer(self.request(method, params), within_s))

    def message(
        self, wanted: Callable[[Any], bool], within_s: float = PATIENCE_S, after: int = 0
    ) -> Arrived:
        """The first message like that, from number `after` on."""
        found: list[Arrived] = []

        def look() -> bool:
            found[:] = [one for one in self._messages[after:] if wanted(one.message)][:1]
            return bool(found)

        self._wait(look, "such a message", within_s)
        return found[0]

    def notifications(self, method: str) -> list[Any]:
        """The params of all notifications of this name so far."""
        return [one["params"] for one, _ in self.messages if _is_notification(one, method)]

    def notified(
        self,
        method: str,
        where: Callable[[Any], bool] = lambda params: True,
        within_s: float = PATIENCE_S,
        after: int = 0,
    ) -> Any:
        """The params of the first such notification."""
        arrived = self.message(
            lambda one: _is_notification(one, method) and where(one["params"]), within_s, after
        )
        return arrived.message["params"]

    def said(self, text: str, within_s: float = PATIENCE_S) -> str:
        """The first line on stderr that contains `text`."""
        self._wait(lambda: any(text in line for line in self._stderr), repr(text), within_s)
        return next(line for line in self.stderr if text in line)

    def ready(self, within_s: float = PATIENCE_S) -> Self:
        """Wait until a model is loaded."""
        self.said(SERVICE_READY, within_s)
        return self

    # What runs.

    def worker_pid(self, within_s: float = PATIENCE_S) -> int:
        """The process that works, or waits for work; waits until there is one."""
        until_s = time.monotonic() + within_s
        while time.monotonic() < until_s:
            for worker in self.call("status")["workers"]:
                if worker["state"] in ("idle", "busy"):
                    return int(worker["pid"])
            time.sleep(0.01)
        raise NothingCame("there is no worker")

    def processes(self) -> list[psutil.Process]:
        """The server's descendants now; those seen are remembered for `leftovers`."""
        try:
            found = psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []
        self._seen |= {process.pid for process in found}
        return list(found)

    def leftovers(self, within_s: float = 0.0) -> list[psutil.Process]:
        """What is left of the descendants seen, at the latest after `within_s`."""
        pids = {*self._seen, *(process.pid for process in self.processes())}
        return left_of(pids, within_s)

    def exit_code(self, within_s: float = PATIENCE_S) -> int:
        """Wait for the server's end."""
        return self.process.wait(within_s)

    def kill(self, number: signal.Signals) -> None:
        """Send the server a signal."""
        self.process.send_signal(number)

    def _wait(self, done: Callable[[], bool], what: str, within_s: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: done() or self._ended, within_s)
            if not done():
                ended = f"; it ended: {self.process.poll()}" if self._ended else ""
                raise NothingCame(
                    f"{what} did not come within {within_s:g} s{ended}; the last messages were "
                    f"{[one.message for one in self._messages[-3:]]}, on stderr "
                    f"{self._stderr[-8:]}"
                )

    def _read(self) -> None:
        assert self.process.stdout is not None
        buffer = bytearray()
        while self._may_read.wait():
            data = os.read(self.process.stdout.fileno(), 1 << 16)
            at_s = time.monotonic()
            buffer += data
            with self._changed:
                for body in self._bodies(buffer):
                    self._arrived(Arrived(json.loads(body), at_s))
                self._ended = not data
                self._changed.notify_all()
            if not data:
                return

    def _bodies(self, buffer: bytearray) -> list[bytes]:
        if not self._headers:
            *lines, buffer[:] = bytes(buffer).split(b"\n")
            return lines
        bodies = []
        while (body := self._body(buffer)) is not None:
            bodies.append(body)
        return bodies

    def _body(self, buffer: bytearray) -> bytes | None:
        """Strictly what the protocol says: anything else on the wire is an error."""
        head, gap, rest = bytes(buffer).partition(b"\r\n\r\n")
        if not gap:
            return None
        name, _, length = head.partition(b": ")
        assert name == b"Content-Length", head
        if len(rest) < int(length):
            return None
        buffer[:] = rest[int(length) :]
        return rest[: int(length)]

    def _arrived(self, arrived: Arrived) -> None:
        self._messages.append(arrived)
        batch = arrived.message if isinstance(arrived.message, list) else [arrived.message]
        for one in batch:
            assert one["jsonrpc"] == "2.0"
            if "method" not in one:
                key = json.dumps(one["id"])
                self._answers.setdefault(key, []).append(Arrived(one, arrived.at_s))

    def _read_stderr(self) -> None:
        assert self.process.stderr is not None
        rest = b""
        while data := os.read(self.process.stderr.fileno(), 1 << 16):
            *lines, rest = (rest + data).split(b"\n")
            with self._changed:
                self._stderr += [line.decode("utf-8", "replace") for line in lines]
                self._changed.notify_all()


def result_of(arrived: Arrived) -> Any:
    """The result of a request that must have succeeded."""
    assert "result" in arrived.message, arrived.message
    return arrived.message["result"]


def error_of(arrived: Arrived) -> Message:
    """The error of a request that must have failed."""
    assert "error" in arrived.message, arrived.message
    error: Message = arrived.message["error"]
    return error


def alive(pid: int) -> psutil.Process | None:
    """The process, unless it is gone or only waits to be buried."""
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process
    except psutil.NoSuchProcess:
        return None


def left_of(pids: Iterable[int], within_s: float) -> list[psutil.Process]:
    """Which of these processes are still there, at the latest after `within_s`."""
    until_s = time.monotonic() + within_s
    while True:
        left = [process for pid in pids if (process := alive(pid))]
        if not left or time.monotonic() >= until_s:
            return left
        time.sleep(0.01)


def _message(method: str, params: Params | None) -> Message:
    message: Message = {"jsonrpc": "2.0", "method": method}
    return message if params is None else {**message, "params": params}


def _is_notification(message: Any, method: str) -> bool:
    return isinstance(message, dict) and message.get("method") == method


def _clean_environment() -> dict[str, str]:
    """This one's, without what would change the server's settings or its start.

    An installed program has its compiled files; one that may not keep them starts slower.
    """
    dropped = ("MAX_WAIT_SECONDS", "WHISPER_CACHE_DIR", "PYTHONDONTWRITEBYTECODE")
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("ASR_") and name not in dropped
    }

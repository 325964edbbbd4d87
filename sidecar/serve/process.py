"""One worker process: started, talked to, killed with all it started, its exit confirmed."""

import errno
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from sidecar.core.events import Event, Exit, Exited, Garbled, Heard
from sidecar.core.ipc import IpcError, ToWorker, encode, from_worker
from sidecar.core.stack import split_dump
from sidecar.descriptors import write_all

STDERR_TAIL_BYTES = 16 << 10
STDERR_LINES_PER_S = 100
STDERR_LINE_CHARS = 2000
"""A worker that floods its stderr costs the log no more than this."""
MESSAGES_AHEAD = 256
"""A worker that says more than this parent has time for waits in its pipe."""
DRAIN_S, QUIET_S = 0.25, 0.02
"""How long the pipes of a dead process may hold up the news of its death, if somebody else holds
them: while something comes, and when nothing does."""


class WorkerProcess:
    """A process of one generation. What it says and its end arrive through `deliver`.

    To be created in the main thread: on Linux the worker dies with the thread that spawned it.
    Raises `OSError` when the system has no process, descriptors or threads to spare.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        generation: int,
        deliver: Callable[[Event], None],
        on_stderr: Callable[[str], None],
    ) -> None:
        self._generation = generation
        self._deliver = deliver
        self._on_stderr = on_stderr
        self._outbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._tail = bytearray()
        self._heard_at_s = 0.0
        self._ahead = threading.Semaphore(MESSAGES_AHEAD)
        self._gone = threading.Event()
        self._over = False
        self._process = _spawn(command, environment)
        self._tree = _Tree(self._process)
        self._listeners: list[threading.Thread] = []
        try:
            self._listeners.append(self._thread(self._listen))
            self._listeners.append(self._thread(self._listen_to_stderr))
            self._thread(self._talk)
            self._thread(self._wait)
        except RuntimeError as error:
            self._give_up()
            raise OSError(errno.EAGAIN, str(error)) from error

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def send(self, message: ToWorker, payload: bytes = b"") -> None:
        """Say something to the worker. Never blocks; a dead worker does not hear it."""
        self._outbox.put(encode(message, len(payload)))
        if payload:
            self._outbox.put(payload)

    def heard(self) -> None:
        """Something that it said was dealt with."""
        self._ahead.release()

    def kill(self) -> None:
        """Kill the process and everything it started. Its exit is delivered when it is gone."""
        self._tree.kill()

    def _thread(self, run: Callable[[], None]) -> threading.Thread:
        name = f"worker-{self._generation}{run.__name__}"
        thread = threading.Thread(target=run, name=name, daemon=True)
        thread.start()
        return thread

    def _give_up(self) -> None:
        """The system has no threads to spare: so nobody would watch this process."""
        self._tree.kill()
        self._process.wait()
        self._outbox.put(None)
        self._drain()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            assert pipe is not None
            pipe.close()

    def _talk(self) -> None:
        assert self._process.stdin is not None
        with self._process.stdin as pipe:
            while (data := self._outbox.get()) is not None:
                try:
                    write_all(pipe.fileno(), data)
                except OSError:
                    return

    def _listen(self) -> None:
        assert self._process.stdout is not None
        decoder = from_worker()
        with self._process.stdout as pipe:
            try:
                while data := os.read(pipe.fileno(), 1 << 16):
                    self._heard_at_s = time.monotonic()
                    for message, _ in decoder.feed(data):
                        self._ahead.acquire()
                        if self._over:
                            return
                        self._deliver(Heard(self._generation, message))
            except IpcError as error:
                # Said before the pipe is closed: the worker would die of that, for no reason given.
                self._deliver(Garbled(self._generation, str(error)))
                return
        if not self._gone.wait(DRAIN_S):
            self._deliver(Garbled(self._generation, "it closed its pipe and lives on"))

    def _listen_to_stderr(self) -> None:
        assert self._process.stderr is not None
        counted = lines = 0
        with self._process.stderr as pipe:
            while data := os.read(pipe.fileno(), 1 << 16):
                self._heard_at_s = time.monotonic()
                self._tail += data
                del self._tail[:-STDERR_TAIL_BYTES]
                second = int(time.monotonic())
                if second != counted:
                    counted, lines = second, 0
                if lines < STDERR_LINES_PER_S:
                    for line in data.decode("utf-8", "replace").splitlines():
                        lines += 1
                        if line.strip() and lines <= STDERR_LINES_PER_S:
                            self._on_stderr(line[:STDERR_LINE_CHARS])

    def _wait(self) -> None:
        returncode = self._process.wait()
        self._gone.set()
        self._tree.kill()
        self._outbox.put(None)
        self._drain()
        self._over = True
        self._ahead.release()
        text = self._tail.decode("utf-8", "replace")
        self._deliver(Exited(self._generation, _exit_of(returncode, text)))

    def _drain(self) -> None:
        """Hear what was said to the end, which may be a result."""
        died_at_s = now = time.monotonic()
        while any(listener.is_alive() for listener in self._listeners):
            if now - max(died_at_s, self._heard_at_s) > QUIET_S or now - died_at_s > DRAIN_S:
                return
            for listener in self._listeners:
                listener.join(QUIET_S / 4)
            now = time.monotonic()


def _exit_of(returncode: int, stderr_text: str) -> Exit:
    tail, stack = split_dump(stderr_text)
    if returncode >= 0:
        return Exit(returncode, None, tail, stack)
    try:
        name = signal.Signals(-returncode).name
    except ValueError:
        name = f"signal {-returncode}"
    return Exit(None, name, tail, stack)


def _spawn(command: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """A process in a group of its own, so that it can be killed with all that it started."""
    pipe = subprocess.PIPE
    if sys.platform == "win32":
        flags = subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
        return subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment, creationflags=flags
        )
    return subprocess.Popen(
        command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment, process_group=0, bufsize=0
    )


if sys.platform == "win32":
    from sidecar.serve.job_object import JobObject

    class _Tree:
        """The process and its descendants: a Job Object, which also ends with this process."""

        def __init__(self, process: subprocess.Popen[bytes]) -> None:
            # The handle that Popen keeps is its own; opening another by id could meet a stranger.
            self._job = JobObject(int(process._handle))  # type: ignore[attr-defined]

        def kill(self) -> None:
            self._job.terminate()

else:

    class _Tree:
        """The process and its descendants: a process group, and on Linux who has left it."""

        def __init__(self, process: subprocess.Popen[bytes]) -> None:
            self._group = process.pid

        def kill(self) -> None:
            # Looked for while the process is there: afterwards nobody knows whose they were.
            left = _descendants(self._group)
            # Gone already, perhaps; macOS says EPERM of a group that consists of zombies.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._group, signal.SIGKILL)
            for pid in left:
                # Gone, or of another user.
                with suppress(OSError):
                    os.kill(pid, signal.SIGKILL)


def _descendants(pid: int) -> list[int]:
    """On Linux, the children of a process and theirs, whatever group or session they are in."""
    found: list[int] = []
    with suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", encoding="ascii") as file:
                for child in map(int, file.read().split()):
                    found += [child, *_descendants(child)]
    return found

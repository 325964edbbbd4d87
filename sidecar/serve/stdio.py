"""The wire's two threads: one reads, one writes, and neither lets memory grow without bound."""

import select
import sys
import threading
import time
from collections import deque
from collections.abc import Callable

from sidecar.descriptors import read_some

CHUNK_BYTES = 1 << 14
CHUNKS_AHEAD = 2
"""What a client sends faster than it is handled stays in its pipe: time runs from the reading."""
ROOM_BYTES = 1 << 19
"""Beyond this much unwritten output no more requests are handled: the answer of a job would have
to wait for all of it. A client may ask for so much before it begins to read."""
BACKLOG_BYTES = 4 << 20
"""Beyond this much, progress is dropped. It comes of jobs, which do not wait for the client."""


class Reader:
    """Reads the wire in a thread, never more than `CHUNKS_AHEAD` ahead of who handles it."""

    def __init__(
        self,
        read_from: int,
        write_to: int,
        deliver: Callable[[bytes, float], None],
        client_gone: Callable[[], None],
    ) -> None:
        """`deliver` gets what was read, at the end b"", and when (monotonic seconds).

        `client_gone` is called behind the end, once the client reads no more from `write_to`.
        """
        self._client_gone = client_gone
        self._read_from = read_from
        self._write_to = write_to
        self._deliver = deliver
        self._ahead = threading.Semaphore(CHUNKS_AHEAD)
        threading.Thread(target=self._run, name="wire-reader", daemon=True).start()

    def handled(self) -> None:
        """A delivered chunk was dealt with."""
        self._ahead.release()

    def _run(self) -> None:
        while True:
            self._ahead.acquire()
            try:
                chunk = read_some(self._read_from, CHUNK_BYTES)
            except OSError:
                chunk = b""
            self._deliver(chunk, time.monotonic())
            if not chunk:
                break
        # Its input has ended, but it may still wait for answers: until it closes the other side.
        if _wait_for_end_of_reading(self._write_to):
            self._client_gone()


def _wait_for_end_of_reading(descriptor: int) -> bool:
    """Block until the other end of the pipe is closed; False where that cannot be told."""
    if sys.platform == "win32":
        return False
    poll = select.poll()
    poll.register(descriptor, 0)
    while not any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll()):
        continue
    return True


class Writer:
    """Writes in a thread. Replies are never dropped; the rest is when nobody reads."""

    def __init__(
        self,
        write: Callable[[bytes], object],
        on_broken: Callable[[], None],
        on_room: Callable[[], None] = lambda: None,
    ) -> None:
        """`write` takes all it is given; once it raises `OSError`, nothing more is written.

        `on_room` is called when there is room again, if somebody had asked and there was none.
        All are called in the writer's thread.
        """
        self._write = write
        self._on_broken = on_broken
        self._on_room = on_room
        self._room_wanted = False
        self._pending: deque[bytes] = deque()
        self._pending_bytes = 0
        self._changed = threading.Condition()
        self._broken = False
        self.dropped = 0
        threading.Thread(target=self._run, name="wire-writer", daemon=True).start()

    def put(self, data: bytes, *, droppable: bool = False) -> None:
        """Have `data` written. Never blocks."""
        with self._changed:
            if self._broken:
                return
            if droppable and self._pending_bytes > BACKLOG_BYTES:
                self.dropped += 1
                return
            self._pending.append(data)
            self._pending_bytes += len(data)
            self._changed.notify_all()

    def has_room(self) -> bool:
        """Whether at most `ROOM_BYTES` wait to be written."""
        with self._changed:
            self._room_wanted = not self._broken and self._pending_bytes > ROOM_BYTES
            return not self._room_wanted

    def flush(self, timeout_s: float) -> bool:
        """Wait until all is written; whether it was."""
        with self._changed:
            return self._changed.wait_for(
                lambda: self._broken or self._pending_bytes == 0, timeout_s
            )

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._pending))
                data = b"".join(self._pending)
                self._pending.clear()
            try:
                self._write(data)
            except OSError:
                with self._changed:
                    self._broken = True
                    self._changed.notify_all()
                self._on_broken()
                return
            with self._changed:
                self._pending_bytes -= len(data)
                self._changed.notify_all()
                is_wanted = self._room_wanted and self._pending_bytes <= ROOM_BYTES
            if is_wanted:
                self._on_room()

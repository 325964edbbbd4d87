"""The worker's end of the pipe to its parent."""

import contextlib
import os
import queue
import threading
from collections.abc import Callable, Iterator

from sidecar.core.ipc import Cancel, FromWorker, IpcError, Load, Run, encode, to_worker
from sidecar.descriptors import write_all

MAX_PAYLOAD_BYTES = 1 << 40


class Link:
    """Reads in a thread of its own, so that a cancel is seen, and the parent's end, at any time.

    When the pipe ends, the parent is gone: the process exits at once, in the middle of whatever
    it does.
    """

    def __init__(self, read_from: int, write_to: int) -> None:
        self._read_from = read_from
        self._write_to = write_to
        self._writing = threading.Lock()
        self._inbox: queue.SimpleQueue[tuple[Load | Run, bytes]] = queue.SimpleQueue()
        self._cancelled: set[str] = set()
        threading.Thread(target=self._listen, name="link", daemon=True).start()

    def send(self, message: FromWorker) -> None:
        """Tell the parent. Any thread may."""
        with self._writing, _exit_if_broken():
            write_all(self._write_to, encode(message))

    def receive(self) -> tuple[Load | Run, bytes]:
        """What is to be done next, and its payload."""
        return self._inbox.get()

    @property
    def waiting(self) -> bool:
        """Whether there is something to be done."""
        return not self._inbox.empty()

    def is_cancelled(self, job_id: str) -> bool:
        """Whether the parent has cancelled this job."""
        return job_id in self._cancelled

    def _listen(self) -> None:
        decoder = to_worker(MAX_PAYLOAD_BYTES)
        with _exit_if_broken(), contextlib.suppress(IpcError):
            while data := os.read(self._read_from, 1 << 20):
                for message, payload in decoder.feed(data):
                    if isinstance(message, Cancel):
                        self._cancelled.add(message.job_id)
                    else:
                        self._inbox.put((message, payload))
        os._exit(0)


@contextlib.contextmanager
def _exit_if_broken() -> Iterator[None]:
    try:
        yield
    except OSError:
        os._exit(0)


Send = Callable[[FromWorker], None]

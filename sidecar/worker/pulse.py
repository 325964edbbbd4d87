"""The heartbeat, and the alarm that writes the stack before the worker is killed.

A heartbeat says that the process is alive, not that it makes progress: CTranslate2 releases the
GIL, so a native hang keeps it going. When the GIL is held, or the deadline comes, the alarm goes
off: faulthandler's watchdog is a native thread, and each heartbeat only winds it up again.
"""

import faulthandler
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

from sidecar.core.ipc import Beat
from sidecar.worker.link import Send

INTERVAL_S = 0.25
DUMP_S = 0.06
"""The dump has to be on its way this long before the kill."""


class Pulse:
    """Beats in a thread of its own."""

    def __init__(self, send: Send, clock: Callable[[], float]) -> None:
        self._send = send
        self._clock = clock
        self._kill_at_s: Callable[[int], float] | None = None
        self._stall_timeout_s = 0.0
        self._changed = threading.Lock()

    def start(self) -> None:
        """Begin to beat."""
        threading.Thread(target=self._beat, name="pulse", daemon=True).start()

    def watch(self, kill_at_s: Callable[[int], float], stall_timeout_s: float) -> None:
        """Arm the alarm for a job: `kill_at_s` tells, for a memory size, when it is killed."""
        with self._changed:
            self._kill_at_s, self._stall_timeout_s = kill_at_s, stall_timeout_s
            self._wind(rss_bytes())

    def unwatch(self) -> None:
        """The job is over."""
        with self._changed:
            self._kill_at_s = None
            faulthandler.cancel_dump_traceback_later()

    def rewind(self) -> None:
        """The deadline has changed."""
        with self._changed:
            self._wind(rss_bytes())

    def _beat(self) -> None:
        tick = threading.Event()
        while True:
            size_bytes = rss_bytes()
            self._send(Beat(size_bytes))
            with self._changed:
                self._wind(size_bytes)
            tick.wait(INTERVAL_S)

    def _wind(self, size_bytes: int) -> None:
        if self._kill_at_s is None:
            return
        left_s = min(self._kill_at_s(size_bytes) - self._clock(), self._stall_timeout_s) - DUMP_S
        if left_s > 0:
            # Where memory is out there is no thread for the alarm: better no stack than no job.
            with suppress(RuntimeError):
                faulthandler.dump_traceback_later(left_s, file=sys.__stderr__ or 2)


if sys.platform == "linux":
    _PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")

    def rss_bytes() -> int:
        """How much memory this process holds."""
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * _PAGE_BYTES

else:

    def rss_bytes() -> int:
        """How much memory this process holds."""
        import psutil

        return int(psutil.Process().memory_info().rss)

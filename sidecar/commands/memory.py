"""How much memory a process takes, at its highest."""

import threading
from types import TracebackType

import psutil

INTERVAL_S = 0.02
"""A look takes some ten microseconds: a thousandth of one core."""


class PeakMemory:
    """Looks at the resident memory of a process for as long as it is entered."""

    def __init__(self, pid: int | None) -> None:
        self._pid = pid
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.peak_bytes: int | None = None
        """None: the process could not be looked at."""

    def __enter__(self) -> "PeakMemory":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._enough.set()
        self._thread.join()

    def _watch(self) -> None:
        if self._pid is None:
            return
        try:
            process = psutil.Process(self._pid)
            while True:
                self.peak_bytes = max(self.peak_bytes or 0, process.memory_info().rss)
                if self._enough.wait(INTERVAL_S):
                    return
        except psutil.Error:
            return

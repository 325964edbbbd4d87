"""Writes the log: JSON lines on stderr, and in a rotating file if one is wanted."""

import sys
import time
from collections.abc import Callable
from functools import partial

import msgspec

from sidecar.core.log import Level, LogRecord
from sidecar.descriptors import write_all
from sidecar.serve.stdio import Writer

LOG_FILE_BYTES = 10 << 20
LOG_FILES = 5
_ORDER: dict[Level, int] = {"debug": 0, "info": 1, "warning": 2, "error": 3}


class JsonLog:
    """Never blocks: lines that stderr or the file do not take are dropped, and counted."""

    def __init__(self, level: Level, file: str | None = None, *, stderr: bool = True) -> None:
        """Without `stderr` only `file`, if any, is written: for commands that people type.

        Raises:
            OSError: `file` cannot be written.
        """
        self._least = _ORDER[level]
        self._stderr = [_in_a_thread(partial(write_all, 2))] if stderr else []
        self._writers = [*self._stderr, *([_in_a_thread(_rotating(file))] if file else [])]

    @property
    def dropped(self) -> int:
        """How many lines were dropped."""
        return sum(writer.dropped for writer in self._writers)

    def write(self, record: LogRecord) -> None:
        """One line, if its level is wanted."""
        if _ORDER[record.level] < self._least:
            return
        now = time.time()
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now))
        # The time first, by hand: merging it as a member would cost a conversion per line.
        line = b'{"time":"%b.%03dZ",' % (stamp.encode(), int(now % 1 * 1000))
        line += msgspec.json.encode(record)[1:] + b"\n"
        for writer in self._writers:
            writer.put(line, droppable=True)

    def marker(self, line: str) -> None:
        """A plain line on stderr that clients look for."""
        for writer in self._stderr:
            writer.put(line.encode() + b"\n", droppable=True)

    def flush(self, timeout_s: float) -> None:
        """Wait until all is written."""
        for writer in self._writers:
            writer.flush(timeout_s)


def _in_a_thread(write: Callable[[bytes], object]) -> Writer:
    return Writer(write, on_broken=lambda: None)


def _rotating(path: str) -> Callable[[bytes], object]:
    # Imported only where a file is wanted: the module costs as much as the rest of the start.
    import logging
    from logging.handlers import RotatingFileHandler

    class Handler(RotatingFileHandler):
        def handleError(self, record: object) -> None:
            """A full disk must not stop the service: stderr has the line."""

    handler = Handler(path, maxBytes=LOG_FILE_BYTES, backupCount=LOG_FILES - 1, encoding="utf-8")
    handler.terminator = ""

    def write(lines: bytes) -> None:
        text = lines.decode()
        handler.handle(logging.LogRecord("asr", logging.INFO, "", 0, text, None, None))

    return write


def fatal(message: str) -> None:
    """Say on stderr why the program cannot start."""
    sys.stderr.write(f"asr-sidecar: {message}\n")

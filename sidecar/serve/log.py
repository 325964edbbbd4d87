"""Writes the log: JSON lines on stderr, and in a rotating file if one is wanted."""

import sys
import time
from typing import TYPE_CHECKING

import msgspec

from sidecar.core.log import Level, LogRecord
from sidecar.serve.stdio import Writer

if TYPE_CHECKING:
    from logging.handlers import RotatingFileHandler

LOG_FILE_BYTES = 10 << 20
LOG_FILES = 5
_ORDER: dict[Level, int] = {"debug": 0, "info": 1, "warning": 2, "error": 3}


class JsonLog:
    """Never blocks: lines that nobody takes off stderr are dropped, and counted."""

    def __init__(self, level: Level, file: str | None = None, *, stderr: bool = True) -> None:
        """Without `stderr` only `file`, if any, is written: for commands that people type.

        Raises:
            OSError: `file` cannot be written.
        """
        self._least = _ORDER[level]
        self._stderr = Writer(2, on_broken=lambda: None) if stderr else None
        self._file = _rotating(file) if file else None

    @property
    def dropped(self) -> int:
        """How many lines stderr did not take."""
        return self._stderr.dropped if self._stderr else 0

    def write(self, record: LogRecord) -> None:
        """One line, if its level is wanted."""
        if _ORDER[record.level] < self._least:
            return
        now = time.time()
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now))
        # The time first, by hand: merging it as a member would cost a conversion per line.
        line = b'{"time":"%b.%03dZ",' % (stamp.encode(), int(now % 1 * 1000))
        line += msgspec.json.encode(record)[1:]
        if self._stderr is not None:
            self._stderr.put(line + b"\n", droppable=True)
        if self._file is not None:
            self._to_file(line.decode())

    def marker(self, line: str) -> None:
        """A plain line on stderr that clients look for."""
        if self._stderr is not None:
            self._stderr.put(line.encode() + b"\n", droppable=True)

    def flush(self, timeout_s: float) -> None:
        """Wait until stderr has taken all."""
        if self._stderr is not None:
            self._stderr.flush(timeout_s)

    def _to_file(self, line: str) -> None:
        import logging

        assert self._file is not None
        self._file.handle(logging.LogRecord("asr", logging.INFO, "", 0, line, None, None))


def _rotating(path: str) -> "RotatingFileHandler":
    # Imported only where a file is wanted: the module costs as much as the rest of the start.
    from logging.handlers import RotatingFileHandler

    class Handler(RotatingFileHandler):
        def handleError(self, record: object) -> None:
            """A full disk must not stop the service: stderr has the line."""

    return Handler(path, maxBytes=LOG_FILE_BYTES, backupCount=LOG_FILES - 1, encoding="utf-8")


def fatal(message: str) -> None:
    """Say on stderr why the program cannot start."""
    sys.stderr.write(f"asr-sidecar: {message}\n")

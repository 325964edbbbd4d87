"""One line on the terminal that says how far a job is."""

import shutil
import sys
from pathlib import PurePath
from typing import TextIO

from sidecar.core.job import Job

WIDTH = 24


class ProgressLine:
    """Drawn over itself, on a terminal only; anything else that is written clears it before."""

    def __init__(self, stream: TextIO | None, *, wanted: bool = True) -> None:
        self._stream = stream if wanted and stream is not None and stream.isatty() else None
        self._shown = ""

    def say(self, text: str) -> None:
        """Show a line of words."""
        self._draw(text)

    def show(self, name: str, job: Job) -> None:
        """Show how far the job of the file `name` is."""
        if self._stream is None:
            return
        duration_s = job.duration_s
        fraction = min(1.0, job.covered_s / duration_s) if duration_s else 0.0
        bar = "#" * int(fraction * WIDTH)
        times = f"{_clock(fraction * duration_s)}/{_clock(duration_s)}" if duration_s else ""
        tail = f" [{bar:<{WIDTH}}] {fraction:4.0%} {times} {job.phase}"
        room = shutil.get_terminal_size().columns - len(tail) - 1
        self._draw(shortened(PurePath(name).name, max(8, room)) + tail)

    def clear(self) -> None:
        """Leave the line empty."""
        if self._shown:
            self._draw("")

    def _draw(self, text: str) -> None:
        if self._stream is None or text == self._shown:
            return
        columns = shutil.get_terminal_size().columns
        # Back to the start, the text, and the rest of the line erased.
        self._stream.write(f"\r{text[: columns - 1]}\x1b[K")
        self._stream.flush()
        self._shown = text


def shortened(name: str, length: int) -> str:
    """`name` without what would move the cursor, at most `length` characters."""
    name = "".join(letter if letter.isprintable() else "?" for letter in name)
    return name if len(name) <= length else name[: length - 3] + "..."


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(int(seconds), 60)
    return f"{minutes}:{seconds:02}"


def stderr_line(*, wanted: bool) -> ProgressLine:
    """The progress line on stderr."""
    return ProgressLine(sys.stderr, wanted=wanted)

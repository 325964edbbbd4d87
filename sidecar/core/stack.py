"""Reads what CPython's faulthandler wrote: the stack of the thread that did the work."""

import re
from pathlib import PurePosixPath, PureWindowsPath

MAX_FRAMES = 64
_FRAME = re.compile(r'^  File "(?P<file>.*)", line (?P<line>\d+|\?\?\?) in (?P<function>.*)$')
_BEGIN = re.compile(r"^(Timeout \(|Fatal Python error: )")


def stack_of(stderr_text: str) -> tuple[str, ...]:
    """The frames of the main thread in the last dump, innermost first; empty: there is none.

    faulthandler lists the threads from the newest to the oldest, so the main thread is the last.
    """
    frames: list[str] = []
    in_dump = False
    for line in stderr_text.splitlines():
        if _BEGIN.match(line):
            in_dump, frames = True, []
        elif in_dump and line.startswith(("Thread 0x", "Current thread 0x")):
            frames = []
        elif in_dump and (frame := _FRAME.match(line)) and len(frames) < MAX_FRAMES:
            frames.append(f"{_short(frame['file'])}:{frame['line']} {frame['function']}")
    return tuple(frames)


def _short(file: str) -> str:
    """The end of a path: where the program is installed is nobody's business."""
    path = PureWindowsPath(file) if "\\" in file else PurePosixPath(file)
    return "/".join(path.parts[-3:])

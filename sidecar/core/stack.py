"""Reads what CPython's faulthandler wrote: the stack of the thread that did the work."""

import re

MAX_FRAMES = 64
_FRAME = re.compile(r'^  File "(?P<file>.*)", line (?P<line>\d+|\?\?\?) in (?P<function>.*)$')
_BEGIN = re.compile(r"^(Timeout \(|Fatal Python error: )")


def split_dump(stderr_text: str) -> tuple[str, tuple[str, ...]]:
    """What was written besides dumps, and the last dump's frames of the main thread.

    Innermost frame first; empty: there is no dump. faulthandler lists the threads from the newest
    to the oldest, so the main thread is the last.
    """
    frames: list[str] = []
    rest: list[str] = []
    in_dump = False
    for line in stderr_text.splitlines():
        if _BEGIN.match(line):
            in_dump, frames = True, []
            if line.startswith("Fatal"):
                rest.append(line)
        elif not in_dump:
            rest.append(line)
        elif line.startswith(("Thread 0x", "Current thread 0x")):
            frames = []
        elif frame := _FRAME.match(line):
            if len(frames) < MAX_FRAMES:
                frames.append(f"{_short(frame['file'])}:{frame['line']} {frame['function']}")
        elif line:
            in_dump = False
            rest.append(line)
    return "\n".join(rest).strip(), tuple(frames)


def _short(file: str) -> str:
    """The end of a path: where the program is installed is nobody's business."""
    return "/".join(file.replace("\\", "/").split("/")[-3:])

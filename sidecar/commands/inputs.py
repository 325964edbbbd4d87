"""What is to be transcribed, and the files that come of it."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from sidecar.commands.formats import Format

STDIN = "-"


class BadUsage(Exception):
    """The command line asks for something that cannot be done; the message says what."""


class Input(Struct, frozen=True):
    """One file to transcribe, or the bytes that came through stdin."""

    index: int
    name: str
    """As the user wrote it."""
    path: Path | None = None
    """Absolute: the worker need not be where the user is."""
    content: bytes = b""

    @property
    def stem(self) -> str:
        """The name of its output files, without the format."""
        return self.path.stem if self.path else "stdin"


def inputs_of(names: Sequence[str], max_bytes: int) -> list[Input]:
    """The files of these names; `-` is stdin, which is read to its end.

    No more of it is read than tells that it is over `max_bytes`; the worker refuses it then.

    Raises:
        BadUsage: stdin is wanted and there is none, or it is wanted twice; or a name is not UTF-8,
            which is all that the worker can be told.
    """
    if names.count(STDIN) > 1:
        raise BadUsage("- can be given once: stdin has one end")
    for name in names:
        if any("\ud800" <= letter <= "\udfff" for letter in name):
            raise BadUsage(f"the name of {name!a} is not valid UTF-8: rename it")
    return [
        Input(index, name, content=_stdin(max_bytes))
        if name == STDIN
        else Input(index, name, Path(os.path.abspath(name)))
        for index, name in enumerate(names)
    ]


def output_paths(
    inputs: Sequence[Input], formats: Sequence[Format], folder: Path
) -> dict[tuple[int, Format], Path]:
    """Where each format of each input goes.

    Raises:
        BadUsage: two of them would be the same file, or one of them an input.
    """
    paths: dict[tuple[int, Format], Path] = {}
    taken = {_folded(given.path): given.name for given in inputs if given.path}
    for given in inputs:
        for form in formats:
            path = folder.absolute() / f"{given.stem}.{form}"
            if other := taken.get(_folded(path)):
                raise BadUsage(f"{given.name} would be written to {path}, which is taken: {other}")
            taken[_folded(path)] = f"{given.name} goes there"
            paths[given.index, form] = path
    return paths


def _folded(path: Path) -> str:
    """Names that differ in case only are the same file on many systems."""
    return os.path.normpath(path).casefold()


def _stdin(max_bytes: int) -> bytes:
    if sys.stdin is None or sys.stdin.closed:
        raise BadUsage("stdin is closed")
    if sys.stdin.isatty():
        raise BadUsage("stdin is a terminal: pipe a file into it")
    return sys.stdin.buffer.read(max_bytes + 1)

"""Opening a file that a client named: a regular one, of bounded size, in an allowed folder."""

import io
import os
import stat
from collections.abc import Sequence
from typing import BinaryIO

from sidecar.core.errors import AudioTooLong, FileUnreadable


class AudioFile(io.BufferedReader):
    """An open file that hides its name: decoders guess formats from endings such as `.raw`."""

    name = "<audio>"


def open_audio_file(path: str, *, allowed_dirs: Sequence[str], max_bytes: int) -> BinaryIO:
    """Open `path` for reading; never blocks on a pipe or a device.

    `allowed_dirs` empty: any folder. Raises FileUnreadable (`path` as given) when the file
    is missing, denied, not regular or outside the allowed folders, AudioTooLong
    (`limit_bytes`) when it is too big.
    """
    try:
        fd = _open_checked(path, allowed_dirs)
    except (OSError, ValueError) as error:  # ValueError: a null character or a lone surrogate
        reason = error.strerror if isinstance(error, OSError) else "not a valid path"
        raise FileUnreadable(f"the file cannot be read: {reason}", path=path) from error
    if os.fstat(fd).st_size > max_bytes:
        os.close(fd)
        raise AudioTooLong(f"the file is bigger than {max_bytes} bytes", limit_bytes=max_bytes)
    return AudioFile(io.FileIO(fd))


def _open_checked(path: str, allowed_dirs: Sequence[str]) -> int:
    # The path is resolved first and the result opened, so that what is checked has no links
    # in it. That it still has none after the opening, and leads to the file opened, shows
    # that nothing was swapped in between.
    real = os.path.realpath(path, strict=True)
    if allowed_dirs and not any(_is_within(real, folder) for folder in allowed_dirs):
        raise FileUnreadable("the file is outside the allowed folders", path=path)
    # Asked before opening: to open a device may already do something, or block.
    if not stat.S_ISREG(os.stat(real).st_mode):
        raise FileUnreadable("this is not a regular file", path=path)
    fd = os.open(_extended(real), _OPEN_FLAGS)
    try:
        opened = os.fstat(fd)
        if not stat.S_ISREG(opened.st_mode):
            raise FileUnreadable("this is not a regular file", path=path)
        if allowed_dirs and not (
            os.path.realpath(real, strict=True) == real and os.path.samestat(opened, os.lstat(real))
        ):
            raise FileUnreadable("the file was replaced while it was opened", path=path)
    except BaseException:
        os.close(fd)
        raise
    return fd


# Not blocking, should a pipe have taken the file's place since it was looked at.
_OPEN_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_NOINHERIT", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
)


def _is_within(real: str, folder: str) -> bool:
    real, folder = os.path.normcase(real), os.path.normcase(os.path.realpath(folder))
    try:
        return os.path.commonpath([real, folder]) == folder
    except ValueError:  # on another drive
        return False


def _extended(real: str) -> str:
    """On Windows, the spelling of an absolute path that may be longer than 260 characters."""
    if os.name != "nt" or real.startswith("\\\\?\\"):
        return real
    return f"\\\\?\\UNC{real[1:]}" if real.startswith("\\\\") else f"\\\\?\\{real}"

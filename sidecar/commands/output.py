"""stdout and stderr, as far as commands write to them."""

import os
import sys
from pathlib import Path

from sidecar.commands.inputs import BadUsage
from sidecar.serve.arguments import Arguments
from sidecar.serve.log import JsonLog


def write(data: bytes) -> None:
    """To stdout, at once, and as it is: in UTF-8 whatever the system's encoding.

    Raises:
        BrokenPipeError: nobody reads it.
    """
    if sys.stdout is None:
        raise BrokenPipeError
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except OSError as error:
        # On Windows a pipe that nobody reads says EINVAL.
        if sys.platform == "win32" and not isinstance(error, BrokenPipeError):
            raise BrokenPipeError from error
        raise


def say_nothing_more() -> None:
    """Have what is still in stdout's buffer go nowhere, not into an error at the exit."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def complain(sentence: str) -> None:
    """A sentence on stderr."""
    if sys.stderr is not None:
        sys.stderr.write(f"asr-sidecar: {sentence}\n")


def replace_file(path: Path, data: bytes) -> None:
    """Write a file that is never seen half written; raises `OSError`."""
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_bytes(data)
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def check_place(path: Path | None) -> None:
    """Find out before the work, not after it, that its result could not be written there.

    Raises:
        BadUsage: there is no such folder, or a folder is what the name stands for.
    """
    if path is not None and not path.absolute().parent.is_dir():
        raise BadUsage(f"{path} cannot be written: there is no such folder")
    if path is not None and path.is_dir():
        raise BadUsage(f"{path} cannot be written: it is a folder")


def quiet_log(given: Arguments) -> JsonLog:
    """The log, on stderr only if a level was asked for there: the terminal is the user's.

    Raises:
        OSError: the log file cannot be written.
    """
    settings = given.settings
    return JsonLog(settings.log_level, settings.log_file, stderr=given.on_command_line("log_level"))

"""The exit codes, for scripts."""

from enum import IntEnum


class ExitCode(IntEnum):
    """What became of a command. 128 and more: it was ended by that signal less 128."""

    DONE = 0
    FAILED = 1
    BAD_USAGE = 2
    NO_MODEL = 3
    TIMEOUT = 4


def of_signal(number: int) -> int:
    """The exit code of a program that a signal ended, as shells count: 130 for Ctrl-C."""
    return 128 + number

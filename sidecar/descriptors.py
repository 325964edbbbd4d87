"""Takes the standard descriptors out of everybody's reach.

The method is that of the MCP Python SDK: the wire is moved to private descriptors, fd 1 points at
stderr and fd 0 at the null device, so that no library can write into the wire and no child can
inherit it.
"""

import os
import select
import sys


def claim_stdio() -> tuple[int, int]:
    """The descriptors of the wire: one to read from, one to write to.

    To be called once, before anything that might print or start a process is imported.
    """
    _open_what_is_closed()
    wire_in, wire_out = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    os.close(null)
    os.set_inheritable(wire_in, False)
    os.set_inheritable(wire_out, False)
    if sys.platform == "win32":
        _claim_windows(wire_in, wire_out)
    return wire_in, wire_out


def _open_what_is_closed() -> None:
    """Else the next thing opened would be taken for what it is not: the wire for stderr, say."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


if sys.platform == "win32":

    def _claim_windows(wire_in: int, wire_out: int) -> None:
        """Text mode off; and the process's standard handles follow the descriptors.

        A thread that is blocked in reading an inherited synchronous pipe would otherwise freeze
        the start of a child that asks for its standard handles.
        """
        import ctypes
        import msvcrt

        msvcrt.setmode(wire_in, os.O_BINARY)
        msvcrt.setmode(wire_out, os.O_BINARY)
        kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
        for descriptor, standard in ((0, -10), (1, -11)):
            handle = msvcrt.get_osfhandle(descriptor)
            kernel32.SetStdHandle(ctypes.c_ulong(standard & 0xFFFFFFFF), ctypes.c_void_p(handle))


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of `data`, in as many pieces as the pipe takes.

    Whoever shares the pipe may have made it non-blocking: then this waits all the same.
    """
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(descriptor, view) :]
        except BlockingIOError:
            select.select([], [descriptor], [])


def read_some(descriptor: int, most_bytes: int) -> bytes:
    """Read what is there, at least one byte, or b"" at the end; waits as `write_all` does."""
    while True:
        try:
            return os.read(descriptor, most_bytes)
        except BlockingIOError:
            select.select([descriptor], [], [])

"""Breaks workers from within, without a hook in the product. On PYTHONPATH, Python imports it; a
frozen program, which does not, is made to run it by `preload.c`.

Only processes that are workers are touched. `ASR_TEST_FAULT` names a file; what it holds is done
at the worker's start, or `load:NAME` while the model loads. A job whose audio has the path
`fault:NAME` does `NAME` while it decodes. On SIGUSR1 a worker does, in its main thread, what the
file holds that `ASR_TEST_FAULT_NOW` names, and leaves in that file when it began: native code that
runs just then delays it.
"""

import ctypes
import gc
import importlib.abc
import importlib.machinery
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

AT_START, NOW = "ASR_TEST_FAULT", "ASR_TEST_FAULT_NOW"
IN_JOB, IN_LOAD = "fault:", "load:"
PYTHON = os.environ.get("ASR_TEST_PYTHON", "python3")
"""For other processes: a frozen program is no interpreter."""
kept: list[object] = []


def ballast(gib: str) -> None:
    """Hold so much memory, every page of it touched."""
    block = bytearray(int(float(gib) * (1 << 30)))
    block[::4096] = b"x" * len(block[::4096])
    kept.append(block)


def crash() -> None:
    sys.stderr.write("the test's fault: no start today\n")
    sys.stderr.flush()
    os._exit(7)


def spin() -> None:
    while True:
        pass


def spin_native() -> None:
    """Native code that never ends, and keeps the interpreter for itself."""
    re.match("(a+)+$", "a" * 64 + "b")


def sleep_native() -> None:
    """Native code that lets other threads run."""
    ctypes.CDLL(None).sleep(60)


def exhaust() -> None:
    """Ask for more memory than the address space may have."""
    import resource

    limits = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (8 << 30, limits[1]))
    try:
        kept.append(bytearray(16 << 30))
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)


def starve(mib: str) -> None:
    """Leave the process so much more address space than it has, from now on."""
    import resource

    with open("/proc/self/statm", "rb") as file:
        size_bytes = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    most = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (size_bytes + (int(mib) << 20), most))


def sleep_holding_the_interpreter() -> None:
    """Native code that does not let any other thread run, heartbeats included."""
    ctypes.PyDLL(None).sleep(60)


def sleep() -> None:
    time.sleep(60)


def abort() -> None:
    os.abort()


def segfault() -> None:
    ctypes.string_at(0)


def leave() -> None:
    os._exit(9)


def out_of_memory() -> None:
    raise MemoryError


def bug() -> None:
    raise ValueError("/a/secret/path of the program")


def garbage() -> None:
    os.write(wire(), b"\x00 this is no message \xff\n" * 3)
    sleep()


def close_wire() -> None:
    """Without an error for the heartbeat that would end the process."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, wire())
    os.close(null)
    sleep()


def flood_stderr() -> None:
    for _ in range(20_000):
        os.write(2, b"so many words about nothing at all, " * 5 + b"\n")


def flood_a_gigabyte() -> None:
    block = b"a line without a meaning, and without an end " * 23_302
    for _ in range(1 << 10):
        os.write(2, block)


def flood_wire(what: str) -> None:
    """Say the same for ever, as fast as the pipe takes it."""
    line = {
        "beats": b'{"message":{"type":"Beat","rss_bytes":1048576}}\n' * 1000,
        "strangers": b'{"message":{"type":"Progress","job_id":"nobody","phase":"decode",'
        b'"timings":{},"duration_s":1.0}}\n' * 1000,
        "endless": b"x" * 65536,
    }[what]
    descriptor = wire()
    while True:
        os.write(descriptor, line)


def half_a_message() -> None:
    os.write(wire(), b'{"message":{"type":"Done","job_id":"')
    os._exit(0)


def escapee() -> None:
    """Start a process that is nobody's child, and speaks for a dead worker later."""
    code = (
        "import os, sys, time; os.fork() and os._exit(0); time.sleep(1.5); wire = int(sys.argv[1]);"
        'os.write(wire, b\'{"message":{"type":"Beat","rss_bytes":1}}\\n\');'
        "time.sleep(0.5)"
    )
    subprocess.Popen(
        [PYTHON, "-S", "-c", code, str(wire())], pass_fds=[wire()], start_new_session=True
    )
    sleep()


def print_on_stdout() -> None:
    """What a native library does that writes to fd 1."""
    os.write(1, b'{"jsonrpc":"2.0","id":1,"result":"from a library"}\n')
    print("and from Python", flush=True)  # noqa: T201


def grandchild(session: str = "") -> None:
    """Start a process that would outlive everybody, and say its id where the test finds it."""
    code = "import time; time.sleep(300)"
    child = subprocess.Popen([PYTHON, "-S", "-c", code], start_new_session=bool(session))
    kept.append(child)
    sleep()


def ignore_sigterm() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    spin()


def wire() -> int:
    """The private descriptor that the worker writes its messages to."""
    from sidecar.worker.link import Link

    link = next(found for found in gc.get_objects() if isinstance(found, Link))
    return int(link._write_to)


Patch = Callable[[ModuleType], None]


class Patcher(importlib.abc.MetaPathFinder):
    """Applies a patch to a module right behind its import."""

    def __init__(self, patches: dict[str, Patch]) -> None:
        self._patches = patches

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        patch = self._patches.pop(name, None)
        if not patch:
            return None
        others = (finder.find_spec(name, path, target) for finder in sys.meta_path[1:])
        spec = next(filter(None, others), None)
        if not spec or not spec.loader:
            return None
        execute = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            patch(module)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


def on_signal(*_: object) -> None:
    fault = read_fault(NOW)
    with open(os.environ[NOW], "w", encoding="utf-8") as file:
        file.write(f"began={time.monotonic()}")
    perform(fault)


def patch_pipeline(module: ModuleType) -> None:
    decode = module.decode_audio

    def decode_audio(source: Any, *more: Any) -> Any:
        if source.path is not None and source.path.startswith(IN_JOB):
            perform(source.path.removeprefix(IN_JOB))
        return decode(source, *more)

    module.decode_audio = decode_audio  # type: ignore[attr-defined]


def patch_speech(module: ModuleType) -> None:
    # The main thread imports it, and no other may set handlers; and before the first message,
    # so that who was told of this worker may strike it.
    if hasattr(signal, "SIGUSR1"):
        signal.signal(signal.SIGUSR1, on_signal)
    if fault.startswith(IN_LOAD):
        module.SpeechModel.load = lambda *_, **__: perform(fault.removeprefix(IN_LOAD))


def perform(fault: str) -> None:
    name, _, argument = fault.partition("=")
    globals()[name](*[argument] if argument else [])


def read_fault(variable: str) -> str:
    try:
        with open(os.environ[variable], encoding="utf-8") as file:
            return file.read().strip()
    except (KeyError, FileNotFoundError):
        return ""


if sys.orig_argv[-2:-1] == ["worker"]:
    fault = read_fault(AT_START)
    patches: dict[str, Patch] = {
        "sidecar.worker.speech": patch_speech,
        "sidecar.worker.pipeline": patch_pipeline,
    }
    sys.meta_path.insert(0, Patcher(patches))
    if fault and not fault.startswith(IN_LOAD):
        perform(fault)

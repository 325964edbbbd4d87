"""How much memory a process takes, at its highest."""

import os
import subprocess
import sys

import psutil

from sidecar.commands.memory import PeakMemory


def test_memory_that_is_given_back_was_seen() -> None:
    program = (
        "import sys; sys.stdin.readline(); held = bytearray(200_000_000); print(flush=True); "
        "sys.stdin.readline(); del held; print(flush=True); sys.stdin.readline()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        with PeakMemory(process.pid) as memory:
            for _ in range(2):
                process.stdin.write("\n")
                process.stdin.flush()
                process.stdout.readline()
                while memory.peak_bytes is None or memory.peak_bytes < 200_000_000:
                    assert process.poll() is None
        assert psutil.Process(process.pid).memory_info().rss < 150_000_000
        process.stdin.close()
    assert memory.peak_bytes is not None
    assert memory.peak_bytes >= 200_000_000


def test_a_process_that_is_gone_or_unknown_has_no_memory() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    for pid in (process.pid, None):
        with PeakMemory(pid) as memory:
            pass
        assert memory.peak_bytes is None


def test_it_is_looked_at_once_at_least() -> None:
    with PeakMemory(os.getpid()) as memory:
        pass
    assert memory.peak_bytes is not None

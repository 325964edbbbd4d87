"""From the spawn to the first reply and to a loaded model, and what the parent weighs."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import psutil

from tests.benchmark.figures import Figure
from tests.e2e.client import ROOT, Client

ROUNDS = 10
PINGS = 20_000
BARE_SCRIPT = """
import sys
import numpy as np
from faster_whisper import WhisperModel
model = WhisperModel("sidecar/assets/selftest", device="cpu", cpu_threads={threads})
segments, _ = model.transcribe(np.zeros(1600, np.float32), language="en")
list(segments)
sys.stdout.write("ready")
sys.stdout.flush()
sys.stdin.read()
"""


BINARY = ROOT / "dist" / "asr-sidecar" / ("asr-sidecar.exe" if os.name == "nt" else "asr-sidecar")


def measure_binary() -> Iterator[Figure]:
    """The built program's start against that of its source."""
    if not BINARY.exists():
        sys.stderr.write("there is no dist/asr-sidecar: `make binary` builds it\n")
        return
    binary = [str(BINARY)]
    reply_s = _best(lambda: _until_pong(binary))
    yield Figure("binary, first reply", reply_s * 1000, "ms")
    yield Figure("binary, first reply, ratio to the source", reply_s / _best(_until_pong), "x", 3)
    ready_s = _best(lambda: _until_ready(binary))
    yield Figure("binary, worker ready", ready_s * 1000, "ms")
    ratio = ready_s / _best(_until_ready)
    yield Figure("binary, worker ready, ratio to the source", ratio, "x", 1.3)


def measure() -> Iterator[Figure]:
    """The best of several starts each: what the program takes, not what disturbed it."""
    nothing_s = _best(_nothing)
    reply_s = _best(_until_pong)
    yield Figure("first reply", reply_s * 1000, "ms")
    yield Figure("first reply, ratio to `python -c pass`", reply_s / nothing_s, "x", 8)
    threads = psutil.cpu_count(logical=False) or 1
    bare_s = _best(lambda: _until_byte([sys.executable, "-c", BARE_SCRIPT.format(threads=threads)]))
    ready_s = _best(_until_ready)
    yield Figure("worker ready", ready_s * 1000, "ms")
    yield Figure("worker ready, ratio to a bare script", ready_s / bare_s, "x", 1.2)
    yield from _running()


def _running() -> Iterator[Figure]:
    with Client() as client:
        client.ready()
        client.call("transcribe", {"audio": {"path": "sidecar/assets/sample.flac"}})
        ping = b'{"jsonrpc":"2.0","id":%d,"method":"ping"}\n'
        began_s = client.send_bytes(b"".join(ping % number for number in range(PINGS)))
        answered_s = client.answer(PINGS - 1).at_s - began_s
        memory_bytes = psutil.Process(client.process.pid).memory_info().rss
    yield Figure("ping, pipelined", PINGS / answered_s, "/s", 5000, at_least=True)
    yield Figure("parent's memory", memory_bytes / 1e6, "MB", 45)


def _best(once: Callable[[], float]) -> float:
    return min(once() for _ in range(ROUNDS))


def _nothing() -> float:
    began_s = time.monotonic()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return time.monotonic() - began_s


def _until_byte(command: list[str]) -> float:
    began_s = time.monotonic()
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, cwd=ROOT) as process:
        assert process.stdout is not None
        process.stdout.read(1)
        took_s = time.monotonic() - began_s
        process.kill()
    return took_s


def _until_pong(command: list[str] | None = None) -> float:
    began_s = time.monotonic()
    with Client(command=command) as client:
        id, _ = client.timed_request("ping")
        return client.answer(id).at_s - began_s


def _until_ready(command: list[str] | None = None) -> float:
    began_s = time.monotonic()
    with Client(command=command) as client:
        client.ready()
        return time.monotonic() - began_s

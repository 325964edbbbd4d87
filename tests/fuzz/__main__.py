"""`make fuzz`: messages, pipe traffic and audio that nobody would send on purpose.

`python -m tests.fuzz [MESSAGES] [FILES] [SEED]`; the same seed makes the same ones. 1 when anything
was lost, wrong, dead or grew.
"""

import platform
import random
import sys
import tempfile
import time
from pathlib import Path

from tests.fuzz import pipe
from tests.fuzz.babbling import Babbling
from tests.fuzz.decoding import LARGEST_RSS_BYTES, Decoding
from tests.fuzz.jobs import Jobs
from tests.fuzz.wire import LARGEST_GROWTH_BYTES, Wire

MESSAGES, FILES = 200_000, 20_000


def main(messages: int, files: int, seed: int) -> int:
    """Fuzz, report; the exit code."""
    _say(f"{platform.platform()}, Python {platform.python_version()}, seed {seed}")
    wrong = [
        *_wire(messages // 2, seed, headers=False),
        *_wire(messages - messages // 2, seed + 1, headers=True),
        *_pipe(messages, seed),
        *_babble(messages // 200, seed),
        *_jobs(messages // 200, seed),
        *_audio(files, seed),
    ]
    _say(f"wrong: {len(wrong)}")
    for each in wrong[:20]:
        _say(f"  {each[:500]}")
    return 1 if wrong else 0


def _wire(count: int, seed: int, *, headers: bool) -> list[str]:
    began_s = time.monotonic()
    wire = Wire(seed, headers=headers)
    wire.run(count)
    code = wire.close()
    framing = "headers" if headers else "lines"
    _say(
        f"wire, {framing}: {count} messages, {wire.answers} answers, exit code {code}, parent's "
        f"memory {wire.last_rss_bytes / 1e6:.1f} MB ({wire.growth_bytes / 1e6:+.1f} MB over the "
        f"last three quarters), {time.monotonic() - began_s:.0f} s"
    )
    if code:
        wire.wrong.append(f"the server exited with {code}")
    if wire.growth_bytes > LARGEST_GROWTH_BYTES:
        wire.wrong.append(f"the parent's memory grew by {wire.growth_bytes} bytes")
    return wire.wrong


def _pipe(count: int, seed: int) -> list[str]:
    outcomes, wrong = pipe.fuzz(seed, count)
    _say(f"pipe: {count} damaged streams, {dict(outcomes)}")
    return wrong


def _babble(count: int, seed: int) -> list[str]:
    began_s = time.monotonic()
    babbling = Babbling(seed)
    babbling.run(count)
    _say(
        f"senseless worker: {count} jobs, {dict(babbling.outcomes)}, "
        f"{time.monotonic() - began_s:.0f} s"
    )
    return babbling.wrong


def _jobs(count: int, seed: int) -> list[str]:
    began_s = time.monotonic()
    jobs = Jobs(seed)
    jobs.run(count)
    _say(f"valid jobs: {count}, {dict(jobs.outcomes)}, {time.monotonic() - began_s:.0f} s")
    return jobs.wrong


def _audio(count: int, seed: int) -> list[str]:
    began_s = time.monotonic()
    decoding = Decoding(seed)
    with tempfile.TemporaryDirectory() as folder:
        decoding.run(count, Path(folder))
    _say(
        f"audio: {count} damaged files, {dict(decoding.outcomes)}, peak "
        f"{decoding.peak_bytes / 1e6:.0f} MB, {time.monotonic() - began_s:.0f} s"
    )
    if decoding.peak_bytes > LARGEST_RSS_BYTES:
        decoding.wrong.append(f"decoding took {decoding.peak_bytes} bytes")
    return decoding.wrong


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    given = [int(argument) for argument in sys.argv[1:4]]
    defaults = [MESSAGES, FILES, random.randrange(1 << 32)]
    sys.exit(main(*given, *defaults[len(given) :]))

"""`make soak`: half an hour (or MINUTES) of everything at once, on one server, and what it cost.

Three threads share a server: short and long jobs, cancels, timeouts, crashes, bad requests; a
fourth starts servers of its own and leaves them in the middle of a job. 1 when anything was lost,
wrong or leaked.
"""

import platform
import random
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

from tests.e2e.client import Client, left_of
from tests.soak.tally import Answered, Tally, percentile, slope_bytes
from tests.soak.visits import MIX, Visitor, come_and_go, write_long

THREADS = 3
WARM_UP_S = 10.0
LARGEST_SLOPE_BYTES = 1000
GONE_S = 1.0
PAUSE_S = 10.0
"""Between two clients that come and go."""


def main(minutes: float) -> int:
    """Soak, report; the exit code."""
    tally = Tally()
    leaked: list[int] = []
    # Its crashes are no fault of the audio that was being transcribed.
    with tempfile.TemporaryDirectory() as folder, Client("--quarantine", "0") as client:
        write_long(Path(folder))
        client.ready()
        server = psutil.Process(client.process.pid)
        began_s = time.monotonic()
        until_s = began_s + minutes * 60
        threads = [
            threading.Thread(target=_use, args=(client, tally, began_s, until_s, Path(folder)))
            for _ in range(THREADS)
        ]
        threads.append(threading.Thread(target=_come_and_go, args=(tally, until_s, leaked)))
        for thread in threads:
            thread.start()
        time.sleep(WARM_UP_S)
        descriptors = server.num_fds()
        while any(thread.is_alive() for thread in threads):
            tally.weigh(server.memory_info().rss)
            threads[0].join(1.0)
        tally.extra(sum(len(client.answers(id)) - 1 for id in _ids(client)))
        client.call("status")
        more_descriptors = max(0, _at_rest(client, server) - descriptors)
        client.close_stdin()
        client.exit_code()
        leaked += [process.pid for process in client.leftovers(GONE_S)]
    return _report(tally, leaked, more_descriptors, minutes)


def _use(client: Client, tally: Tally, began_s: float, until_s: float, folder: Path) -> None:
    visitor = Visitor(client, tally, began_s, folder)
    while time.monotonic() < until_s:
        (visit,) = random.choices(list(MIX), list(MIX.values()))
        visit(visitor)


def _come_and_go(tally: Tally, until_s: float, leaked: list[int]) -> None:
    while time.monotonic() + PAUSE_S < until_s:
        leaked += [process.pid for process in left_of(come_and_go(tally), GONE_S)]
        time.sleep(PAUSE_S)


def _ids(client: Client) -> list[int]:
    return [one.message["id"] for one in client.messages if "method" not in one.message]


def _at_rest(client: Client, server: psutil.Process) -> int:
    """Descriptors when no worker is being replaced."""
    client.worker_pid()
    return int(server.num_fds())


def _report(tally: Tally, leaked: list[int], descriptors: int, minutes: float) -> int:
    slope = slope_bytes(tally.memory)
    lost = tally.requests - tally.answers
    lines = [
        f"{platform.platform()}, Python {platform.python_version()}, {minutes:g} minutes",
        f"requests {tally.requests}, answers {tally.answers}",
        f"wrong answers {len(tally.wrong)}, leaked processes {len(leaked)}, "
        f"leaked descriptors {descriptors}",
        f"the parent's memory: {_range_mb(tally)} MB, {slope:.0f} bytes a request",
        f"deadlines {len(tally.overshoot_s)}, overshoot p50 "
        f"{percentile(tally.overshoot_s, 0.5) * 1000:.1f} ms, p99 "
        f"{percentile(tally.overshoot_s, 0.99) * 1000:.1f} ms",
        *(_latency(tally, what) for what in ("ping", "short", "long")),
        *(f"  {name}: {count}" for name, count in sorted(tally.outcomes.items())),
        *tally.wrong[:20],
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    failed = lost or tally.wrong or leaked or descriptors or slope >= LARGEST_SLOPE_BYTES
    return 1 if failed else 0


def _range_mb(tally: Tally) -> str:
    half = [rss_bytes / 1e6 for _, rss_bytes in tally.memory[len(tally.memory) // 2 :]]
    return f"{half[0]:.2f} at half-time ({min(half):.2f} to {max(half):.2f} since), {half[-1]:.2f}"


def _latency(tally: Tally, what: str) -> str:
    of_kind = sorted((one for one in tally.answered if one.what == what), key=lambda one: one.at_s)
    tenth = max(1, len(of_kind) // 10)
    first, last = _percentiles(of_kind[:tenth]), _percentiles(of_kind[-tenth:])
    return f"{what}, p50/p95/p99: first tenth {first}, last tenth {last}"


def _percentiles(answered: list[Answered]) -> str:
    took_s = [one.took_s for one in answered]
    shares = (0.5, 0.95, 0.99)
    return "/".join(f"{percentile(took_s, share) * 1000:.1f}" for share in shares) + " ms"


if __name__ == "__main__":
    random.seed(0)
    sys.exit(main(float(sys.argv[1]) if sys.argv[1:] else 30))

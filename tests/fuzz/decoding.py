"""Damaged audio, decoded by the worker's own code in a process that is allowed to die.

As a program: decodes the files from number FIRST up to LAST and says on stdout, before each, its
number, and after it what came of it. The caller notices by what is missing which one it died of.
"""

import os
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

from sidecar.commands.memory import PeakMemory
from tests.e2e.client import ROOT
from tests.fuzz.files import file_number, whole

LIMIT_S = 600.0
MOST_S = 20.0
"""What decoding one second of audio may take; far more than it does."""
LARGEST_RSS_BYTES = 300 << 20


class Decoding:
    """Files that were decoded, and what came of them."""

    def __init__(self, seed: int) -> None:
        self.outcomes: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.peak_bytes = 0
        self._seed = seed

    def run(self, count: int, folder: Path) -> None:
        """Decode so many files, damaged from those written to `folder`; after a death, the rest."""
        for name, content in whole().items():
            (folder / name).write_bytes(content)
        first = 0
        while first < count:
            first = self._run_from(first, count, folder)

    def _run_from(self, first: int, last: int, folder: Path) -> int:
        command = [sys.executable, "-m", "tests.fuzz.decoding", str(folder)]
        process = subprocess.Popen(
            [*command, str(self._seed), str(first), str(last)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=ROOT,
            text=True,
        )
        assert process.stdout is not None
        with process.stdout as lines:
            number = begun = first
            while True:
                watchdog = threading.Timer(MOST_S, process.kill)
                watchdog.start()
                line = lines.readline()
                watchdog.cancel()
                if not line:
                    break
                what, _, rest = line.rstrip("\n").partition(" ")
                if what == "begin":
                    begun = int(rest)
                elif what == "peak":
                    self.peak_bytes = max(self.peak_bytes, int(rest))
                elif what == "wrong":
                    self.wrong.append(f"file {begun}: {rest}")
                else:
                    self.outcomes[what] += 1
                    number = begun + 1
        code = process.wait()
        if number >= last and code == 0:
            return last
        how = f"killed by signal {-code}" if code < 0 else f"exited with {code}"
        self.wrong.append(f"file {begun}: the process was {how}")
        return begun + 1


def main(folder: Path, seed: int, first: int, last: int) -> None:
    """Decode, and tell."""
    import numpy as np

    from sidecar.audio.decode import decode_audio
    from sidecar.core.errors import SidecarError
    from sidecar.core.ipc import AudioLimits
    from sidecar.core.request import AudioSource

    limits = AudioLimits(max_duration_s=LIMIT_S, max_bytes=1 << 24)
    originals = [path.read_bytes() for path in sorted(folder.iterdir())]
    with PeakMemory(os.getpid()) as memory:
        for number in range(first, last):
            _say(f"begin {number}")
            try:
                decoded = decode_audio(AudioSource(), file_number(number, seed, originals), limits)
            except SidecarError as error:
                _say(error.kind)
                continue
            except Exception as error:
                _say(f"wrong {type(error).__name__}: {error}".replace("\n", " "))
                continue
            fits = 0 < len(decoded.samples) <= LIMIT_S * 16_000 + 1
            is_sound = fits and bool(np.isfinite(decoded.samples).all())
            _say("decoded" if is_sound else "wrong samples that are none")
    _say(f"peak {memory.peak_bytes}")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:5]))

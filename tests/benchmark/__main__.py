"""`make benchmark`: the figures of the README, measured against named alternatives here and now.

On a machine that does nothing else; it takes about twenty minutes. The part `text` is measured
only when named: it needs synthesizers.
"""

import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import psutil

from tests.benchmark import deadlines, decoding, overhead, standby, startup, text
from tests.benchmark.figures import Figure, table
from tests.e2e.client import ROOT


def main(wanted: list[str]) -> int:
    """Measure all, or the named parts; 1 when a goal is missed."""
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder) / "random-base"
        maker = ROOT / "packaging" / "random_model.py"
        # In float32, as the float16 weights of published models run on a CPU.
        size = ["--size", "base", "--quantization", "float32"]
        subprocess.run([sys.executable, maker, base, *size], check=True)
        parts: dict[str, Callable[[], Iterable[Figure]]] = {
            "startup": startup.measure,
            "binary": startup.measure_binary,
            "overhead": lambda: overhead.measure(base),
            "standby": standby.measure,
            "deadlines": lambda: deadlines.measure(base),
            "decoding": lambda: decoding.measure(base, Path(folder)),
            "text": text.measure,
        }
        figures: list[Figure] = []
        for name in wanted or [part for part in parts if part != "text"]:
            sys.stderr.write(f"measuring {name}\n")
            figures += parts[name]()
    cores, load = psutil.cpu_count(logical=False), psutil.getloadavg()[0]
    sys.stdout.write(f"{platform.platform()}, Python {platform.python_version()}, ")
    sys.stdout.write(f"{cores} cores, load {load:.1f}\n\n{table(figures)}\n")
    return 0 if all(figure.met is not False for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The machine, as far as it can be told without loading a library that could hang."""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil

from sidecar.commands.finding import Finding
from sidecar.version import VERSION

GIB = 1 << 30
PROGRAM_S = 5.0
"""How long another program may take to answer."""
FEATURES = ("sse4_1", "avx", "avx2", "fma", "avx512f", "avx512_vnni", "amx_int8", "asimd", "neon")
"""Those that decide how fast CTranslate2 is."""


def machine(cpu_threads: int) -> Iterator[Finding]:
    """What is known of it; `cpu_threads` 0 stands for one per physical core."""
    yield Finding("asr-sidecar", "info", VERSION)
    yield Finding("python", "info", f"{platform.python_version()} ({sys.executable})")
    yield Finding("system", "info", system())
    name, features = processor()
    known = " ".join(feature for feature in FEATURES if feature in features)
    yield Finding("processor", "info", f"{name or 'unknown'}; {known or 'features unknown'}")
    physical = psutil.cpu_count(logical=False)
    yield Finding(
        "cores",
        "info",
        f"{physical or '?'} physical, {psutil.cpu_count() or '?'} logical, {_usable()} usable; "
        f"{cpu_threads or physical or 1} threads are used",
    )
    memory = psutil.virtual_memory()
    text = f"{memory.total / GIB:.1f} GiB, {memory.available / GIB:.1f} GiB of it available"
    yield Finding("memory", "info", text)
    yield Finding("gpu", "info", gpus() or "nvidia-smi is not there, or finds none")


def system() -> str:
    """The operating system and the architecture."""
    return f"{platform.platform()}, {platform.machine()}"


def processor() -> tuple[str, frozenset[str]]:
    """The processor's name and the features it has, in lower case; empty where unknown."""
    if sys.platform == "win32":
        return platform.processor(), frozenset()
    if sys.platform == "darwin":
        name = _said_by("sysctl", "-n", "machdep.cpu.brand_string")
        names = ("machdep.cpu.features", "machdep.cpu.leaf7_features")
        listed = " ".join(_said_by("sysctl", "-n", each) for each in names)
        arm = " neon" if platform.machine() == "arm64" else ""
        return name, frozenset((listed.replace("AVX1.0", "AVX").lower() + arm).split())
    return parsed_cpuinfo(Path("/proc/cpuinfo").read_text("utf-8", "replace"))


def parsed_cpuinfo(text: str) -> tuple[str, frozenset[str]]:
    """The first processor of Linux's `/proc/cpuinfo`."""
    entries: dict[str, str] = {}
    for line in text.splitlines():
        key, _, value = line.partition(":")
        entries.setdefault(key.strip().lower(), value.strip())
    name = entries.get("model name") or entries.get("cpu model") or entries.get("hardware", "")
    return name, frozenset((entries.get("flags") or entries.get("features") or "").split())


def gpus() -> str:
    """What NVIDIA's own tool says: name, driver and memory of each GPU; empty without it."""
    query = "--query-gpu=name,driver_version,memory.total"
    listed = _said_by("nvidia-smi", query, "--format=csv,noheader")
    return "; ".join(line.strip() for line in listed.splitlines())


def _usable() -> int:
    """How many logical cores this process may run on: a container may allow it fewer."""
    if sys.platform != "linux":
        return os.cpu_count() or 1
    return len(os.sched_getaffinity(0))


def _said_by(program: str, *arguments: str) -> str:
    path = shutil.which(program)
    if path is None:
        return ""
    try:
        done = subprocess.run(
            [path, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PROGRAM_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode("utf-8", "replace").strip()

"""How much memory another process has held."""

import re
import sys
from pathlib import Path

import psutil


def peak_bytes(pid: int) -> int:
    """The most that was resident; on macOS, what is now; 0 where the process is gone."""
    try:
        return _peak_bytes(pid)
    except (OSError, psutil.Error):
        return 0


def _peak_bytes(pid: int) -> int:
    if sys.platform != "linux":
        memory = psutil.Process(pid).memory_info()
        return int(getattr(memory, "peak_wset", memory.rss))
    status = Path(f"/proc/{pid}/status").read_text("utf-8", "replace")
    peak = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    return int(peak[1]) * 1024 if peak else 0

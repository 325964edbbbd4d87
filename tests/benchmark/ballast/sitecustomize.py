"""Makes a worker hold memory, as one with a large model does. Found through PYTHONPATH."""

import os
import sys

if "worker" in sys.orig_argv:
    GIB = 1 << 30
    held = bytearray(int(os.environ.get("BALLAST_GIB", "0")) * GIB)
    # Written to, page by page, or the system would not hand it out.
    held[::4096] = b"\1" * len(held[::4096])
    sys.ballast = held  # type: ignore[attr-defined]

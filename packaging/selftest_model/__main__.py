"""`python packaging/selftest_model`, and `python -m selftest_model` from within packaging/."""

import os
import sys
from pathlib import Path

# Threads that spin while they wait would take the core that composes the batches.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

if not __package__:
    sys.path[0] = str(Path(__file__).parents[1])

from selftest_model.make import main

if __name__ == "__main__":
    sys.exit(main())

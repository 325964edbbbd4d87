"""Lets the tests import the recipe: its folder, packaging/, is no package of that name."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "packaging"))

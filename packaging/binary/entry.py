"""Where the frozen program begins."""

import sys

from sidecar.cli import main

sys.exit(main())

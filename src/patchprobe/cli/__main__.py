"""``python -m patchprobe.cli``."""

import sys

from . import main

sys.exit(main())

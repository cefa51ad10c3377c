"""Run the command line: ``python -m closedness``."""

import sys

from closedness.cli.start import main

if __name__ == "__main__":
    sys.exit(main())

"""Run the command line as `python -m seqtext`."""

import sys

from seqtext.cli.main import main

if __name__ == "__main__":
    sys.exit(main())

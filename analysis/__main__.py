import sys

from analysis.cli import main
from analysis.stopping import heed_signals

if __name__ == "__main__":
    heed_signals()
    sys.exit(main())

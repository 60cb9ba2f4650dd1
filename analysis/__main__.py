import sys

from analysis.cli import main, print_anywhere
from analysis.stopping import heed_signals

if __name__ == "__main__":
    heed_signals()
    print_anywhere()
    sys.exit(main())

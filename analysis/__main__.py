import sys

from analysis.cli import main, print_anywhere

if __name__ == "__main__":
    print_anywhere()
    sys.exit(main())

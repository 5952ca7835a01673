"""The windowed executable: `loadbench-gui`."""

import sys

from loadbench_gui.__main__ import gui

if __name__ == "__main__":
    sys.exit(gui())

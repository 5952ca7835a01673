"""The console executable: `loadbench`, and the Python that `{python}` stands for."""

import sys

from loadbench_gui.__main__ import cli

if __name__ == "__main__":
    sys.exit(cli())

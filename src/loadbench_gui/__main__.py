"""The entry points, and the only place that wires across layers.

Kept nearly empty at the top: a spawned worker re-imports the main module, and a worker starts lean.
"""

from __future__ import annotations

import sys


def cli() -> int:
    """Run `loadbench`: everything, without a window."""
    _freeze_support()
    from loadbench_gui.cli.main import main

    return main(sys.argv[1:])


def gui() -> int:
    """Run `loadbench-gui`: the window."""
    _freeze_support()
    import os

    from loadbench_gui.errors import EnvironmentFault
    from loadbench_gui.ui.display import require_display

    arguments = sys.argv[1:]
    if not {"-h", "--help", "--version"} & set(arguments):
        try:
            require_display(os.environ)
        except EnvironmentFault as fault:
            sys.stderr.write(f"error: {fault}\n")
            return fault.exit_code
    from loadbench_gui.ui.app import main

    return main(arguments)


def _freeze_support() -> None:
    import multiprocessing

    multiprocessing.freeze_support()


if __name__ == "__main__":
    sys.exit(cli())

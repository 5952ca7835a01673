"""`python -m installers STEP`: each step of building what people install is a module with a `main()`."""

from __future__ import annotations

import importlib
import sys
from typing import Final

STEPS: Final = {
    "version": "print the version, for scripts",
    "release": "hold the changelog against the version, and both against the tag of a release",
    "freeze": "make the app that needs no Python, with its notices and its bill of materials",
    "check": "hold the frozen app against its budgets and the list of what must not be in it",
    "deb": "on Linux: wrap the frozen app into a Debian package, and hold it against Debian's policy",
    "archive": "on Linux: wrap the frozen app into an archive that runs from wherever it is unpacked",
    "cleanroot": "install the .deb on a Debian without Python, use it there, remove it again",
    "inno": "on Windows: wrap the frozen app into a setup",
    "dmg": "on macOS: wrap the app bundle into a disk image",
}


def main() -> int:
    """Run the step that the command line names; return its exit code."""
    if len(sys.argv) < 2 or sys.argv[1] not in STEPS:
        print("usage: python -m installers STEP\n", file=sys.stderr)
        for step, about in STEPS.items():
            print(f"  {step:10} {about}", file=sys.stderr)
        return 2
    module = importlib.import_module(f"installers.{sys.argv.pop(1)}")
    return int(module.main())


if __name__ == "__main__":
    sys.exit(main())

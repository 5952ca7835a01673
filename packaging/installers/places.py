"""Where things are, and what is being built: the version, from the one place that has it."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
SOURCE: Final = ROOT / "src" / "loadbench_gui"
PACKAGING: Final = ROOT / "packaging"
# A folder of its own for whoever builds twice at a time.
BUILD: Final = Path(os.environ.get("LOADBENCH_BUILD_DIR") or ROOT / "build").resolve()
FROZEN: Final = BUILD / "frozen" / "loadbench"
DIST: Final = BUILD / "dist"


def version() -> str:
    """Return the version as `loadbench_gui.__version__` has it, without importing the program."""
    text = (SOURCE / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "(?P<version>[^"]+)"$', text, re.MULTILINE)
    if found is None:
        raise SystemExit("src/loadbench_gui/__init__.py has no __version__")
    return found["version"]

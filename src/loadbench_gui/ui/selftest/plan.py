"""The names of the window's checks, known without Qt: the document lists them before Qt is loaded."""

from __future__ import annotations

from typing import Final

from loadbench_gui.services.selftest.catalogue import CHECKS
from loadbench_gui.services.selftest.outcome import Check
from loadbench_gui.services.selftest.suite import QUIET

DISPLAY: Final = Check("display", "Display", "There is a display, or memory to draw into, and what Qt needs of it.")
PLATFORM: Final = Check("platform", "Qt platform plug-in", "Qt starts and has a screen.")
PAINT: Final = Check("paint", "First paint", "The window opens with all its pages, in both colour schemes.", None, 30.0)
FONTS: Final = Check("fonts", "Fonts", "Inter and JetBrains Mono are those that ship with loadbench.")
LIVE: Final = Check("live-charts", "Live charts as PNG", "Each series has its colour, and only with data.")
PNG: Final = Check("png", "Report charts as PNG", "Each series has its colour, and only with data.")
WINDOW: Final = (DISPLAY, PLATFORM, PAINT, FONTS, LIVE, PNG)


def planned(*, everything: bool) -> tuple[Check, ...]:
    """Return all checks of a self-test in their order."""
    return (*WINDOW, QUIET, *CHECKS) if everything else WINDOW

"""`loadbench-gui --self-test`: first what needs Qt, then, unless only that was asked for, everything else.

Imports nothing of Qt before it is known which display there is, and that Qt can be loaded at all.
"""

from __future__ import annotations

import os
import sys
from collections.abc import MutableMapping, Sequence

from loadbench_gui.errors import EnvironmentFault, LoadbenchError
from loadbench_gui.services.selftest.outcome import Outcome, exit_code, failed
from loadbench_gui.services.selftest.suite import Findings
from loadbench_gui.ui.display import require_display
from loadbench_gui.ui.options import parse
from loadbench_gui.ui.selftest.plan import DISPLAY, planned
from loadbench_gui.ui.selftest.record import Record


def main(argv: Sequence[str]) -> int:
    """Run the self-test that the command line asks for; return its exit code."""
    options = parse(argv)
    everything = options.self_test == "all"
    try:
        record = Record(planned(everything=everything), options.json)
        seen = see_display(os.environ)
        record.told(seen)
        if seen.status == "failed":
            findings = Findings((seen,), complete=False)
            record.close(findings)
            return int(exit_code(findings.outcomes))
        from loadbench_gui.ui.selftest.session import run

        return run(record, seen, options.data_dir, everything=everything)
    except LoadbenchError as problem:
        if sys.stderr is not None:
            sys.stderr.write(f"error: {problem}\n")
        return int(problem.exit_code)


def see_display(environ: MutableMapping[str, str], platform: str = sys.platform) -> Outcome:
    """Find the display, and what Qt needs to draw on it; without one, have Qt draw into memory, and say so."""
    detail = "the desktop's"
    if platform.startswith(("linux", "freebsd")):
        chosen, x11, wayland = (environ.get(n, "") for n in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"))
        if not (chosen or x11 or wayland):
            environ["QT_QPA_PLATFORM"] = "offscreen"
            detail = "there is none, so the window is drawn into memory (offscreen)"
        else:
            detail = f"as QT_QPA_PLATFORM says: {chosen}" if chosen else f"{wayland or x11}"
    try:
        require_display(environ, platform)
    except EnvironmentFault as fault:
        return failed(DISPLAY, fault)
    return Outcome(DISPLAY, "passed", detail)

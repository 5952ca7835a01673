"""The checks that need Qt, from outside: in a process of the window's own, since Qt aborts where it cannot start."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from loadbench_gui import interpreter
from loadbench_gui.deploy.threads import in_thread
from loadbench_gui.errors import Bug, EnvironmentFault
from loadbench_gui.services.selftest.document import findings_of
from loadbench_gui.services.selftest.outcome import REPORT, Check, Outcome, failed, overdue
from loadbench_gui.services.selftest.suite import Findings, Watcher
from loadbench_gui.services.stopping import StopRequested, unless_stopped

PROCESS: Final = Check("window", "The window's process", "The window starts, checks itself and ends.", None, 60.0)
UNREACHED: Final = "the window's process ended before this check was over"
EXECUTABLE: Final = "loadbench-gui"
_FROM_SOURCE: Final = "import sys; from loadbench_gui.__main__ import gui; sys.exit(gui())"
_GRACE_S: Final = 10.0
_MOST_WORDS: Final = 400


def window_command() -> tuple[str, ...]:
    """Return the command that opens the window: the executable beside us, or this Python."""
    if not interpreter.is_frozen():
        return (sys.executable, "-c", _FROM_SOURCE)
    console = Path(interpreter.own())
    return (str(console.with_name(EXECUTABLE + console.suffix)),)


async def run_in_window(watcher: Watcher, stop: asyncio.Event, command: tuple[str, ...] | None = None) -> Findings:
    """Have the window check itself, and return what it found; a crash of Qt is a failed check like any other."""
    watcher.begun(PROCESS)
    with TemporaryDirectory(prefix="loadbench-self-test-", ignore_cleanup_errors=True) as folder:
        written = Path(folder) / "window.json"
        began = time.perf_counter()
        try:
            words, code = await _run(
                (*(command or window_command()), "--self-test=window", "--json", str(written)), stop
            )
            found = read(written, words, code)
        except StopRequested:
            return Findings((), complete=False)
        except TimeoutError:
            found = Findings((overdue(PROCESS, time.perf_counter() - began),), complete=True)
        except (EnvironmentFault, Bug) as problem:
            found = Findings((failed(PROCESS, problem, time.perf_counter() - began),), complete=True)
    for outcome in found.outcomes:
        watcher.told(outcome)
    return found


async def _run(command: tuple[str, ...], stop: asyncio.Event) -> tuple[str, int]:
    """Run it; return what it wrote to standard error, and its exit code. Raises `StopRequested`, `TimeoutError`."""
    try:
        process = subprocess.Popen(  # noqa: ASYNC220, S603, RUF100 - our own; the window's loop has no child watchers
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            creationflags=interpreter.NO_CONSOLE,
        )
    except OSError as problem:
        raise EnvironmentFault(
            f"{command[0]} cannot be started: {problem.strerror}",
            "The installation is incomplete: reinstall loadbench.",
        ) from problem
    try:
        async with asyncio.timeout(PROCESS.deadline_s):
            _, words = await unless_stopped(in_thread(process.communicate), stop)
    finally:
        if process.poll() is None:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                await in_thread(process.wait, _GRACE_S)
            process.kill()
            process.wait()
    return words.decode(errors="replace"), process.returncode


def read(written: Path, words: str, code: int) -> Findings:
    """Return what the window found. Raises `Bug` when it left nothing behind that says so."""
    try:
        findings = findings_of(json.loads(written.read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise Bug(f"the window {_ended(code)} and left no findings: {_said(words)}", REPORT) from problem
    outcomes, missing = findings.outcomes, [o for o in findings.outcomes if o.detail == UNREACHED]
    if missing:
        crash = replace(missing[0], detail=f"the window {_ended(code)}: {_said(words)}", hint=_hint(words))
        outcomes = tuple(crash if outcome is missing[0] else outcome for outcome in outcomes)
    return Findings(outcomes, complete=True)


def unreached(check: Check) -> Outcome:
    """Return what stands in the window's document for a check that is still to come."""
    return Outcome(check, "failed", UNREACHED, "See the check that failed before it.", culprit="loadbench")


def _ended(code: int) -> str:
    with suppress(ValueError):
        return f"was killed by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"


def _said(words: str) -> str:
    text = " ".join(words.split())
    return (text if len(text) <= _MOST_WORDS else f"{text[:_MOST_WORDS]} …") or "it said nothing"


def _hint(words: str) -> str:
    if "platform plugin" in words:
        return "Reinstall loadbench. QT_DEBUG_PLUGINS=1 makes Qt say which library it misses."
    return REPORT

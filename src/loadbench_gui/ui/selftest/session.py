"""The self-test inside the window's process: Qt started, the window opened, the rest on the window's own loop."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import psutil
from PySide6.QtCore import qVersion
from PySide6.QtGui import QFont, QFontInfo, QGuiApplication
from PySide6.QtWidgets import QApplication

from loadbench_gui.errors import Bug, EnvironmentFault, ExitCode
from loadbench_gui.services.selftest.catalogue import CHECKS
from loadbench_gui.services.selftest.outcome import Check, Outcome, Probe, exit_code, require
from loadbench_gui.services.selftest.scratch import Scratch, scratch
from loadbench_gui.services.selftest.suite import Findings, run_alone
from loadbench_gui.services.selftest.suite import run as run_checks
from loadbench_gui.services.selftest.words import sentence
from loadbench_gui.store.data_dir import data_dir
from loadbench_gui.ui import loop
from loadbench_gui.ui.app import Desk, make_application
from loadbench_gui.ui.pages.diagnostics import Diagnostics
from loadbench_gui.ui.ports import RecentComparison, Services
from loadbench_gui.ui.selftest import plan
from loadbench_gui.ui.selftest.record import Record
from loadbench_gui.ui.settings import Settings
from loadbench_gui.ui.theme import Theme
from loadbench_gui.ui.wiring import wire

FAMILIES: Final = ("Inter", "JetBrains Mono")
_SETTLE_S: Final = 15.0


def run(record: Record, seen: Outcome, folder: Path | None, *, everything: bool) -> int:
    """Start Qt and run the checks; return the exit code. seen: what came of looking for the display."""
    began = time.perf_counter()
    app, theme = make_application()
    diagnostics = Diagnostics()
    sys.excepthook = diagnostics.excepthook

    async def main() -> int:
        stop = asyncio.Event()
        codes: list[ExitCode] = []

        def received(code: ExitCode) -> None:
            codes.append(code)
            stop.set()

        signals = loop.Signals(received)
        try:
            with scratch(data_dir(folder)) as place:
                checks = window_checks(app, theme, diagnostics)
                findings = Findings((seen,), complete=True) + await run_checks(checks, place, record, stop)
            if everything and findings.complete:
                findings += await run_alone(CHECKS, data_dir(folder), record, stop)
        finally:
            signals.close()
        record.close(findings)
        record.say(sentence(findings, time.perf_counter() - began))
        return int(codes[0] if codes else exit_code(findings.outcomes))

    return loop.run(app, main, diagnostics.record)


def window_checks(app: QApplication, theme: Theme, diagnostics: Diagnostics) -> tuple[Check, ...]:
    """Return the checks of `plan` with what they try."""
    probes = (
        (plan.PLATFORM, Platform(app).probe),
        (plan.PAINT, FirstPaint(theme, diagnostics).probe),
        (plan.FONTS, fonts),
        (plan.LIVE, LivePictures(theme).probe),
        (plan.PNG, report_pictures),
    )
    return tuple(replace(check, probe=without_incidents(diagnostics, probe)) for check, probe in probes)


def without_incidents(diagnostics: Diagnostics, probe: Probe) -> Probe:
    """Return a probe that fails as well when something broke in a slot or a task meanwhile, where nobody awaits it."""

    async def call(place: Scratch) -> str:
        incidents: list[str] = []
        diagnostics.happened.connect(incidents.append)
        try:
            detail = await probe(place)
        finally:
            diagnostics.happened.disconnect(incidents.append)
        require(not incidents, f"something broke meanwhile: {'; '.join(incidents)}")
        return detail

    return call


class Platform:
    """Qt's way to the screen."""

    def __init__(self, app: QApplication) -> None:
        self._app = app

    async def probe(self, _: Scratch) -> str:
        """Say which plug-in was loaded, and how large the screen is."""
        screen = self._app.primaryScreen()
        if screen is None:
            raise EnvironmentFault("Qt found no screen", "Connect one, or start with QT_QPA_PLATFORM=offscreen.")
        size = screen.size()
        return f"{QGuiApplication.platformName()}, {size.width()} × {size.height()}, Qt {qVersion()}"


async def fonts(_: Scratch) -> str:
    """Ask Qt which fonts it really takes for ours."""
    missing = [family for family in FAMILIES if not _resolves(family)]
    if missing:
        raise EnvironmentFault(
            f"Qt does not find {' and '.join(missing)} and takes {QFontInfo(QFont(missing[0])).family()} instead",
            "They ship with loadbench in resources/fonts: reinstall it.",
        )
    used = QFontInfo(QApplication.font())
    require(used.family() == FAMILIES[0], f"the window is set in {used.family()} instead of {FAMILIES[0]}")
    return f"{' and '.join(FAMILIES)} at {used.pixelSize()} px"


def _resolves(family: str) -> bool:
    info = QFontInfo(QFont(family))
    return info.exactMatch() and info.family() == family


class FirstPaint:
    """The whole window, with a history of its own."""

    def __init__(self, theme: Theme, diagnostics: Diagnostics) -> None:
        self._theme, self._diagnostics = theme, diagnostics
        self._desk: Desk | None = None

    async def probe(self, place: Scratch) -> str:
        """Open the window and wait until its first page is filled; then change the scheme, and close it."""
        folder = place.new("window")
        painted, history_shown, choice = asyncio.Event(), asyncio.Event(), self._theme.choice
        services = told_when_recent(wire(folder), history_shown)
        desk = Desk(services, Settings(folder), self._diagnostics, self._theme)
        desk.window.painted.connect(painted.set)
        try:
            desk.open(None)
            await painted.wait()
            since_ms = (time.time() - psutil.Process(os.getpid()).create_time()) * 1e3
            await _until_filled(desk, history_shown)
            for scheme in ("dark", "light"):
                self._theme.choose(scheme)
                desk.window.grab()
        finally:
            self._theme.choose(choice)
            await desk.shell.shut_down(0)
            desk.window.hide()
            # It lives on: the theme still tells its parts of every change.
            self._desk = desk
        return f"{since_ms:,.0f} ms after the process started"


class LivePictures:
    """The Live page's charts. What draws them is imported when their turn comes, after the first paint."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme

    async def probe(self, place: Scratch) -> str:
        """Draw them with data and without."""
        from loadbench_gui.ui.selftest.pictures import live_charts

        return await live_charts(self._theme, place)


async def report_pictures(place: Scratch) -> str:
    """Draw a report's charts with data and without."""
    from loadbench_gui.ui.selftest.pictures import report_charts

    return await report_charts(place)


def told_when_recent(services: Services, shown: asyncio.Event) -> Services:
    """Return the services, with `shown` set as soon as the window has shown what the history holds."""

    async def recent() -> Sequence[RecentComparison]:
        try:
            return await services.recent()
        finally:
            # Whoever asked goes on at once, and shows it, before the loop comes to this.
            asyncio.get_running_loop().call_soon(shown.set)

    return replace(services, recent=recent)


async def _until_filled(desk: Desk, history_shown: asyncio.Event) -> None:
    """Wait until history, templates and charts have arrived."""
    end = time.monotonic() + _SETTLE_S
    while not (desk.live.has_board and desk.home.template_cards and history_shown.is_set()):
        if time.monotonic() > end:
            raise Bug("the window opened, but its pages stayed empty")
        await asyncio.sleep(0.02)

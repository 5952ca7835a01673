"""Builds the window and everything in it, and hands each part what it needs; there is no other place that does."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtGui import QIcon

from loadbench_gui import __version__
from loadbench_gui.assets import asset_dir
from loadbench_gui.errors import EnvironmentFault, ExitCode
from loadbench_gui.store.data_dir import data_dir
from loadbench_gui.ui import loop, text
from loadbench_gui.ui.actions import Actions, Spec
from loadbench_gui.ui.application import Application
from loadbench_gui.ui.bridge import FULL_HZ, SPARING_HZ, Bridge, available_cpus, default_hz
from loadbench_gui.ui.models.live import LiveModel
from loadbench_gui.ui.models.recent import RecentModel
from loadbench_gui.ui.options import parse
from loadbench_gui.ui.pages.compare import CompareActions, ComparePage
from loadbench_gui.ui.pages.diagnostics import Diagnostics, DiagnosticsPage
from loadbench_gui.ui.pages.history import HistoryPage
from loadbench_gui.ui.pages.home import HomePage
from loadbench_gui.ui.pages.live import LivePage
from loadbench_gui.ui.ports import Services
from loadbench_gui.ui.settings import Settings
from loadbench_gui.ui.shell import Shell
from loadbench_gui.ui.style import LoadbenchStyle
from loadbench_gui.ui.theme import Choice, Theme, install_fonts
from loadbench_gui.ui.widgets.command_palette import CommandPalette
from loadbench_gui.ui.window import MainWindow
from loadbench_gui.ui.wiring import wire


class Desk:
    """Window, pages and what connects them. Build it while the loop runs; `open` shows the window."""

    def __init__(self, services: Services, settings: Settings, diagnostics: Diagnostics, theme: Theme) -> None:
        self.theme, self.settings = theme, settings
        self.bridge = Bridge(LiveModel(), settings.chart_hz or default_hz(available_cpus()))
        self.window = MainWindow(theme)
        self.shell = Shell(self.window, services, self.bridge, diagnostics, settings)
        shell = self.shell
        self.home = HomePage(
            theme,
            RecentModel(),
            start=shell.start_chosen,
            open_profile=shell.open_profile,
            open_one=shell.open_comparison,
        )
        self.live = LivePage(theme, self.bridge, stop=shell.runner.stop, start_first=shell.start_first)
        self.compare = ComparePage(theme, CompareActions(shell.run_again, shell.export, shell.copy, shell.start_first))
        self.history = HistoryPage(theme, RecentModel(), start_first=shell.start_first, open_one=shell.open_comparison)
        shell.adopt(self.home, self.live, self.compare, self.history)
        for key, title, page in (
            ("home", "Home", self.home),
            ("live", "Live", self.live),
            ("compare", "Compare", self.compare),
            ("history", "History", self.history),
            ("diagnostics", "Diagnostics", DiagnosticsPage(theme, diagnostics)),
        ):
            self.window.add_page(key, key, title, page)
        self.window.show_page("home")
        self.palette = CommandPalette(theme, self.window)
        self.actions = Actions(self.window)
        self.actions.add(self._specs())
        self._mark_choices()
        theme.changed.connect(self._mark_choices)
        self._mark_available()
        for changed in (shell.runner.started, shell.runner.finished, self.window.pages.currentChanged):
            changed.connect(self._mark_available)

    def open(self, profile: Path | None) -> None:
        """Show the window; the charts and the history follow after the first paint."""
        self.settings.restore(self.window, self.live.splitters)
        self.window.painted.connect(lambda: self._after_first_paint(profile))
        self.window.show()

    def _after_first_paint(self, profile: Path | None) -> None:
        self.shell.spawn(self.shell.load_home(profile))
        self.shell.spawn(self._load_charts())

    async def _load_charts(self) -> None:
        await asyncio.sleep(0)
        from loadbench_gui.ui.charts.board import LiveBoard

        self.live.attach_board(LiveBoard(self.theme))
        self.settings.restore_splitters(self.live.splitters)

    def _specs(self) -> list[Spec]:
        shell, window = self.shell, self.window
        pages = ("Home", "Live", "Compare", "History", "Diagnostics")
        return [
            Spec("open", "&File", "&Open a profile…", shell.choose_profile, "Ctrl+O"),
            Spec("export", "&File", "&Export the report", self.compare.export, "Ctrl+E", "Write it and open it"),
            Spec("quit", "&File", "&Quit", window.close, "Ctrl+Q"),
            Spec("compare-three", "&Run", f"&{text.COMPARE_THREE}", shell.start_first, "Ctrl+R"),
            Spec("pause", "&Run", "&Pause or resume the view", self.live.toggle_pause, "Ctrl+P", text.PAUSE_HINT),
            Spec("stop", "&Run", "&Stop the comparison", self.live.stop, "Ctrl+.", text.STOP_HINT),
            Spec("copy", "&Run", "&Copy as command line", self.compare.copy_command, "Ctrl+Shift+C"),
            *(
                Spec(title.lower(), "&Go", title, partial(window.show_page, title.lower()), f"Ctrl+{i}")
                for i, title in enumerate(pages, 1)
            ),
            Spec("palette", "&Go", "&Everything…", self._open_palette, "Ctrl+K"),
            Spec(
                "theme-system", "&View", "Colours of the s&ystem", partial(self._choose_theme, "system"), checkable=True
            ),
            Spec("theme-light", "&View", "&Light colours", partial(self._choose_theme, "light"), checkable=True),
            Spec("theme-dark", "&View", "&Dark colours", partial(self._choose_theme, "dark"), checkable=True),
            *(
                Spec(f"hz-{hz}", "&View", f"Charts {hz} times a second", partial(self._choose_hz, hz), checkable=True)
                for hz in (SPARING_HZ, FULL_HZ)
            ),
            Spec("whole-run", "&View", "&Whole run in the charts", self._toggle_whole_run, "Ctrl+L", checkable=True),
            Spec("reset-layout", "&View", "&Reset the layout", self._reset_layout),
        ]

    def _open_palette(self) -> None:
        self.palette.open_with([a for a in self.actions.available() if a.objectName() != "palette"])

    def _choose_theme(self, choice: Choice) -> None:
        self.settings.theme = choice
        self.theme.choose(choice)
        self._mark_choices()

    def _choose_hz(self, hz: int) -> None:
        self.settings.chart_hz = hz
        self.bridge.set_hz(hz)
        self._mark_choices()

    def _mark_choices(self) -> None:
        for choice in ("system", "light", "dark"):
            self.actions[f"theme-{choice}"].setChecked(choice == self.theme.choice)
        for hz in (SPARING_HZ, FULL_HZ):
            self.actions[f"hz-{hz}"].setChecked(hz == self.bridge.hz)

    def _toggle_whole_run(self) -> None:
        if self.live.board is not None:
            self.live.board.whole_run = self.actions["whole-run"].isChecked()
            self.live.refresh()

    def _mark_available(self) -> None:
        for key in ("stop", "pause"):
            self.actions[key].setEnabled(self.bridge.running)
        for key in ("export", "copy"):
            self.actions[key].setEnabled(self.compare.comparison is not None)

    def _reset_layout(self) -> None:
        self.settings.forget_layout()
        self.window.resize_to_fit()
        for splitter in self.live.splitters:
            splitter.setSizes([1000] * splitter.count())
        self.live.splitters[0].setSizes([2000, 76])


def make_application(theme_choice: Choice = "system", extra_fonts: Path | None = None) -> tuple[Application, Theme]:
    """Return the one application object with fonts, palette and style in place."""
    existing = Application.instance()
    app = existing if isinstance(existing, Application) else Application([text.APP])
    app.setApplicationName(text.APP)
    app.setApplicationVersion(__version__)
    app.setDesktopFileName(text.APP)
    install_fonts(extra_fonts)
    theme = Theme(theme_choice)
    app.setStyle(LoadbenchStyle(theme))
    theme.apply()
    app.setWindowIcon(_icon())
    return app, theme


def _icon() -> QIcon:
    try:
        return QIcon(str(asset_dir("resources") / "icons" / "app-256.png"))
    except EnvironmentFault:
        return QIcon()


def main(argv: Sequence[str]) -> int:
    """Open the window; returns the exit code when it is closed."""
    options = parse(argv)
    folder = data_dir(options.data_dir)
    settings = Settings(folder)
    app, theme = make_application(settings.theme)
    diagnostics = Diagnostics()
    sys.excepthook = diagnostics.excepthook

    async def run() -> int:
        desk = Desk(wire(folder), settings, diagnostics, theme)
        signals = loop.Signals(lambda code: _end(desk.shell, code))
        desk.window.painted.connect(lambda: app.hand_files_to(desk.shell.open_profile))
        try:
            desk.open(options.profile)
            return await desk.shell.quit
        finally:
            app.hand_files_to(None)
            desk.window.hide()
            signals.close()

    return loop.run(app, run, diagnostics.record)


def _end(shell: Shell, code: ExitCode) -> None:
    shell.spawn(shell.shut_down(int(code)))

"""What happens between the pages: a profile is opened, a comparison started, its verdict shown, the window closed."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog

from loadbench_gui.core.plan import Plan
from loadbench_gui.core.run import Run
from loadbench_gui.core.verdict import Comparison
from loadbench_gui.errors import LoadbenchError
from loadbench_gui.profile.problems import ProfileError
from loadbench_gui.services.events import ComparisonEnded
from loadbench_gui.ui import text
from loadbench_gui.ui.ask import ask
from loadbench_gui.ui.bridge import Bridge
from loadbench_gui.ui.pages.compare import ComparePage
from loadbench_gui.ui.pages.diagnostics import Diagnostics
from loadbench_gui.ui.pages.history import HistoryPage
from loadbench_gui.ui.pages.home import HomePage
from loadbench_gui.ui.pages.live import LivePage
from loadbench_gui.ui.ports import Services, Template
from loadbench_gui.ui.remote import remotes
from loadbench_gui.ui.runner import Runner
from loadbench_gui.ui.settings import Settings
from loadbench_gui.ui.widgets.panel import Trouble
from loadbench_gui.ui.window import MainWindow

RECENT_ON_HOME = 6


class Shell(QObject):
    """Owns the tasks that the window starts; every failure in one of them ends up in words on the screen."""

    def __init__(
        self, window: MainWindow, services: Services, bridge: Bridge, diagnostics: Diagnostics, settings: Settings
    ) -> None:
        super().__init__()
        self._window, self._services, self._bridge = window, services, bridge
        self._diagnostics, self._settings = diagnostics, settings
        self._tasks: set[asyncio.Task[None]] = set()
        self._plan: Plan | None = None
        self._first: Path | None = None
        self._closing = self._gone = False
        self.quit: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.runner = Runner(services.start_comparison, bridge, self._allowed)
        self.runner.started.connect(self._on_started)
        self.runner.failed.connect(self.show_fault)
        self.runner.crashed.connect(lambda error: diagnostics.record(error, "while comparing"))
        self.runner.finished.connect(lambda: self.spawn(self.refresh_history()))
        bridge.ended.connect(self._on_ended)
        diagnostics.happened.connect(self._on_incident)
        window.close_requested.connect(lambda: self.spawn(self._close()))
        window.dropped.connect(self.open_profile)
        window.destroyed.connect(self._abandon)

    def adopt(self, home: HomePage, live: LivePage, compare: ComparePage, history: HistoryPage) -> None:
        """Get to know the pages, which were built with callables of this object."""
        self._home, self._live, self._compare, self._history = home, live, compare, history

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` in the background; a foreseen failure is said in words, any other goes to diagnostics.

        Nothing begins once the window is gone: there is nobody to show it to, and nothing to show it in.
        """
        if self._gone:
            work.close()
            return
        task = asyncio.ensure_future(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except LoadbenchError as fault:
            self.show_fault(fault)
        except Exception as error:
            self._diagnostics.record(error, "in the background")

    def _abandon(self) -> None:
        """Let go of everything that was to be shown in the window: it has gone, or is about to."""
        self._gone = True
        for task in self._tasks - {_running_task()}:
            task.cancel()

    async def load_home(self, profile: Path | None) -> None:
        """Fill Home once the window is there, and open the profile of the command line."""
        templates = await self._services.templates()
        self._first = next((t.path for t in templates if t.first), None)
        self._home.show_templates([t for t in templates if not t.first])
        if profile is not None:
            self.spawn(self._open(profile))
        await self.refresh_history()

    async def refresh_history(self) -> None:
        """Show what the history holds now."""
        rows = await self._services.recent()
        self._home.show_recent(rows[:RECENT_ON_HOME])
        self._history.show_rows(rows)

    def start_first(self) -> None:
        """Compare the bundled three."""
        if self._first is not None:
            self.spawn(self._start_file(self._first))

    def start_chosen(self) -> None:
        """Compare what Home offers: the profile that was opened, else the bundled three."""
        if self._plan is not None:
            self.start_plan(self._plan)
        else:
            self.start_first()

    def start_plan(self, plan: Plan) -> None:
        """Compare the deployments of `plan`, unless a comparison is on."""
        if self.runner.running:
            self._window.say("A comparison is running already.", "Stop it on the Live page, or wait for its verdict.")
            self._window.show_page("live")
            return
        self._window.settle()
        self.runner.start(plan)

    async def _start_file(self, path: Path) -> None:
        self.start_plan(await self._services.load_plan(path))

    def open_profile(self, path: Path) -> None:
        """Offer a profile on Home, or say what is wrong with it."""
        self.spawn(self._open(path))

    def open_template(self, template: Template) -> None:
        """Offer a bundled profile on Home."""
        self.open_profile(template.path)

    async def _open(self, path: Path) -> None:
        self._window.settle()
        self._window.show_page("home")
        plan = await self._services.load_plan(path)
        estimate_s = await self._services.estimate_s(plan)
        self._plan = plan
        self._home.offer(plan, estimate_s)

    def choose_profile(self) -> None:
        """Let the user pick a file."""
        dialog = QFileDialog(self._window, "Open a profile", "", "Profiles (*.toml)")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: self.open_profile(Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def open_comparison(self, comparison_id: str) -> None:
        """Show an earlier comparison."""
        self.spawn(self._open_comparison(comparison_id))

    async def _open_comparison(self, comparison_id: str) -> None:
        self._window.settle()
        self._compare.show_comparison(*await self._services.open_comparison(comparison_id))
        self._window.show_page("compare")

    def run_again(self, comparison: Comparison) -> None:
        """Compare again what a comparison was made from."""
        self.spawn(self._run_again(comparison))

    async def _run_again(self, comparison: Comparison) -> None:
        self.start_plan(await self._services.plan_of(comparison.comparison_id))

    def export(self, comparison: Comparison, runs: tuple[Run, ...]) -> None:
        """Write the report and open it in the browser."""
        self.spawn(self._export(comparison, runs))

    async def _export(self, comparison: Comparison, runs: tuple[Run, ...]) -> None:
        path = await self._services.export_report(comparison, runs)
        self._window.say("The report is written.", str(path))
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))

    def copy(self, words: str) -> None:
        """Hand text to the clipboard."""
        QGuiApplication.clipboard().setText(words)
        self._window.say("Copied.", words)

    def show_fault(self, fault: LoadbenchError) -> None:
        """Say what went wrong and what to do; a wrong profile lists everything that is wrong with it."""
        if isinstance(fault, ProfileError):
            lines = [
                Trouble(p.message, p.hint, " · ".join(x for x in (f"line {p.line}" if p.line else "", p.key_path) if x))
                for p in fault.problems
            ]
            title = fault.message.partition("\n")[0]
        else:
            title, lines = "That did not work", [Trouble(fault.message, fault.hint)]
        self._window.complain(lambda panel: panel.show_troubles(title, lines))

    async def _allowed(self, plan: Plan) -> bool:
        """Ask once per host before anything is sent to another machine."""
        for remote in remotes(plan):
            if self._settings.knows_host(remote.host):
                continue
            detail = (
                f"{plan.name} sends {remote.load} to {remote.host}. Only do this to servers that are yours to load."
            )
            if not await ask(self._window, text.REMOTE_QUESTION, detail, text.REMOTE_YES, text.REMOTE_NO):
                return False
            self._settings.remember_host(remote.host)
        return True

    def _on_started(self) -> None:
        self._live.begin()
        self._window.show_page("live")

    def _on_ended(self, event: ComparisonEnded) -> None:
        self._compare.show_comparison(event.comparison, event.runs)
        if self._window.page == "live":
            self._window.show_page("compare")
        if not self._window.isActiveWindow():
            QApplication.alert(self._window)

    def _on_incident(self, words: str) -> None:
        if not self._closing:
            self._window.say(f"Something went wrong inside loadbench: {words}", "Diagnostics has the details (Ctrl+5).")

    async def _close(self) -> None:
        if self._closing:
            return
        if self.runner.running and not await self._may_stop():
            return
        await self.shut_down(0)

    async def _may_stop(self) -> bool:
        """Ask whether the comparison may be stopped; its end takes the question away, since there is none left."""
        ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def finished() -> None:
            if not ended.done():
                ended.set_result(None)

        self.runner.finished.connect(finished)
        question = asyncio.ensure_future(
            ask(self._window, text.CLOSE_QUESTION, text.CLOSE_DETAIL, text.CLOSE_YES, text.CLOSE_NO)
        )
        try:
            waiting: set[asyncio.Future[Any]] = {question, ended}
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if question.done():
                return question.result()
            self._window.say(text.CLOSE_MOOT, text.CLOSE_MOOT_WHY)
            return False
        finally:
            question.cancel()
            self.runner.finished.disconnect(finished)

    async def shut_down(self, code: int) -> None:
        """Stop what runs, within a deadline, close the history, and end the program with `code`."""
        if self._closing:
            return
        self._closing = True
        if self.runner.running:
            self._window.say(text.CLOSING)
            self._window.show_page("live")
        self._settings.save(self._window, self._live.splitters)
        try:
            await self.runner.shut_down()
            self._abandon()
            await self._services.close()
        finally:
            if not self.quit.done():
                self.quit.set_result(code)


def _running_task() -> asyncio.Task[Any] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:  # the window outlived its loop
        return None

"""The main paths: start, watch, verdict, stop, close; by mouse and by keyboard."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMessageBox, QPushButton

from desk import FakeServices, RunInWindow, playing, until_stopped, wait_until
from loadbench_gui import __version__
from loadbench_gui.errors import EnvironmentFault, UserError
from loadbench_gui.profile.problems import Problem, ProfileError
from loadbench_gui.services.events import Emit, GeneratorDoubted, IntervalClosed
from loadbench_gui.trust import authorities
from loadbench_gui.ui.app import Desk
from loadbench_gui.ui.loop import make_loop
from loadbench_gui.ui.pages.diagnostics import Diagnostics, DiagnosticsPage
from loadbench_gui.ui.ports import RecentComparison
from loadbench_gui.ui.settings import Settings
from loadbench_gui.ui.theme import Theme
from replay import BUSY, comparison_events


def press(name: str, desk: Desk) -> None:
    """Press the visible button with this name."""
    found = [b for b in desk.window.findChildren(QPushButton) if b.text() == name and b.isVisible()]
    assert found, f"no visible button {name!r}"
    found[0].click()


def test_one_press_on_the_big_button_leads_over_live_to_the_verdict(in_window: RunInWindow, fake: FakeServices) -> None:
    events, comparison, _ = comparison_events(rounds=2)
    pages: list[str] = []

    async def scenario(desk: Desk) -> None:
        desk.shell.runner.started.connect(lambda: pages.append(desk.window.page))
        fake.play = playing(events)
        press("Compare the bundled three", desk)
        await wait_until(lambda: desk.window.page == "compare")
        assert desk.compare.sentence == comparison.summary
        assert len(fake.started) == 1

    in_window(scenario)
    assert pages


def test_live_figures_and_charts_follow_the_events(in_window: RunInWindow, fake: FakeServices) -> None:
    events, _, _ = comparison_events(rounds=2)
    closed = [i for i, event in enumerate(events) if isinstance(event, IntervalClosed)]
    going_on = asyncio.Event()

    async def play(emit: Emit, stop: asyncio.Event) -> None:
        for event in events[: closed[15]]:
            emit(event)
        going_on.set()
        await stop.wait()

    async def scenario(desk: Desk) -> None:
        fake.play = play
        desk.actions["compare-three"].trigger()
        await going_on.wait()
        desk.bridge.flush()
        assert "offered 2,000" in desk.live.figures[0].text
        assert desk.live.figures[5].text.startswith("valid")
        board = desk.live.board
        assert board is not None
        assert "Scheduled latency now: p50" in board.percentiles.chart.accessibleDescription()
        assert "Memory now:" in board.resources.memory.accessibleDescription()
        assert "of 6 runs done" in desk.live.rounds.accessibleDescription()

    in_window(scenario)


def test_a_paused_view_stands_still_while_the_test_goes_on(in_window: RunInWindow, fake: FakeServices) -> None:
    events, _, _ = comparison_events(rounds=2)
    closed = [i for i, event in enumerate(events) if isinstance(event, IntervalClosed)]

    async def scenario(desk: Desk) -> None:
        desk.bridge.start()
        desk.live.begin()
        desk.window.show_page("live")
        for event in events[: closed[8]]:
            desk.bridge.receive(event)
        desk.bridge.flush()
        press("Pause view", desk)
        before = desk.live.figures[2].text
        for event in events[closed[8] : closed[14]]:
            desk.bridge.receive(event)
        desk.bridge.flush()
        assert desk.live.figures[2].text == before
        press("Resume view", desk)
        assert desk.live.figures[2].text != before

    in_window(scenario)


def test_a_banner_appears_when_the_generator_becomes_the_limit(in_window: RunInWindow) -> None:
    events, _, _ = comparison_events(rounds=2, doubt_in=0)
    closed = [i for i, event in enumerate(events) if isinstance(event, IntervalClosed)]

    async def scenario(desk: Desk) -> None:
        desk.window.show_page("live")
        desk.bridge.start()
        desk.live.begin()
        for event in events[: closed[16]]:
            desk.bridge.receive(event)
        desk.bridge.flush()
        assert desk.live.banner.isVisible()
        assert BUSY.hint in desk.live.banner.accessibleName()

    in_window(scenario)


def test_a_banner_names_the_metrics_that_are_doubted(in_window: RunInWindow) -> None:
    events, _, _ = comparison_events(rounds=2)
    closed = [i for i, event in enumerate(events) if isinstance(event, IntervalClosed)]

    async def scenario(desk: Desk) -> None:
        desk.window.show_page("live")
        desk.bridge.start()
        desk.live.begin()
        for event in events[: closed[8]]:
            desk.bridge.receive(event)
        label = desk.bridge.model.label
        assert label is not None
        desk.bridge.receive(GeneratorDoubted(label, replace(BUSY, metric="p99")))
        desk.bridge.flush()
        assert desk.live.banner.isVisible()
        assert desk.live.banner.accessibleName() == f"Doubts about p99: {BUSY.message}"
        desk.bridge.receive(GeneratorDoubted(label, BUSY))
        desk.bridge.flush()
        assert desk.live.banner.accessibleName() == f"{BUSY.message} {BUSY.hint} Doubts about p99: {BUSY.message}"

    in_window(scenario)


def test_stop_ends_the_comparison_and_leaves_the_window_usable(in_window: RunInWindow, fake: FakeServices) -> None:
    async def scenario(desk: Desk) -> None:
        fake.play = until_stopped
        desk.shell.start_first()
        await wait_until(lambda: desk.shell.runner.running and desk.window.page == "live")
        desk.actions["stop"].trigger()
        await wait_until(lambda: not desk.shell.runner.running)
        desk.actions["home"].trigger()
        assert desk.window.page == "home"

    in_window(scenario)


def test_closing_during_a_run_asks_once_and_goes_on_when_refused(in_window: RunInWindow, fake: FakeServices) -> None:
    async def scenario(desk: Desk) -> None:
        fake.play = until_stopped
        desk.shell.start_first()
        await wait_until(lambda: desk.shell.runner.running and desk.window.page == "live")
        desk.window.close()
        await wait_until(lambda: bool(questions(desk)))
        answer(desk, "Keep running")
        await wait_until(lambda: not questions(desk))
        assert (desk.shell.runner.running, desk.window.isVisible()) == (True, True)
        desk.window.close()
        await wait_until(lambda: bool(questions(desk)))
        answer(desk, "Stop and close")
        assert await desk.shell.quit == 0
        assert (desk.shell.runner.running, fake.closed) == (False, True)

    in_window(scenario)


def questions(desk: Desk) -> list[QMessageBox]:
    return [box for box in desk.window.findChildren(QMessageBox) if box.isVisible()]


def answer(desk: Desk, words: str) -> None:
    box = questions(desk)[0]
    next(b for b in box.buttons() if b.text() == words).click()


def test_the_end_of_a_comparison_takes_the_question_about_it_away(in_window: RunInWindow, fake: FakeServices) -> None:
    events, comparison, _ = comparison_events(rounds=2)
    over = asyncio.Event()

    async def play(emit: Emit, stop: asyncio.Event) -> None:
        await over.wait()
        for event in events:
            emit(event)

    async def scenario(desk: Desk) -> None:
        fake.play = play
        desk.shell.start_first()
        await wait_until(lambda: desk.shell.runner.running and desk.window.page == "live")
        desk.window.close()
        await wait_until(lambda: bool(questions(desk)))
        over.set()
        await wait_until(lambda: not questions(desk))
        assert desk.compare.sentence == comparison.summary
        await wait_until(desk.window.notice.isVisible)
        assert desk.window.notice.accessibleName().startswith("The comparison has ended meanwhile.")
        assert (desk.window.isVisible(), desk.shell.quit.done()) == (True, False)
        desk.window.close()
        assert await desk.shell.quit == 0

    in_window(scenario)


def test_closing_without_a_run_quits_at_once(in_window: RunInWindow, fake: FakeServices) -> None:
    async def scenario(desk: Desk) -> None:
        desk.window.close()
        assert await desk.shell.quit == 0

    in_window(scenario)
    assert fake.closed


def test_a_comparison_that_ignores_its_stop_is_cancelled_at_the_deadline(
    in_window: RunInWindow, fake: FakeServices
) -> None:
    cancelled = asyncio.Event()

    async def deaf(emit: Emit, stop: asyncio.Event) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        cancelled.set()

    async def scenario(desk: Desk) -> None:
        fake.play = deaf
        desk.shell.start_first()
        await wait_until(lambda: desk.shell.runner.running and desk.window.page == "live")
        await desk.shell.runner.shut_down(deadline_s=0.05)
        assert cancelled.is_set()
        assert not desk.shell.runner.running

    in_window(scenario)


def test_a_wrong_profile_shows_all_its_problems_with_line_and_hint(in_window: RunInWindow, fake: FakeServices) -> None:
    fake.fault = ProfileError(
        "mine.toml",
        (
            Problem("comparison.baselin", 31, "unknown key", "Did you mean baseline?"),
            Problem('workload "json".load.rate', 17, "not a number", "Write rate = 2000"),
        ),
    )

    async def scenario(desk: Desk) -> None:
        desk.shell.open_profile(Path("mine.toml"))
        await wait_until(desk.window.trouble.isVisible)
        told = desk.window.trouble.accessibleDescription()
        for words in ("line 31", "comparison.baselin", "Did you mean baseline?", "line 17", "Write rate = 2000"):
            assert words in told
        assert not questions(desk)
        press("Dismiss", desk)
        assert not desk.window.trouble.isVisible()

    in_window(scenario)


def test_a_fault_of_the_environment_is_said_in_words_with_what_to_do(
    in_window: RunInWindow, fake: FakeServices
) -> None:
    async def full(emit: Emit, stop: asyncio.Event) -> None:
        raise EnvironmentFault("the disk is full", "Free some space, then run again.")

    async def scenario(desk: Desk) -> None:
        fake.play = full
        desk.shell.start_first()
        await wait_until(desk.window.trouble.isVisible)
        assert desk.window.trouble.accessibleDescription() == "the disk is full Free some space, then run again."

    in_window(scenario)


def test_the_live_page_says_that_a_server_could_not_start(in_window: RunInWindow, fake: FakeServices) -> None:
    async def unstartable(emit: Emit, stop: asyncio.Event) -> None:
        raise UserError("fastapi did not start", "Look into its log.")

    async def scenario(desk: Desk) -> None:
        fake.play = unstartable
        desk.shell.start_first()
        await wait_until(desk.window.trouble.isVisible)
        await wait_until(lambda: not desk.bridge.running)
        assert desk.window.page == "live"
        said = [words.text() for words in desk.live.findChildren(QLabel) if words.isVisible()]
        assert fake.plan.name in said
        assert "could not go on: fastapi did not start" in said
        assert not {"Getting ready", "getting ready"} & set(said)
        assert not desk.live.stop_button.isEnabled()

    in_window(scenario)


def test_a_window_that_is_deleted_while_home_loads_takes_its_work_along(
    qapp: QApplication, fake: FakeServices, theme: Theme, tmp_path: Path
) -> None:
    asked, answered = asyncio.Event(), asyncio.Event()
    diagnostics = Diagnostics()

    async def recent() -> list[RecentComparison]:
        asked.set()
        await answered.wait()
        return []

    async def main() -> None:
        not_ours = asyncio.all_tasks()
        desk = Desk(replace(fake.services(), recent=recent), Settings(tmp_path), diagnostics, theme)
        desk.open(None)
        await asked.wait()
        shell, gone = desk.shell, asyncio.Event()
        desk.window.destroyed.connect(gone.set)
        shiboken6.delete(desk.window)
        await gone.wait()
        answered.set()
        shell.spawn(shell.refresh_history())
        await asyncio.gather(*(asyncio.all_tasks() - not_ours), return_exceptions=True)

    with make_loop(qapp, diagnostics.record) as loop:
        loop.run_until_complete(asyncio.wait_for(main(), 60))
    assert "Nothing has gone wrong" in diagnostics.report()


def test_an_unforeseen_failure_ends_up_in_diagnostics_with_its_traceback(
    in_window: RunInWindow, fake: FakeServices, capsys: pytest.CaptureFixture[str]
) -> None:
    async def broken(emit: Emit, stop: asyncio.Event) -> None:
        raise ZeroDivisionError("our own fault")

    async def scenario(desk: Desk) -> None:
        fake.play = broken
        desk.shell.start_first()
        await wait_until(desk.window.notice.isVisible)
        assert "our own fault" in desk.window.notice.accessibleName()

    diagnostics = in_window(scenario)
    assert "ZeroDivisionError: our own fault" in diagnostics.report()
    assert "in broken" in diagnostics.report()
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_diagnostics_say_which_version_this_is_and_whom_it_trusts(in_window: RunInWindow) -> None:
    async def scenario(desk: Desk) -> None:
        page = desk.window.findChild(DiagnosticsPage)
        assert page is not None
        assert page.view.toPlainText() == "", "nothing is gathered before somebody looks"
        desk.window.show_page("diagnostics")
        words = page.view.toPlainText()
        assert words.startswith(f"loadbench {__version__}\n")
        assert f"Certificate authorities: {authorities()}" in words

    in_window(scenario)


def test_a_dropped_profile_is_offered_and_started_with_the_keyboard(in_window: RunInWindow, fake: FakeServices) -> None:
    async def scenario(desk: Desk) -> None:
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile("/somewhere/mine.toml")])
        keys = (Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
        desk.window.dropEvent(QDropEvent(QPointF(QPoint(5, 5)), Qt.DropAction.CopyAction, data, *keys))
        await wait_until(lambda: desk.home.start_button.text() == "Compare these")
        fake.play = until_stopped
        QTest.keyClick(desk.home.start_button, Qt.Key.Key_Return)
        await wait_until(lambda: desk.window.page == "live")
        assert fake.started == [fake.plan]

    in_window(scenario)


def test_pages_have_shortcuts_and_the_palette_finds_everything(in_window: RunInWindow) -> None:
    async def scenario(desk: Desk) -> None:
        for number, key in enumerate(("home", "live", "compare", "history", "diagnostics"), 1):
            assert desk.actions[key].shortcut().toString() == f"Ctrl+{number}"
            desk.actions[key].trigger()
            assert desk.window.page == key
        desk.actions["palette"].trigger()
        QTest.keyClicks(desk.palette.field, "gohist")
        assert desk.palette.list.count() == 1
        QTest.keyClick(desk.palette.field, Qt.Key.Key_Return)
        assert desk.window.page == "history"

    in_window(scenario)


def test_empty_pages_offer_one_action(in_window: RunInWindow) -> None:
    async def scenario(desk: Desk) -> None:
        for key in ("live", "compare", "history"):
            desk.window.show_page(key)
            offered = [b.text() for b in desk.window.pages.findChildren(QPushButton) if b.isVisible()]
            assert offered == ["Compare the bundled three"]

    in_window(scenario)


def test_an_earlier_comparison_opens_from_history_by_keyboard(in_window: RunInWindow, fake: FakeServices) -> None:
    _, comparison, runs = comparison_events(rounds=2)
    fake.stored = (comparison, runs)
    fake.rows = [RecentComparison("cmp-1", comparison.profile, comparison.started_at, len(runs), comparison.summary)]

    async def scenario(desk: Desk) -> None:
        await wait_until(lambda: desk.history.table.model().rowCount() == 1)
        desk.window.show_page("history")
        desk.history.table.selectRow(0)
        QTest.keyClick(desk.history.table, Qt.Key.Key_Return)
        await wait_until(lambda: desk.window.page == "compare")
        desk.compare.copy_command()
        assert QGuiApplication.clipboard().text() == comparison.command

    in_window(scenario)


def test_every_control_has_a_name_for_those_who_cannot_see_it(in_window: RunInWindow, fake: FakeServices) -> None:
    _, comparison, runs = comparison_events(rounds=2)

    async def scenario(desk: Desk) -> None:
        from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QComboBox, QLineEdit

        desk.compare.show_comparison(comparison, runs)
        kinds = (QAbstractButton, QComboBox, QLineEdit, QAbstractItemView)
        nameless = [
            widget
            for kind in kinds
            for widget in desk.window.findChildren(kind)
            if not (widget.accessibleName() or (isinstance(widget, QAbstractButton) and widget.text()))
            and not type(widget).__name__.startswith(
                ("QHeader", "Header", "QTableCorner", "QMenu", "QComboBoxListView")
            )
            and widget.objectName() != "qt_menubar_ext_button"
            and type(widget) is not QAbstractButton
        ]
        assert nameless == []

    in_window(scenario)

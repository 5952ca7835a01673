from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from builders import make_socket_workload, make_stream_workload
from loadbench_gui.core.lifecycle import RunState
from loadbench_gui.core.plan import SocketMode, SocketSettings, Workload
from loadbench_gui.services.events import Event, IntervalClosed, StateChanged
from loadbench_gui.ui.charts.board import LiveBoard
from loadbench_gui.ui.charts.chart import Chart
from loadbench_gui.ui.models.live import LiveModel
from loadbench_gui.ui.theme import Theme
from replay import comparison_events


@pytest.fixture
def board(theme: Theme, qtbot: QtBot) -> LiveBoard:
    made = LiveBoard(theme)
    qtbot.addWidget(made)
    made.resize(1300, 640)
    made.show()
    return made


def feed(board: LiveBoard, model: LiveModel, events: Sequence[Event]) -> None:
    for event in events:
        model.receive(event)
        if isinstance(event, IntervalClosed):
            board.refresh(model)


def parts_of(board: LiveBoard) -> list[object]:
    return [part for chart in board.charts for part in (*chart.scene().items(), *chart.children())]


def test_nothing_is_created_or_removed_while_runs_go_on(board: LiveBoard) -> None:
    before = parts_of(board)
    feed(board, LiveModel(), comparison_events(rounds=2)[0])
    assert parts_of(board) == before


def test_every_chart_says_in_words_what_it_shows(board: LiveBoard) -> None:
    model = LiveModel()
    feed(board, model, comparison_events(rounds=2)[0][:60])
    board.refresh(model)
    assert all(chart.accessibleName() and chart.accessibleDescription() for chart in board.charts)


def test_the_window_of_each_percentile_stands_in_the_title_row(board: LiveBoard) -> None:
    feed(board, LiveModel(), comparison_events(rounds=2, rate_rps=600.0)[0][:60])
    assert board.percentiles.aside.text() == "p50, p90 over 1 s · p99 over 2 s · p99.9 needs 10,000 samples"


def test_one_cursor_runs_through_all_charts(board: LiveBoard) -> None:
    model = LiveModel()
    feed(board, model, comparison_events(rounds=2)[0])
    chart, other = board.percentiles.chart, board.resources.memory
    area = chart.plot_area()
    at = QPointF(area.left() + area.width() * 0.5, area.center().y())
    keys = (Qt.MouseButton.NoButton, Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier)
    chart.mouseMoveEvent(QMouseEvent(QEvent.Type.MouseMove, at, at, *keys))
    assert board.cursor_line.at_s == pytest.approx(2.5, abs=0.02)
    names = [trace.name for trace in other.overlay.traces]
    assert names == ["fastapi", "starlette", "sanic", "generator"]
    assert all(trace.at(2.5) is not None for trace in other.overlay.traces[:3])
    chart.leaveEvent(QEvent(QEvent.Type.Leave))
    assert board.cursor_line.at_s is None


def test_arrow_keys_move_the_cursor_and_escape_takes_it_away(board: LiveBoard) -> None:
    feed(board, LiveModel(), comparison_events(rounds=2)[0])
    chart = board.throughput.chart
    QTest.keyClick(chart, Qt.Key.Key_Left)
    QTest.keyClick(chart, Qt.Key.Key_Left)
    assert board.cursor_line.at_s == pytest.approx(5.0 - 0.5)
    QTest.keyClick(chart, Qt.Key.Key_Right)
    assert board.cursor_line.at_s == pytest.approx(5.0 - 0.25)
    QTest.keyClick(chart, Qt.Key.Key_Escape)
    assert board.cursor_line.at_s is None


def test_axes_never_narrow_during_a_comparison_and_start_anew_with_the_next(board: LiveBoard) -> None:
    chart, widest = board.throughput.chart, 0.0
    model = LiveModel()
    for rate in (4_000.0, 500.0):
        feed(board, model, comparison_events(rounds=2, rate_rps=rate)[0][:40])
        widest = max(widest, chart.y_range[1])
        assert chart.y_range[1] == widest
    board.forget()
    feed(board, LiveModel(), comparison_events(rounds=2, rate_rps=500.0)[0][:40])
    assert chart.y_range[1] < widest


def test_a_line_keeps_its_name_until_the_deployments_next_run_is_watched(board: LiveBoard) -> None:
    model = LiveModel()
    events = comparison_events(rounds=2)[0]
    feed(board, model, events)
    board.refresh(model)
    names = board.resources.legend.accessibleName()
    assert {"fastapi", "generator"} <= set(names.removeprefix("Legend: ").split(", "))
    first_run = next(event.label for event in events if isinstance(event, StateChanged))
    model.receive(StateChanged(replace(first_run, run_id="the next"), RunState.STARTING))
    board.refresh(model)
    assert len(model.targets[first_run.deployment].column(0)) == 0
    assert board.resources.legend.accessibleName() == names
    board.resources.forget()
    assert board.resources.legend.accessibleName() == "Legend: "


def panel_words(board: LiveBoard) -> list[str]:
    return [chart.accessibleName() for chart in board.panel.charts]


def test_plain_requests_have_no_panel(board: LiveBoard) -> None:
    feed(board, LiveModel(), comparison_events(rounds=2)[0][:40])
    assert board.panel.isHidden()
    assert panel_words(board) == []


def test_streams_have_their_panel_beside_the_charts(board: LiveBoard) -> None:
    model = LiveModel()
    feed(board, model, comparison_events(rounds=2, workload=make_stream_workload(), rate_rps=300.0)[0][:60])
    board.refresh(model)
    assert board.panel.isVisible()
    assert panel_words(board) == ["First event, from sending", "Gap, between events", "Events, events/s"]
    assert "truncated 0" in board.panel.facts.text
    assert board.percentiles.title.text() == "First event percentiles"
    assert board.throughput.caption.text() == "streams/s"
    assert board.heatmap.caption.text().endswith("share of streams")


@pytest.mark.parametrize(
    ("mode", "charts"),
    [
        ("echo", ["Round trip, from sending", "Messages, received/s", "Connections, open"]),
        ("push", ["Gap, between messages", "Messages, received/s", "Connections, open"]),
        ("fanout", ["Fan-out, to each subscriber", "Skew, first to last subscriber", "Messages, received/s"]),
        ("hold", ["Ping, ping to pong", "Handshake, request to answer", "Connections, open"]),
    ],
)
def test_websockets_have_the_panel_of_their_mode(board: LiveBoard, mode: SocketMode, charts: list[str]) -> None:
    settings = SocketSettings(mode, ping_every_s=1.0 if mode == "hold" else 0.0)
    workload = make_socket_workload(mode, settings=settings)
    model = LiveModel()
    feed(board, model, comparison_events(rounds=2, workload=workload, rate_rps=300.0)[0][:60])
    board.refresh(model)
    assert panel_words(board) == charts
    assert all(chart.accessibleDescription() for chart in board.panel.charts)
    assert "open 64 of 64" in board.panel.facts.text


def test_the_panel_names_the_window_of_its_percentiles(board: LiveBoard) -> None:
    feed(board, LiveModel(), comparison_events(rounds=2, workload=make_stream_workload(), rate_rps=600.0)[0][:60])
    assert [times.head.aside.text() for times in board.panel.times] == [
        "p50 over 1 s · p99 over 2 s",
        "p50, p99 over 1 s",
    ]


def test_the_cursor_runs_through_the_panel_too(board: LiveBoard) -> None:
    feed(board, LiveModel(), comparison_events(rounds=2, workload=make_stream_workload(), rate_rps=300.0)[0])
    board.cursor_line.move_to(2.5)
    gaps = board.panel.times[1].chart
    assert gaps.crosshair is board.percentiles.chart.crosshair
    assert [trace.name for trace in gaps.overlay.traces if trace.at(2.5) is not None] == ["stall", "p99", "p50"]


def test_nothing_is_created_or_removed_while_a_panel_is_shown(board: LiveBoard) -> None:
    model = LiveModel()
    events = comparison_events(rounds=2, workload=make_stream_workload(), rate_rps=300.0)[0]
    feed(board, model, events[:20])
    before = parts_of(board)
    feed(board, model, events[20:])
    assert parts_of(board) == before


def seen_whole(widget: QWidget) -> bool:
    if isinstance(widget, Chart):
        widget = widget.viewport()  # all that can be seen of it
    return widget.visibleRegion().boundingRect() == widget.rect()


@pytest.mark.parametrize(
    "workload",
    [
        make_stream_workload(),
        make_socket_workload("fanout"),
        make_socket_workload("hold", settings=SocketSettings("hold", ping_every_s=1.0)),
    ],
    ids=["stream", "fan-out", "hold"],
)
def test_in_a_narrow_window_the_panel_is_seen_without_scrolling(
    board: LiveBoard, qtbot: QtBot, workload: Workload
) -> None:
    model = LiveModel()
    feed(board, model, comparison_events(rounds=2, workload=workload, rate_rps=300.0)[0][:60])
    beside = board.panel.mapTo(board, board.panel.rect().topLeft())
    assert beside.y() == 0
    assert beside.x() > board.throughput.mapTo(board, board.throughput.rect().topLeft()).x()
    board.resize(900, 390)  # what a window of 1024x700 leaves
    qtbot.waitUntil(lambda: board.verticalScrollBar().maximum() > 0)
    assert all(seen_whole(card) for card in (board.percentiles, board.throughput, board.panel))
    assert all(seen_whole(chart) and chart.plot_area().height() >= 60 for chart in board.panel.charts)
    assert seen_whole(board.panel.facts)
    assert not seen_whole(board.heatmap)
    board.resize(900, 800)
    cards = (board.percentiles, board.throughput, board.panel, board.heatmap, board.resources)
    qtbot.waitUntil(lambda: all(map(seen_whole, cards)))
    assert board.verticalScrollBar().maximum() == 0
    board.resize(1300, 640)
    qtbot.waitUntil(lambda: board.panel.mapTo(board, board.panel.rect().topLeft()).y() == 0)
    assert board.verticalScrollBar().maximum() == 0


def test_cards_are_drawn_in_turns_while_a_run_goes_on(board: LiveBoard, qtbot: QtBot) -> None:
    model = LiveModel()
    for event in comparison_events(rounds=2)[0][:40]:
        model.receive(event)
    board.refresh_in_turns(model)
    later = [board.heatmap.chart, board.resources.memory]
    assert board.percentiles.drawn
    assert not any(chart.accessibleDescription() for chart in later)
    qtbot.waitUntil(lambda: all(chart.accessibleDescription() for chart in later))


def test_turns_that_belong_to_a_run_that_is_over_are_left_out(board: LiveBoard, qtbot: QtBot) -> None:
    model = LiveModel()
    events = comparison_events(rounds=2)[0]
    for event in events[:40]:
        model.receive(event)
    board.refresh_in_turns(model)
    first_run = next(event.label for event in events if isinstance(event, StateChanged))
    model.receive(StateChanged(replace(first_run, run_id="the next"), RunState.STARTING))
    with qtbot.waitSignal(board.rested):
        pass
    assert board.heatmap.chart.accessibleDescription() == ""


def test_whoever_wants_everything_now_gets_it(board: LiveBoard) -> None:
    model = LiveModel()
    for event in comparison_events(rounds=2)[0][:40]:
        model.receive(event)
    board.refresh_in_turns(model)
    board.refresh(model)
    assert all(chart.accessibleDescription() for chart in board.charts)


def test_the_caption_of_the_percentiles_is_whole_whatever_stands_beside_it(board: LiveBoard, qtbot: QtBot) -> None:
    model = LiveModel()
    feed(board, model, comparison_events(rounds=2, rate_rps=600.0)[0][:60])
    card = board.percentiles

    def whole() -> bool:
        return all(
            words.text() and words.width() >= words.fontMetrics().horizontalAdvance(words.text())
            for words in (card.caption, card.aside)
        ) and not card.caption.geometry().intersects(card.aside.geometry())

    for width in (1300, 1000, 860):
        board.resize(width, 640)
        qtbot.waitUntil(whole)


def test_between_two_runs_the_last_one_keeps_its_name(board: LiveBoard) -> None:
    model = LiveModel()
    events = comparison_events(rounds=2)[0]
    feed(board, model, events)
    board.refresh(model)
    named = board.percentiles.caption.text()
    first_run = next(event.label for event in events if isinstance(event, StateChanged))
    model.receive(StateChanged(replace(first_run, run_id="the next", deployment="another"), RunState.STARTING))
    board.refresh(model)
    assert board.percentiles.caption.text() == named


def test_charts_are_named_before_they_have_data_and_say_when_there_will_be_none(board: LiveBoard) -> None:
    model = LiveModel()
    for event in comparison_events(rounds=2, workload=make_socket_workload("echo"))[0][:2]:
        model.receive(event)
    board.refresh(model)
    assert board.percentiles.title.text() == "Round trip percentiles"
    assert board.throughput.caption.text() == "round trips/s"
    model.close("could not go on")
    board.refresh(model)
    assert {chart.overlay.message for chart in board.charts} == {"Nothing was measured"}
    board.forget()
    assert {chart.overlay.message for chart in board.charts} == {""}


def test_what_was_counted_in_one_comparison_is_gone_in_the_next(board: LiveBoard) -> None:
    streams = comparison_events(rounds=2, workload=make_stream_workload(), rate_rps=300.0)[0]
    feed(board, LiveModel(), streams[:60])
    assert "complete" in board.panel.facts.text
    board.forget()
    model = LiveModel()
    for event in comparison_events(rounds=2, workload=make_socket_workload("fanout"))[0][:3]:
        model.receive(event)
    board.refresh(model)
    assert board.panel.title.text() == "WebSocket"
    assert (board.panel.facts.text, board.panel.caption.text()) == ("", "")
    assert {chart.overlay.message for chart in board.charts} == {"Nothing measured yet"}
    assert {chart.y_range for chart in board.charts} == {(0.0, 1.0)}


def test_another_comparison_begins_with_empty_charts(board: LiveBoard) -> None:
    feed(board, LiveModel(), comparison_events(rounds=2)[0])
    board.forget()
    assert not any(chart.overlay.traces for chart in board.charts)
    assert not board.percentiles.drawn

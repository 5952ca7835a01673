"""The panel of streams and WebSockets, from intervals to figures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from builders import ARMS, make_interval, make_socket_workload, make_stream_workload, make_workload
from live_kinds import EVENTS_EACH, of_kind
from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.plan import ClosedLoad, SocketMode, SocketSettings, Workload
from loadbench_gui.core.run import Interval, TargetSample
from loadbench_gui.core.snapshot import Tally
from loadbench_gui.core.streaming import StreamTally
from loadbench_gui.core.websocket import SocketTally
from loadbench_gui.report.palette import Role
from loadbench_gui.services.events import Event, IntervalClosed
from loadbench_gui.ui.models.facts import Fact, facts
from loadbench_gui.ui.models.kinds import kind_of
from loadbench_gui.ui.models.live import LiveModel, Watched
from loadbench_gui.ui.models.panel import MOST_NUMBERS, MOST_TIMES, panel_of
from loadbench_gui.ui.models.series import CAPACITY, RunSeries, T
from replay import LIVE_S, comparison_events

STREAMS = make_stream_workload()


def series(workload: Workload, seconds: float = 5.0) -> RunSeries:
    return RunSeries(LIVE_S, seconds, kind_of(workload), panel_of(workload))


def blank(index: int, tally: Tally, connections: int = 64) -> Interval:
    plain = make_interval(np.random.default_rng(0), index, 0, length_s=LIVE_S, connections=connections)
    return replace(plain, measured=tally)


def stream(**counts: object) -> Tally:
    return Tally(stream=replace(StreamTally(), **counts))  # type: ignore[arg-type]


def socket(**counts: object) -> Tally:
    return Tally(websocket=replace(SocketTally(), **counts))  # type: ignore[arg-type]


def test_http_has_no_panel() -> None:
    assert panel_of(make_workload()) is None
    assert series(make_workload()).panel is None


@pytest.mark.parametrize("mode", ["echo", "push", "fanout", "hold"])
@pytest.mark.parametrize("ping_every_s", [0.0, 1.0])
def test_every_panel_fits_into_the_rows_there_are(mode: SocketMode, ping_every_s: float) -> None:
    panel = panel_of(make_socket_workload(mode, settings=SocketSettings(mode, ping_every_s=ping_every_s)))
    assert panel is not None
    assert 1 <= len(panel.times) <= MOST_TIMES
    assert 1 <= len(panel.numbers) <= MOST_NUMBERS


def test_pings_are_shown_where_they_are_sent() -> None:
    for every_s, rows in ((0.0, ["Handshake"]), (1.0, ["Ping", "Handshake"])):
        panel = panel_of(make_socket_workload("hold", settings=SocketSettings("hold", ping_every_s=every_s)))
        assert panel is not None
        assert [row.title for row in panel.times] == rows


def test_points_of_the_panel_lie_beside_those_of_the_run() -> None:
    run = series(STREAMS)
    rng = np.random.default_rng(1)
    for index in range(20):
        run.add(of_kind(rng, make_interval(rng, index, 100, ARMS[0], length_s=LIVE_S), STREAMS))
    view = run.view(whole=False)
    p50, p99, longest = view.panel_times(1)
    assert len(p50) == len(p99) == len(longest) == len(view.panel_numbers(0)) == len(view.column(T)) == 20
    assert view.panel_numbers(0).tolist() == pytest.approx([100 * EVENTS_EACH / LIVE_S] * 20)


def test_a_percentile_of_gaps_names_its_window_and_is_a_gap_before_there_are_enough() -> None:
    run = series(STREAMS)
    for index in range(8):
        run.add(blank(index, stream(gap=Histogram.of([10_000] * 150))))
    assert run.panel is not None
    p50, p99 = run.panel.readings(1)
    assert (p50.window_s, p99.window_s, p99.samples) == (1, 2, 1_200)
    assert p99.value_us == pytest.approx(10_000, rel=0.001)
    assert np.isnan(run.view(whole=False).panel_times(1)[1][:6]).all()


def test_of_two_stalls_within_a_point_the_longer_one_is_drawn_and_a_point_without_is_a_gap() -> None:
    run = series(STREAMS, 3_600.0)
    for index, stall_us in enumerate([100, 700_000, 300, 0, 0, 0, 0, 0]):
        run.add(blank(index, stream(longest_stall_us=stall_us)))
    assert run.panel is not None
    seconds = run.panel.levels[1].times(1)[2]
    assert seconds[0] == 700_000
    assert np.isnan(seconds[1])
    assert run.panel.total.longest_stall_us == 700_000


def test_connections_are_a_level_and_never_added_up_over_time() -> None:
    run = series(make_socket_workload("echo"), 3_600.0)
    for index, open_now in enumerate([10, 64, 60, 60]):
        run.add(blank(index, socket(), connections=open_now))
    assert run.panel is not None
    assert run.panel.levels[1].numbers(1).tolist() == [64]
    assert (run.panel.total.open, run.panel.total.most_open) == (60, 64)


def test_eight_hours_of_a_panel_fit_into_fixed_memory() -> None:
    run = series(make_socket_workload("fanout"), 8 * 3_600.0)
    one = blank(0, socket(fanout=Histogram.of([900] * 40), skew=Histogram.of([300] * 4), received=40))
    for index in range(60 * 4 * 12):  # more than fits, at a quarter of a second a point and at a second
        run.add(replace(one, index=index, t_s=index * LIVE_S))
    assert run.panel is not None
    assert all(len(level.numbers(0)) <= CAPACITY for level in run.panel.levels)


def live(workload: Workload, extra: Tally | None = None) -> LiveModel:
    model = LiveModel()
    events: list[Event] = comparison_events(rounds=2, workload=workload, rate_rps=200.0)[0]
    closed = 0
    for event in events:
        if isinstance(event, IntervalClosed):
            closed += 1
            if closed > 12:
                break
            if closed == 12 and extra is not None:
                event = IntervalClosed(event.label, replace(event.interval, measured=event.interval.measured + extra))
        model.receive(event)
    return model


def of(model: LiveModel) -> dict[str, Fact]:
    return {fact.name: fact for fact in facts(model)}


def test_streams_are_told_by_how_they_ended_and_what_came() -> None:
    found = of(live(STREAMS, stream(truncated=3, longest_stall_us=1_200_000)))
    assert found["truncated"] == Fact("truncated", "3", Role.ERROR)
    assert found["longest stall"].value == "1,200\u202fms"
    assert int(found["events"].value.replace(",", "")) == EVENTS_EACH * int(found["complete"].value)
    assert found["reconnected"].value == "0"


def test_endless_streams_are_left_at_the_end() -> None:
    assert "left at the end" in of(live(replace(STREAMS, stream=replace(STREAMS.stream, endless=True))))  # type: ignore[type-var]


def test_what_is_lost_or_comes_twice_is_counted_and_marked() -> None:
    found = of(live(make_socket_workload("echo"), socket(lost=4, duplicated=2, close_codes={1006: 1, 1011: 3})))
    assert found["lost"] == Fact("lost", "4", Role.ERROR)
    assert found["duplicated"] == Fact("duplicated", "2", Role.ERROR)
    assert found["reordered"] == Fact("reordered", "0")
    assert found["closed"] == Fact("closed", "1011 × 3, 1006 × 1", Role.ERROR)
    assert found["open"].value == "64 of 64"


def test_of_pushed_messages_without_numbers_it_is_not_known_whether_any_was_lost() -> None:
    assert of(live(make_socket_workload("push")))["lost"] == Fact("lost", "not known")
    assert of(live(make_socket_workload("push"), socket(numbered=9)))["lost"] == Fact("lost", "0")


@pytest.mark.parametrize("mode", ["hold", "push", "echo", "fanout"])
def test_pings_that_nobody_answers_are_marked_where_any_are_sent(mode: SocketMode) -> None:
    pinged = make_socket_workload(mode, settings=SocketSettings(mode, ping_every_s=1.0))
    found = of(live(pinged, socket(pings_unanswered=2)))
    assert found["pings unanswered"] == Fact("pings unanswered", "2", Role.ERROR)
    assert "pings unanswered" not in of(live(make_socket_workload(mode)))


def test_a_push_says_how_long_it_was_silent_at_the_most() -> None:
    found = of(live(make_socket_workload("push"), socket(longest_silence_us=1_200_000)))
    assert found["longest silence"].value == "1,200\u202fms"
    assert "longest silence" not in of(live(make_socket_workload("echo")))


def test_memory_of_a_connection_is_said_only_where_there_are_enough_of_them() -> None:
    many = live(make_socket_workload("hold", ClosedLoad(1_000)))
    assert of(many)["memory each"].value.endswith("KiB")
    assert of(live(make_socket_workload("hold", ClosedLoad(64))))["memory each"].value == "–"


def test_idle_memory_is_that_before_the_connections_were_opened() -> None:
    watched = Watched()
    for t_s, memory in ((-2.0, 30), (-0.5, 60), (1.0, 62)):
        watched.add(TargetSample(t_s, memory, memory, memory, 0.0, 1, 1))
    assert (watched.idle_bytes, watched.peak_bytes) == (30, 62)


def test_held_connections_have_no_messages_to_lose() -> None:
    assert "lost" not in of(live(make_socket_workload("hold")))


def test_plain_requests_have_no_facts() -> None:
    assert facts(live(make_workload())) == ()

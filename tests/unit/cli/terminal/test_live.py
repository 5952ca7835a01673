"""The live lines: how far, how fast against what was asked, and never wider than the terminal."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from builders import (
    make_interval,
    make_run,
    make_socket_run,
    make_socket_workload,
    make_stream_run,
    make_stream_workload,
    make_workload,
)
from loadbench_gui.cli.terminal.live import LiveRun
from loadbench_gui.core.lifecycle import RunState
from loadbench_gui.core.plan import ClosedLoad, OpenLoad, SocketMode, Stage, StreamSettings, Workload
from loadbench_gui.core.run import Run
from loadbench_gui.core.snapshot import ErrorKind

RUN = make_run()


def watched(workload: Workload | None, intervals: int, *, each: int = 500) -> LiveRun:
    """A run that has gone on for so many quarters of a second, `each` requests in every one."""
    live = LiveRun()
    live.workload = workload
    live.moved(RUN.label, RunState.MEASURING, "")
    for index in range(intervals):
        live.interval(make_interval(np.random.default_rng(index), index, each, length_s=0.25))
    return live


def drawn(live: LiveRun, width: int = 80) -> list[str]:
    return [line.plain.replace("\u202f", " ") for line in live.lines(width)]


def test_nothing_is_drawn_before_anything_began() -> None:
    assert LiveRun().lines(80) == []


def test_before_the_load_it_says_what_it_waits_for() -> None:
    live = LiveRun()
    live.moved(RUN.label, RunState.STARTING, "fastapi is starting")
    assert drawn(live) == ["fastapi is starting"]
    live.moved(RUN.label, RunState.VERIFIED, "")
    assert drawn(live) == ["fastapi  verified"]


def test_rate_against_the_rate_asked_for_and_time_left() -> None:
    workload = make_workload(shape=OpenLoad(64, 2_400.0), warmup_s=1.0, duration_s=9.0)
    head, speed, figures = drawn(watched(workload, 20))
    assert head.startswith("fastapi  measuring  ━━━━━━━━━━━━━━━───────────────")
    assert head.endswith("5 s left")
    assert speed.startswith("  2,000 of 2,400 requests/s  █████")
    assert figures.startswith("  scheduled p50 ")
    assert figures.endswith(" · no errors · 64 connections")


def test_the_rate_asked_for_follows_the_stages() -> None:
    shape = OpenLoad(64, 0.0, stages=(Stage(10.0, 1_000.0),))
    (_, speed, _) = drawn(watched(make_workload(shape=shape, warmup_s=0.0, duration_s=10.0), 20))
    assert "of 450 requests/s" in speed  # from 400 to 500 within the fifth second


def test_a_closed_loop_asks_for_no_rate() -> None:
    (_, speed, _) = drawn(watched(make_workload(shape=ClosedLoad(64)), 4))
    assert speed.startswith("  2,000 requests/s")


def test_a_request_count_says_how_far_it_is_when_it_will_end_the_run() -> None:
    workload = make_workload(shape=ClosedLoad(64), warmup_s=0.0, duration_s=3_600.0)
    head = drawn(watched(replace(workload, requests_limit=10_000), 10))[0]
    assert "━━━━━━━━━━━━━━━───────────────" in head
    assert head.endswith("2 s left")


def test_a_new_run_starts_from_nothing() -> None:
    live = watched(make_workload(), 4)
    live.moved(replace(RUN.label, run_id="another"), RunState.STARTING, "")
    assert drawn(live) == ["fastapi  starting"]


@pytest.mark.parametrize("width", [60, 80, 120, 300])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    live = watched(make_workload(shape=OpenLoad(100_000, 1e7)), 400)
    live.moved(replace(RUN.label, deployment="http://a-very-long-name.example:65535"), RunState.WARMING_UP, "")
    bad = make_interval(np.random.default_rng(1), 401, 5, length_s=0.25, errors={ErrorKind.READ_TIMEOUT: 9_999_999})
    live = watched(make_workload(shape=OpenLoad(100_000, 1e7)), 400)
    live.interval(bad)
    live.sample(RUN.target_samples[0])
    live.doubt("The generator's dispatch lag at p90 is 0.178 ms, more than a tenth of the latency there, " * 2)
    assert max(map(len, drawn(live, width))) <= min(width, 100)


def following(run: Run) -> LiveRun:
    """A run whose intervals have all come."""
    live = LiveRun()
    live.workload = run.workload
    live.moved(run.label, RunState.MEASURING, "")
    for interval in run.intervals:
        for quarter in range(4):
            at = interval.t_s + quarter / 4
            live.interval(replace(interval, t_s=at, length_s=0.25))
    return live


def test_streams_show_events_the_first_one_and_the_longest_stall() -> None:
    (_, speed, figures) = drawn(following(make_stream_run(workload=make_stream_workload(shape=ClosedLoad(64)))), 100)
    assert re.match(r"  3\d,\d{3} events/s in 1,\d{3} streams/s  [▁-█]+", speed)
    assert re.search(r"first event p50 1\.\d\d ms · gap p99 10\.9 ms · longest stall 1\d\.\d ms", figures)
    assert "64 streams open" in figures


def test_streams_at_a_rate_are_held_against_it_and_connections_need_not_be_streams() -> None:
    lines = drawn(following(make_stream_run(rate_rps=2_000.0)), 100)
    assert re.search(r"events/s in \d,\d{3} of 2,000 streams/s", lines[1])
    assert "64 connections" in " ".join(lines)


def test_endless_streams_have_no_rate_but_that_of_their_events() -> None:
    workload = make_stream_workload(shape=ClosedLoad(8), settings=StreamSettings(endless=True))
    speed = drawn(following(make_stream_run(workload=workload)))[1]
    assert "events/s  " in speed
    assert "streams/s" not in speed


@pytest.mark.parametrize(
    ("mode", "unit", "latency"),
    [
        ("echo", "of 2,000 round trips/s", "round trip p50 "),
        ("push", " messages/s", "gap p50 "),
        ("fanout", "of 2,000 publications/s", "last subscriber p50 "),
    ],
)
def test_websockets_show_what_is_done_on_them(mode: SocketMode, unit: str, latency: str) -> None:
    (_, speed, *figures) = drawn(following(make_socket_run(mode)))
    assert unit in speed
    assert latency in figures[0]
    assert "64 connections open" in " ".join(figures)


def test_connections_that_are_held_are_what_is_shown() -> None:
    run = make_socket_run("hold", workload=make_socket_workload("hold", ClosedLoad(1_000)))
    (_, speed, figures) = drawn(following(run))
    assert speed == "  1,000 connections open"
    assert figures.startswith("  ping p50 ")


def test_messages_that_went_astray_are_counted_while_it_runs() -> None:
    figures = " ".join(drawn(following(make_socket_run("echo", planted={"lost": 3, "duplicated": 2}))))
    assert "20 lost, twice, out of order or unasked" in figures


@pytest.mark.parametrize("width", [60, 80])
def test_no_line_of_the_other_kinds_is_wider_either(width: int) -> None:
    for run in (make_stream_run(), *(make_socket_run(mode) for mode in ("echo", "push", "fanout", "hold"))):
        assert max(map(len, drawn(following(run), width))) <= width

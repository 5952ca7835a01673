"""The live lines: how far, how fast against what was asked, and never wider than the terminal."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from builders import make_interval, make_run, make_workload
from loadbench_gui.cli.terminal.live import LiveRun
from loadbench_gui.core.lifecycle import RunState
from loadbench_gui.core.plan import ClosedLoad, OpenLoad, Stage, Workload
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

"""The kernel's books on its CPUs, read and compared."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from loadbench_gui.core.lifecycle import RunEvent
from loadbench_gui.services.cpu_time import CpuTime, busy_fraction, read_cpu_times, steal_fraction
from loadbench_gui.services.window_watch import WindowWatch

STAT = """cpu  900 0 100 1000 0 0 0 20 50 0
cpu0 600 0 50 400 0 0 0 5 50 0
cpu3 300 0 50 600 10 0 0 15 0 0
intr 1 2 3
"""


def test_each_cpu_is_read_by_its_number(tmp_path: Path) -> None:
    file = tmp_path / "stat"
    file.write_text(STAT)
    assert read_cpu_times(file) == {0: CpuTime(1_055, 650, 5), 3: CpuTime(975, 350, 15)}


def test_a_system_without_the_file_tells_nothing(tmp_path: Path) -> None:
    assert read_cpu_times(tmp_path / "none") == {}
    assert steal_fraction({}, {}, None) is None


def test_the_cpu_that_lost_most_counts_among_those_that_were_used() -> None:
    before = {0: CpuTime(0, 0, 0), 1: CpuTime(100, 50, 3), 2: CpuTime(100, 50, 0)}
    after = {0: CpuTime(1_000, 900, 400), 1: CpuTime(1_100, 550, 23), 2: CpuTime(1_100, 1_050, 10)}
    assert steal_fraction(before, after, None) == pytest.approx(0.399), "the first tick may have begun before"
    assert steal_fraction(before, after, (1, 2)) == pytest.approx(0.019)
    assert busy_fraction(before, after, (1, 2)) == pytest.approx(0.75)
    assert steal_fraction(before, after, (7,)) is None


def test_a_single_tick_of_a_short_window_is_no_steal() -> None:
    assert steal_fraction({0: CpuTime(0, 0, 0)}, {0: CpuTime(50, 40, 1)}, None) == 0.0


def test_no_time_gone_is_no_figure() -> None:
    assert steal_fraction({0: CpuTime(9, 9, 9)}, {0: CpuTime(9, 9, 9)}, None) is None


@pytest.mark.skipif(sys.platform != "linux", reason="/proc/stat is Linux's")
def test_this_systems_own_books_are_read() -> None:
    times = read_cpu_times()
    assert times
    assert all(time.total >= time.busy + time.steal > 0 for time in times.values())


def test_the_window_is_watched_from_its_begin_and_states_go_on() -> None:
    heard: list[RunEvent] = []
    watch = WindowWatch(None, heard.append)
    assert watch.steal_fraction() is None, "it has not begun"
    for event in (RunEvent.FIRE, RunEvent.WARM, RunEvent.WINDOW_END, RunEvent.DRAINED):
        watch.state(event)
    assert heard == [RunEvent.FIRE, RunEvent.WARM, RunEvent.WINDOW_END, RunEvent.DRAINED]

"""The history through its front door: what goes in comes out, in order, from the loop that asked."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from builders import make_comparison, make_run
from loadbench_gui.core.run import Run
from loadbench_gui.core.snapshot import Tally
from loadbench_gui.errors import Bug, EnvironmentFault, UserError
from loadbench_gui.store.store import Store
from loadbench_gui.store.unsealed import ENDED_EARLY


def with_store(folder: Path, scenario: Callable[[Store], Awaitable[None]]) -> None:
    async def main() -> None:
        async with await Store.open(folder) as store:
            await scenario(store)

    asyncio.run(main())


def header_of(run: Run) -> Run:
    return replace(run, intervals=(), target_samples=(), measured=Tally())


async def record(store: Store, run: Run, *, upto: int | None = None) -> None:
    await store.begin_run(header_of(run))
    for interval in run.intervals[:upto]:
        await store.append_interval(run.label.run_id, interval)
    await store.append_target_samples(run.label.run_id, run.target_samples)


def test_a_comparison_and_its_runs_come_back_as_they_went_in(tmp_path: Path) -> None:
    comparison, runs = make_comparison(rounds=2)

    async def scenario(store: Store) -> None:
        await store.append_comparison(
            comparison.comparison_id,
            comparison.profile,
            'name = "JSON"',
            comparison.schedule,
            comparison.started_at,
            "loadbench compare first-look",
            comparison.baseline,
        )
        for run in runs:
            await record(store, run)
            await store.seal_run(run)
        await store.save_comparison(comparison)
        assert await store.load_comparison(comparison.comparison_id) == (comparison, runs)

    with_store(tmp_path, scenario)
    with_store(tmp_path, lambda store: _check(store.load_comparison("cmp"), (comparison, runs)))


async def _check(found: Awaitable[object], expected: object) -> None:
    assert await found == expected


def test_the_profiles_text_and_the_schedule_are_kept_for_a_repeat(tmp_path: Path) -> None:
    comparison, _ = make_comparison(rounds=2)

    async def scenario(store: Store) -> None:
        await store.append_comparison("cmp-1", "JSON", "# text", comparison.schedule, "now", "cmd", "fastapi")
        start = await store.load_start("cmp-1")
        assert (start.profile_text, start.schedule, start.command) == ("# text", comparison.schedule, "cmd")
        assert await store.load_comparison("cmp-1") == (None, ())
        (listed,) = await store.list_comparisons()
        assert (listed.complete, listed.summary, listed.headlines) == (False, "", ())
        assert set(listed.deployments) == {"fastapi", "starlette", "sanic"}

    with_store(tmp_path, scenario)


def test_a_run_that_was_never_ended_is_the_sum_of_its_intervals(tmp_path: Path) -> None:
    run = make_run()

    async def scenario(store: Store) -> None:
        await record(store, run, upto=4)
        restored = await store.load_run(run.label.run_id)
        assert restored.intervals == run.intervals[:4]
        assert restored.target_samples == run.target_samples
        assert restored.measured == sum((i.measured for i in run.intervals[:4]), Tally())
        assert restored.traffic.completed == restored.measured.succeeded
        assert restored.peak_connections == 64
        # One second of four was warm-up.
        assert restored.duration_s == pytest.approx(3.0)
        assert restored.target is not None
        assert restored.target.peak_bytes > restored.target.idle_bytes > 0
        assert not restored.sealed
        assert restored.stop_reason == ENDED_EARLY
        assert restored.fitness.verdict == "suspect"
        assert restored.fitness.cpu_fraction == pytest.approx(0.31)
        (listed,) = await store.list_runs()
        assert (listed.sealed, listed.intervals, listed.stop_reason) == (False, 4, ENDED_EARLY)
        assert listed.duration_s == pytest.approx(3.0)

    with_store(tmp_path, scenario)


def test_a_run_that_was_stopped_keeps_its_own_figures_and_stays_unsealed(tmp_path: Path) -> None:
    stopped = make_run(sealed=False)

    async def scenario(store: Store) -> None:
        await record(store, stopped)
        await store.seal_run(stopped)
        assert await store.load_run(stopped.label.run_id) == stopped
        (listed,) = await store.list_runs()
        assert (listed.sealed, listed.final, listed.stop_reason) == (False, True, stopped.stop_reason)

    with_store(tmp_path, scenario)


def test_a_run_whose_record_is_damaged_is_listed_all_the_same(tmp_path: Path) -> None:
    stopped = make_run(sealed=False)

    async def scenario(store: Store) -> None:
        await store.seal_run(stopped)
        with closing(sqlite3.connect(store.path)) as connection, connection:
            connection.execute("UPDATE runs SET structure = 'no JSON'")
        (listed,) = await store.list_runs()
        assert (listed.sealed, listed.stop_reason) == (False, "unreadable")

    with_store(tmp_path, scenario)


def test_sealing_adds_what_was_not_appended_before(tmp_path: Path) -> None:
    run = make_run()

    async def scenario(store: Store) -> None:
        await record(store, run, upto=2)
        await store.seal_run(run)
        assert await store.load_run(run.label.run_id) == run

    with_store(tmp_path, scenario)


def test_calls_are_done_in_order_without_being_awaited_one_by_one(tmp_path: Path) -> None:
    run = make_run()

    async def scenario(store: Store) -> None:
        begun = store.begin_run(header_of(run))
        appended = [store.append_interval(run.label.run_id, interval) for interval in run.intervals]
        restored = await store.load_run(run.label.run_id)
        assert restored.intervals == run.intervals
        assert all(future.done() for future in (begun, *appended))
        await asyncio.gather(begun, *appended)

    with_store(tmp_path, scenario)


def test_the_newest_is_listed_first(tmp_path: Path) -> None:
    async def scenario(store: Store) -> None:
        for order in (1, 0, 2):
            await store.seal_run(make_run(order=order))
        assert [record.order for record in await store.list_runs()] == [2, 1, 0]

    with_store(tmp_path, scenario)


def test_the_beginning_of_an_id_is_enough(tmp_path: Path) -> None:
    async def scenario(store: Store) -> None:
        await store.seal_run(make_run(order=1))
        await store.seal_run(make_run(order=2))
        assert (await store.load_run("run-0002")).label.order == 2
        assert await store.find("run-0001") == ("run", "run-0001-fastapi")

    with_store(tmp_path, scenario)


def test_a_beginning_that_several_share_names_them(tmp_path: Path) -> None:
    async def scenario(store: Store) -> None:
        await store.seal_run(make_run(order=1))
        await store.seal_run(make_run(order=2))
        with pytest.raises(UserError, match="the beginning of 2 ids") as caught:
            await store.load_run("run-")
        assert "run-0001-fastapi" in caught.value.hint
        assert "run-0002-fastapi" in caught.value.hint

    with_store(tmp_path, scenario)


def test_a_comparison_comes_before_its_own_runs_which_begin_as_it_does(tmp_path: Path) -> None:
    comparison, runs = make_comparison(rounds=2)
    own = replace(runs[0], label=replace(runs[0].label, comparison_id="run-of-all"))

    async def scenario(store: Store) -> None:
        await store.append_comparison("run-of-all", "p", "", comparison.schedule, comparison.started_at, "", "fastapi")
        await store.seal_run(own)
        assert await store.find("run-") == ("comparison", "run-of-all")
        await store.seal_run(make_run(order=9))
        with pytest.raises(UserError, match="the beginning of 2 ids"):
            await store.find("run-")

    with_store(tmp_path, scenario)


def test_an_unknown_id_is_answered_with_the_nearest(tmp_path: Path) -> None:
    async def scenario(store: Store) -> None:
        await store.seal_run(make_run(order=1))
        with pytest.raises(UserError, match="no run is called") as caught:
            await store.load_run("run-0001-fastpai")
        assert "Did you mean run-0001-fastapi?" in caught.value.hint
        with pytest.raises(UserError, match="no run or comparison is called ''"):
            await store.find("")

    with_store(tmp_path, scenario)


def test_an_empty_history_says_that_it_is_empty(tmp_path: Path) -> None:
    async def scenario(store: Store) -> None:
        with pytest.raises(UserError, match="the history is empty"):
            await store.load_comparison("anything")

    with_store(tmp_path, scenario)


def test_deleting_a_comparison_deletes_its_runs_and_nothing_else(tmp_path: Path) -> None:
    comparison, runs = make_comparison(rounds=2)

    async def scenario(store: Store) -> None:
        await store.save_comparison(comparison)
        for run in runs:
            await store.seal_run(run)
        await store.seal_run(other := make_run(order=99))
        assert await store.delete("cmp") == "cmp-1"
        assert await store.list_comparisons() == ()
        assert [record.run_id for record in await store.list_runs()] == [other.label.run_id]
        await store.delete(other.label.run_id)
        assert await store.list_runs() == ()

    with_store(tmp_path, scenario)


def test_tags_are_kept_once_each(tmp_path: Path) -> None:
    async def scenario(store: Store) -> None:
        await store.seal_run(make_run())
        await store.set_tags("run-", ["before upgrade", "ü", "before upgrade"])
        assert (await store.list_runs())[0].tags == ("before upgrade", "ü")

    with_store(tmp_path, scenario)


def test_appending_to_a_run_that_was_never_begun_is_our_bug(tmp_path: Path) -> None:
    async def scenario(store: Store) -> None:
        with pytest.raises(Bug, match="refused a statement"):
            await store.append_interval("nobody", make_run().intervals[0])
        # The failure was that call's alone.
        await store.seal_run(make_run())

    with_store(tmp_path, scenario)


def test_a_record_that_cannot_be_read_spoils_neither_the_list_nor_the_others(tmp_path: Path) -> None:
    async def scenario(store: Store) -> None:
        await store.seal_run(make_run(order=1))
        await store.seal_run(make_run(order=2))
        await store._thread.submit(
            lambda connection: connection.execute("UPDATE runs SET structure = '{' WHERE run_order = 1")
        )
        assert len(await store.list_runs()) == 2
        with pytest.raises(EnvironmentFault, match="run run-0001-fastapi cannot be read") as caught:
            await store.load_run("run-0001")
        assert "Other runs are not affected" in caught.value.hint
        assert await store.load_run("run-0002") == make_run(order=2)

    with_store(tmp_path, scenario)


def test_what_was_queued_before_closing_is_done(tmp_path: Path) -> None:
    run = make_run()

    async def write_and_close() -> None:
        store = await Store.open(tmp_path)
        store.begin_run(header_of(run))
        for interval in run.intervals:
            store.append_interval(run.label.run_id, interval)
        assert store.close()
        with pytest.raises(Bug, match="after it had been closed"):
            store.list_runs()
        assert store.close()

    asyncio.run(write_and_close())
    with_store(tmp_path, lambda store: _check(_intervals_of(store, run), run.intervals))


async def _intervals_of(store: Store, run: Run) -> object:
    return (await store.load_run(run.label.run_id)).intervals


def test_closing_leaves_no_thread_behind(tmp_path: Path) -> None:
    before = threading.active_count()

    async def scenario(store: Store) -> None:
        assert threading.active_count() == before + 1

    with_store(tmp_path, scenario)
    assert not [thread for thread in threading.enumerate() if thread.name == "loadbench-store"]


def test_a_caller_that_gave_up_does_not_undo_its_write(tmp_path: Path) -> None:
    async def scenario(store: Store) -> None:
        store.seal_run(make_run()).cancel()
        assert len(await store.list_runs()) == 1

    with_store(tmp_path, scenario)


def test_a_constructed_store_has_touched_nothing(tmp_path: Path) -> None:
    assert Store(tmp_path / "new").close()
    assert not (tmp_path / "new").exists()

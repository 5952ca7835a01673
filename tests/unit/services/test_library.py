"""The reading side: summaries for lists, whole values by id, and the contract's history document."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from builders import make_comparison, make_run
from loadbench_gui.services.library import Library, VerdictWord
from loadbench_gui.store.store import Store


def with_library(folder: Path, scenario: Callable[[Library], Awaitable[None]]) -> None:
    async def main() -> None:
        async with await Store.open(folder) as store:
            comparison, runs = make_comparison(rounds=2)
            await store.save_comparison(comparison)
            for run in runs:
                await store.seal_run(run)
            cut = make_run(order=50)
            await store.begin_run(replace(cut, intervals=()))
            await store.append_interval(cut.label.run_id, cut.intervals[0])
            await scenario(Library(store))

    asyncio.run(main())


def test_a_comparison_is_summed_up_by_its_sentence_and_the_words_of_its_primary_metric(tmp_path: Path) -> None:
    comparison, runs = make_comparison(rounds=2)

    async def scenario(library: Library) -> None:
        (summary,) = await library.comparisons()
        assert (summary.headline, summary.complete) == (comparison.summary, True)
        assert (summary.rounds, summary.runs, summary.deployments) == (2, len(runs), comparison.deployments)
        expected = {verdict.deployment: verdict.verdict.value for verdict in comparison.metrics if verdict.primary}
        assert summary.verdicts == tuple(VerdictWord("json", "p99", *pair) for pair in expected.items())

    with_library(tmp_path, scenario)


def test_the_newest_runs_come_first_and_a_limit_cuts_the_rest(tmp_path: Path) -> None:
    async def scenario(library: Library) -> None:
        newest, second = await library.runs(limit=2)
        assert newest.run_id.startswith("run-0050")
        assert second.run_id.startswith("run-0005")
        assert (newest.sealed, second.sealed) == (False, True)

    with_library(tmp_path, scenario)


def test_an_id_leads_to_a_run_or_to_a_comparison_with_its_runs(tmp_path: Path) -> None:
    comparison, runs = make_comparison(rounds=2)

    async def scenario(library: Library) -> None:
        entry = await library.load("cmp")
        assert (entry.comparison, entry.runs) == (comparison, runs)
        entry = await library.load("run-0003")
        assert (entry.comparison, entry.runs) == (None, (runs[3],))

    with_library(tmp_path, scenario)


def test_the_history_document_has_the_contracts_keys_and_lists_an_interrupted_run_unsealed(tmp_path: Path) -> None:
    async def scenario(library: Library) -> None:
        await library.tag("run-0050", ["odd"])
        document = json.loads(json.dumps(await library.history_document()))
        assert document["schema"] == "loadbench.history/1"
        assert len(document["comparisons"]) == 1
        keys = {"run_id", "started_at", "deployment", "profile", "duration_s", "intervals", "sealed", "tags"}
        assert all(keys <= run.keys() for run in document["runs"])
        cut = document["runs"][0]
        assert (cut["sealed"], cut["intervals"], cut["tags"]) == (False, 1, ["odd"])
        assert all(run["sealed"] for run in document["runs"][1:])

    with_library(tmp_path, scenario)


def test_what_is_deleted_is_gone_from_the_lists(tmp_path: Path) -> None:
    async def scenario(library: Library) -> None:
        assert await library.delete("cmp") == "cmp-1"
        assert await library.comparisons() == ()
        assert [run.run_id for run in await library.runs()] == ["run-0050-fastapi"]

    with_library(tmp_path, scenario)

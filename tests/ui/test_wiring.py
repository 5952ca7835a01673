"""The window's ports over the real services and a real history."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from builders import make_comparison
from loadbench_gui.core.verdict import Comparison
from loadbench_gui.errors import UserError
from loadbench_gui.profile.bundled import find
from loadbench_gui.profile.loader import load
from loadbench_gui.profile.problems import ProfileError
from loadbench_gui.store.store import Store
from loadbench_gui.ui.ports import Services
from loadbench_gui.ui.wiring import command_for, wire


async def stored(folder: Path) -> Comparison:
    """A comparison of the first-look profile in the history of `folder`."""
    comparison, runs = make_comparison(rounds=2)
    comparison = replace(comparison, command="loadbench compare first-look --seed 7")
    text = find("first-look").read_text("utf-8")
    async with await Store.open(folder) as store:
        await store.append_comparison(
            comparison.comparison_id, comparison.profile, text, comparison.schedule, comparison.started_at,
            comparison.command, comparison.baseline,
        )  # fmt: skip
        for run in runs:
            await store.seal_run(run)
        await store.save_comparison(comparison)
    return comparison


def over_history(folder: Path, scenario: Callable[[Services, Comparison], Awaitable[None]]) -> None:
    async def main() -> None:
        comparison = await stored(folder)
        services = wire(folder)
        try:
            await scenario(services, comparison)
        finally:
            await services.close()

    asyncio.run(main())


def test_a_stored_comparison_is_listed_and_opens(tmp_path: Path) -> None:
    async def scenario(services: Services, comparison: Comparison) -> None:
        (row,) = await services.recent()
        assert (row.profile, row.summary, row.runs) == (comparison.profile, comparison.summary, 6)
        opened, runs = await services.open_comparison(row.comparison_id)
        assert opened == comparison
        assert len(runs) == 6

    over_history(tmp_path, scenario)


def test_run_again_reads_the_profile_as_it_was(tmp_path: Path) -> None:
    async def scenario(services: Services, comparison: Comparison) -> None:
        assert await services.plan_of(comparison.comparison_id) == load(find("first-look"))

    over_history(tmp_path, scenario)


def test_an_exported_report_is_one_html_file_with_the_verdict(tmp_path: Path) -> None:
    async def scenario(services: Services, comparison: Comparison) -> None:
        path = await services.export_report(*await services.open_comparison(comparison.comparison_id))
        assert path.parent == tmp_path / "reports"
        assert comparison.summary in path.read_text("utf-8")

    over_history(tmp_path, scenario)


def test_templates_are_the_bundled_profiles_and_one_is_the_first_look(tmp_path: Path) -> None:
    async def scenario(services: Services, comparison: Comparison) -> None:
        templates = await services.templates()
        assert [t.path.stem for t in templates if t.first] == ["first-look"]
        assert all(t.name and t.description and t.path.is_file() for t in templates)

    over_history(tmp_path, scenario)


def test_the_estimate_of_the_first_look_is_about_a_minute_and_a_half(tmp_path: Path) -> None:
    async def scenario(services: Services, comparison: Comparison) -> None:
        plan = await services.load_plan(Path("first-look"))
        assert 60 <= await services.estimate_s(plan) <= 120

    over_history(tmp_path, scenario)


def test_an_unknown_comparison_and_a_wrong_profile_are_faults_of_the_user(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.toml"
    wrong.write_text('schema = 1\nname = "x"\nbaselin = "y"\n', "utf-8")

    async def scenario(services: Services, comparison: Comparison) -> None:
        with pytest.raises(UserError):
            await services.open_comparison("no-such-id")
        with pytest.raises(ProfileError) as caught:
            await services.load_plan(wrong)
        assert any(problem.line == 3 for problem in caught.value.problems)

    over_history(tmp_path, scenario)


def test_the_command_line_names_a_bundled_profile_and_quotes_a_path(tmp_path: Path) -> None:
    plan = load(find("first-look"))
    assert command_for(plan, 7) == "loadbench compare first-look --seed 7"
    elsewhere = replace(plan, path=str(tmp_path / "my profile.toml"))
    assert shlex.split(command_for(elsewhere, 7))[2] == str(tmp_path / "my profile.toml")

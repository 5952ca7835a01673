"""`loadbench compare`: the deployments of a profile over interleaved rounds, and the verdict."""

from __future__ import annotations

import dataclasses
import secrets
import shlex
from typing import Annotated, Any

import typer
from rich.table import Table

from loadbench_gui.cli.common import DataDir, JsonTo, OutDir, ProfileArg, Quiet
from loadbench_gui.cli.files import check_folder, write_json
from loadbench_gui.cli.measuring import measure_comparison
from loadbench_gui.cli.options.values import whole
from loadbench_gui.cli.places import must_not_be_left_already
from loadbench_gui.cli.selection import choose
from loadbench_gui.cli.session import Terminal, run_async
from loadbench_gui.cli.table import new_app
from loadbench_gui.core.plan import Plan
from loadbench_gui.core.verdict import Schedule
from loadbench_gui.errors import UserError
from loadbench_gui.profile.bundled import find
from loadbench_gui.profile.loader import load
from loadbench_gui.report import words
from loadbench_gui.services.compare import require_two
from loadbench_gui.stats.schedule import make_schedule

SEED_BITS = 32

app = new_app()


@app.command("compare")
def compare(
    profile: ProfileArg,
    quick: Annotated[bool, typer.Option("--quick", help="Comes with a later version.")] = False,
    rigorous: Annotated[bool, typer.Option("--rigorous", help="Comes with a later version.")] = False,
    out: OutDir = None,
    baseline: Annotated[
        str | None, typer.Option("--baseline", metavar="NAME", help="What the others are compared with.")
    ] = None,
    against: Annotated[
        str | None, typer.Option("--against", metavar="PINNED", help="Comes with a later version.")
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option("--seed", parser=whole(0, 2**SEED_BITS - 1), metavar="N", help="Order of the runs, and arrivals."),
    ] = None,
    plan_only: Annotated[bool, typer.Option("--plan", help="Print the schedule and end; nothing is started.")] = False,
    json_to: JsonTo = None,
    quiet: Quiet = False,
    data_dir: DataDir = None,
) -> int:
    """Compare the deployments of a profile over interleaved rounds, exactly as it is written."""
    if quick or rigorous or against is not None:
        raise UserError(
            "--quick, --rigorous and --against come with a later version",
            "Without them the profile runs exactly as written; set rounds and durations there.",
        )
    plan = load(find(profile))
    require_two(plan)
    if baseline is not None:
        plan = dataclasses.replace(
            plan, comparison=dataclasses.replace(plan.comparison, baseline=choose(plan, baseline).name)
        )
    if out is not None:
        must_not_be_left_already(out, json_to)
        check_folder(out)
    terminal = Terminal(json_to, quiet, data_dir)
    drawn = secrets.randbits(SEED_BITS) if seed is None else seed
    if plan_only:
        return _show_schedule(terminal, plan, make_schedule(plan, drawn))
    command = _command(profile, baseline, drawn)
    return run_async(
        lambda interrupts: measure_comparison(terminal, interrupts, plan, seed=drawn, command=command, out=out)
    )


def _command(profile: str, baseline: str | None, seed: int) -> str:
    """Return the command that repeats the comparison: the same runs in the same order with the same arrivals."""
    parts = ["loadbench", "compare", profile, *(["--baseline", baseline] if baseline else []), "--seed", str(seed)]
    return shlex.join(parts)


def _show_schedule(terminal: Terminal, plan: Plan, schedule: Schedule) -> int:
    if terminal.json_to is not None:
        write_json(terminal.json_to, _schedule_document(plan, schedule))
    table = Table(box=None, pad_edge=False)
    for heading in ("round", "deployment", "workload"):
        table.add_column(heading)
    for entry in schedule.entries:
        table.add_row(str(entry.round + 1), entry.deployment, entry.workload)
    terminal.words.print(table)
    terminal.words.print(f"{len(schedule.entries)} runs, about {words.seconds(schedule.estimate_s)}")
    terminal.words.print(f"This order is that of --seed {schedule.seed}.")
    return 0


def _schedule_document(plan: Plan, schedule: Schedule) -> dict[str, Any]:
    """Return the schedule as a result document names it."""
    return {
        "schema": "loadbench.schedule/1",
        "profile": plan.name,
        "baseline": plan.comparison.baseline,
        "rounds": schedule.rounds,
        "seed": schedule.seed,
        "estimate_s": schedule.estimate_s,
        "schedule": [dataclasses.asdict(entry) for entry in schedule.entries],
    }

"""`loadbench run`: the workloads of a profile, once, on one of its deployments."""

from __future__ import annotations

from typing import Annotated

import typer

from loadbench_gui.cli.common import DataDir, JsonTo, OutDir, ProfileArg, Quiet
from loadbench_gui.cli.files import check_folder
from loadbench_gui.cli.measuring import measure_one
from loadbench_gui.cli.places import must_not_be_left_already
from loadbench_gui.cli.selection import choose
from loadbench_gui.cli.session import Terminal, run_async
from loadbench_gui.cli.table import new_app
from loadbench_gui.profile.bundled import find
from loadbench_gui.profile.loader import load

app = new_app()


@app.command("run")
def run(
    profile: ProfileArg,
    deployment_name: Annotated[
        str | None, typer.Option("--deployment", metavar="NAME", help="Which one, where there are several.")
    ] = None,
    out: OutDir = None,
    json_to: JsonTo = None,
    quiet: Quiet = False,
    data_dir: DataDir = None,
) -> int:
    """Measure the workloads of a profile once, on one of its deployments."""
    plan = load(find(profile))
    deployment = choose(plan, deployment_name)
    if out is not None:
        must_not_be_left_already(out, json_to)
        check_folder(out)
    terminal = Terminal(json_to, quiet, data_dir)
    return run_async(lambda interrupts: measure_one(terminal, interrupts, plan, deployment, plan.workloads, out=out))

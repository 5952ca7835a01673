"""`loadbench deploy`: start one deployment of a profile, say where it is, hold it until interrupted."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Annotated, Any

import psutil
import typer

from loadbench_gui.cli.common import DataDir, JsonTo, ProfileArg, Quiet
from loadbench_gui.cli.console import console_for
from loadbench_gui.cli.files import check_json, write_json, write_out
from loadbench_gui.cli.selection import choose
from loadbench_gui.cli.session import Interrupts, run_async
from loadbench_gui.cli.table import new_app
from loadbench_gui.core.plan import Launch, Plan
from loadbench_gui.deploy.placement import place
from loadbench_gui.deploy.server import Server, launch
from loadbench_gui.errors import LoadbenchError, TargetFault, UserError
from loadbench_gui.profile.bundled import find
from loadbench_gui.profile.loader import load
from loadbench_gui.profile.secrets import resolve_secrets, secrets_of
from loadbench_gui.services.stopping import StopRequested, unless_stopped

app = new_app()


@app.command("deploy")
def deploy(
    profile: ProfileArg,
    deployment_name: Annotated[
        str | None, typer.Option("--deployment", metavar="NAME", help="Which one, where there are several.")
    ] = None,
    json_to: JsonTo = None,
    quiet: Quiet = False,
    data_dir: DataDir = None,
) -> int:
    """Start one deployment, print its URL and pids as JSON, hold it until interrupted."""
    plan = load(find(profile))
    name = choose(plan, deployment_name).name
    check_json(json_to)
    return run_async(lambda interrupts: _hold(interrupts, plan, name, json_to=json_to, quiet=quiet))


async def _hold(interrupts: Interrupts, plan: Plan, name: str, *, json_to: str | None, quiet: bool) -> int:
    secrets = secrets_of(plan)
    try:
        server = await unless_stopped(_started(plan, name), interrupts.stop)
        try:
            _announce(_facts(server), json_to)
            console_for(stderr=True, quiet=quiet).print("Running until Ctrl-C.")
            await _until_stopped(server, interrupts)
        finally:
            await server.stop()
    except StopRequested:
        return interrupts.exit_code
    except LoadbenchError as fault:
        raise secrets.masked(fault) from None
    return interrupts.exit_code


async def _started(plan: Plan, name: str) -> Server:
    deployment = resolve_secrets(plan).deployment(name)
    if not isinstance(deployment.source, Launch):
        raise UserError(f"{name!r} runs elsewhere", "Only deployments with a command can be started.")
    placement = place(plan.generator, deployment.source)
    return await launch(deployment, base_dir=Path(plan.base_dir or "."), cpus=placement.server_cpus)


def _facts(server: Server) -> dict[str, Any]:
    """Return where the server is, and which processes it consists of, the root of the tree first."""
    pids = [] if server.pid is None else [server.pid]
    for pid in tuple(pids):
        try:
            pids += [child.pid for child in psutil.Process(pid).children(recursive=True)]
        except psutil.Error:
            continue
    return {"name": server.name, "url": server.url, "pid": server.pid, "pids": pids, "startup_s": server.startup_s}


def _announce(facts: dict[str, Any], json_to: str | None) -> None:
    if json_to is not None and json_to != "-":
        write_json(json_to, facts)
    write_out(json.dumps(facts, ensure_ascii=False) + "\n")


async def _until_stopped(server: Server, interrupts: Interrupts) -> None:
    waits = [asyncio.ensure_future(event.wait()) for event in (interrupts.stop, server.exited)]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
    if server.exited.is_set() and not interrupts.stop.is_set():
        raise TargetFault(
            f"{server.name} ended by itself with exit code {server.returncode}\n{server.stderr_tail()}".rstrip(),
            "Mend the server, then start it again.",
        )

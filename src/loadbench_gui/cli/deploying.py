"""`loadbench deploy`: start one deployment of a profile, say where it is, hold it until interrupted."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from loadbench_gui.cli.common import ProfileArg
from loadbench_gui.cli.session import Interrupts, run_async
from loadbench_gui.cli.traffic import choose
from loadbench_gui.core.plan import Deployment, Launch, Plan
from loadbench_gui.deploy.placement import place
from loadbench_gui.deploy.server import launch
from loadbench_gui.errors import TargetFault, UserError
from loadbench_gui.profile.bundled import find
from loadbench_gui.profile.loader import load
from loadbench_gui.profile.secrets import resolve_secrets
from loadbench_gui.services.stopping import unless_stopped


def register(app: typer.Typer) -> None:
    """Add the command of this module to `app`."""
    app.command("deploy", help="Start one deployment, print its URL and pids as JSON, hold until interrupted.")(deploy)


def deploy(
    profile: ProfileArg,
    deployment_name: Annotated[str | None, typer.Option("--deployment", metavar="NAME")] = None,
) -> int:
    """Start a deployment and hold it."""
    plan = resolve_secrets(load(find(profile)))
    deployment = choose(plan, deployment_name)
    return run_async(lambda interrupts: _hold(interrupts, plan, deployment))


async def _hold(interrupts: Interrupts, plan: Plan, deployment: Deployment) -> int:
    if not isinstance(deployment.source, Launch):
        raise UserError(f"{deployment.name!r} runs elsewhere", "Only deployments with a command can be started.")
    placement = place(plan.generator, deployment.source)
    start = launch(deployment, base_dir=Path(plan.base_dir or "."), cpus=placement.server_cpus)
    server = await unless_stopped(start, interrupts.stop)
    try:
        facts = {"name": server.name, "url": server.url, "pid": server.pid, "startup_s": server.startup_s}
        sys.stdout.write(json.dumps(facts) + "\n")
        sys.stdout.flush()
        waits = [asyncio.ensure_future(event.wait()) for event in (interrupts.stop, server.exited)]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        if server.exited.is_set() and not interrupts.stop.is_set():
            raise TargetFault(
                f"{server.name} ended by itself with exit code {server.returncode}\n{server.stderr_tail()}".rstrip(),
                "Mend the server, then start it again.",
            )
        return interrupts.exit_code
    finally:
        await server.stop()

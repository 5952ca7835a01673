"""Stands in for the app: launches a server, says which processes there are, and waits to be killed."""

import asyncio
import json
import sys
from pathlib import Path

from loadbench_gui.core.plan import Deployment, Launch, Stop
from loadbench_gui.deploy import ports
from loadbench_gui.deploy.server import launch


async def main() -> None:
    runtime, here, *ways = sys.argv[1:]
    command = ("{python}", "serve.py", "{port}", *ways)
    deployment = Deployment("victim", Launch(command, stop=Stop(grace_s=0.5)))
    server = await launch(deployment, base_dir=Path(here), cpus=None, directory=Path(runtime))
    tree = sorted(ports.tree_of(server.guardian_pid or 0))
    sys.stdout.write(json.dumps({"guardian": server.guardian_pid, "server": server.pid, "tree": tree}) + "\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


asyncio.run(main())

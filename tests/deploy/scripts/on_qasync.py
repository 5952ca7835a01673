"""Launches, watches, verifies and stops a server on the loop of the window."""

import asyncio
import importlib
import json
import sys
import time
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from loadbench_gui.core.plan import Deployment, Expectation, Launch, Request
from loadbench_gui.core.run import TargetSample
from loadbench_gui.deploy.server import launch
from loadbench_gui.deploy.verify import verify
from loadbench_gui.deploy.watch import Watcher


async def main() -> None:
    runtime, here = map(Path, sys.argv[1:])
    deployment = Deployment("on qasync", Launch(("{python}", "serve.py", "{port}")))
    server = await launch(deployment, base_dir=here, cpus=None, directory=runtime)
    answer = await verify(server.target, Request(), Expectation(status=200))
    samples: asyncio.Queue[TargetSample] = asyncio.Queue()
    assert server.pid is not None
    watcher = Watcher(server.pid, time.perf_counter_ns, samples.put_nowait)
    watcher.start()
    sample = await samples.get()
    watcher.stop()
    await server.stop()
    sys.stdout.write(
        json.dumps({"ok": answer.ok, "rss": sample.rss_bytes, "exited": server.exited.is_set(), "pid": server.pid})
    )


# The stub of qasync that the window is checked against asks for more than a loop without windows has.
qasync = importlib.import_module("qasync")
application = QCoreApplication([])
with qasync.QEventLoop(application) as loop:
    loop.run_until_complete(main())

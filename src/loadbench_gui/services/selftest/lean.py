"""What a spawned worker process has loaded. Imports nothing itself: whatever it brought along would be counted."""

from __future__ import annotations

import importlib
import sys
from multiprocessing.connection import Connection


def tell_modules(pipe: Connection) -> None:
    """In the new process: load what a worker loads, event loop included; send the names of all modules."""
    worker = importlib.import_module("loadbench_gui.engine.worker")
    worker.loop_factory()
    pipe.send_bytes("\n".join(sorted(sys.modules)).encode())
    pipe.close()

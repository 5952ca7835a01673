"""What a spawned worker process has loaded. Imports nothing itself: whatever it brought along would be counted."""

from __future__ import annotations

import importlib
import sys
from multiprocessing.connection import Connection


def tell_modules(pipe: Connection) -> None:
    """In the new process: load what a worker loads, and send the names of all modules, one a line."""
    importlib.import_module("loadbench_gui.engine.worker")
    pipe.send_bytes("\n".join(sorted(sys.modules)).encode())
    pipe.close()

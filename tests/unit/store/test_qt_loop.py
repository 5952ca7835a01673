"""The store under the window's own event loop: the same results, in the same order."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
import qasync
from PySide6.QtCore import QCoreApplication
from builders import make_run
from loadbench_gui.store.store import Store

async def main():
    run = make_run()
    async with await Store.open(Path(sys.argv[1])) as store:
        await store.seal_run(run)
        assert await store.load_run("run-") == run
    print("same")

application = QCoreApplication([])
with qasync.QEventLoop(application) as loop:
    loop.run_until_complete(main())
"""


def test_it_works_on_the_qt_loop_as_on_any_other(tmp_path: Path) -> None:
    tests = Path(__file__).parents[2]
    command = [sys.executable, "-c", SCRIPT, str(tmp_path), str(tests)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.stdout == "same\n", ended.stderr

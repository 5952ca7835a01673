"""The program is killed in mid-run: every interval that was appended is there when it comes back."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

from loadbench_gui.core.run import Run
from loadbench_gui.services.library import Library
from loadbench_gui.store.store import Store

WRITER = """
import asyncio, sys
from dataclasses import replace
from pathlib import Path
from typing import Any
sys.path.insert(0, sys.argv[2])
from builders import make_run
from loadbench_gui.store.store import Store

async def main():
    run = make_run()
    store = await Store.open(Path(sys.argv[1]))
    await store.begin_run(replace(run, intervals=(), target_samples=()))
    for index in range(100_000):
        print(index, flush=True)
        await store.append_interval(run.label.run_id, replace(run.intervals[-1], index=index, t_s=float(index)))

asyncio.run(main())
"""
SEEN = 20


def test_a_killed_program_loses_at_most_the_interval_it_was_writing(tmp_path: Path) -> None:
    tests = Path(__file__).parents[2]
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path), str(tests)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    for line in process.stdout:
        if int(line) == SEEN:
            process.kill()
            break
    begun = [SEEN, *map(int, process.stdout.read().split())][-1] + 1
    process.stdout.close()
    assert process.wait() == -9
    run, document = asyncio.run(_reopen(tmp_path))
    assert begun - 1 <= len(run.intervals) <= begun
    assert [interval.index for interval in run.intervals] == list(range(len(run.intervals)))
    assert run.measured.succeeded == sum(interval.measured.succeeded for interval in run.intervals)
    assert run.measured.succeeded > 0
    (listed,) = document["runs"]
    assert listed["sealed"] is False
    assert listed["intervals"] == len(run.intervals)


async def _reopen(folder: Path) -> tuple[Run, dict[str, Any]]:
    async with await Store.open(folder) as store:
        return await store.load_run("run-"), await Library(store).history_document()

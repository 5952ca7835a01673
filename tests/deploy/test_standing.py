"""Who goes first: threads that stand back, and processes that do not inherit it.

In a process of its own: it is for good.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives each thread a priority of its own")

PROGRAM = """
import json, os, subprocess, sys, threading
from loadbench_gui.deploy import standing as module
from loadbench_gui.deploy.standing import Standing

module.ROOMY_CPUS = {roomy}
standing = Standing()
if {kept}:
    standing.keep()

def own():
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

def child():
    command = [sys.executable, "-c", "import os; print(os.getpriority(os.PRIO_PROCESS, 0))"]
    return int(subprocess.run(command, capture_output=True, check=True).stdout)

def of_a_thread():
    found = []
    thread = threading.Thread(target=lambda: found.append(own()))
    thread.start()
    thread.join()
    return found[0]

before = own()
said = [standing.stand_back(), standing.stand_back()]
print(json.dumps({{
    "said": said, "own": own() - before, "thread": of_a_thread() - before,
    "started": standing.start_process(child) - before, "started by itself": child() - before,
}}))
"""


def told(*, kept: bool, roomy: int = 100_000) -> Mapping[str, object]:
    """What a process finds that stands back twice: niceness against its first."""
    program = PROGRAM.format(kept=kept, roomy=roomy)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    found: Mapping[str, object] = json.loads(done.stdout)
    return found


def test_what_stands_back_is_the_thread_and_its_threads_but_no_process_that_matters() -> None:
    assert told(kept=True) == {"said": [True, True], "own": 10, "thread": 10, "started": 0, "started by itself": 10}


@pytest.mark.parametrize(("kept", "roomy"), [(False, 100_000), (True, 1)], ids=["not kept", "CPUs enough"])
def test_nobody_stands_back_who_did_not_keep_a_standing_or_has_room(kept: bool, roomy: int) -> None:
    stays = {"said": [False, False], "own": 0, "thread": 0, "started": 0, "started by itself": 0}
    assert told(kept=kept, roomy=roomy) == stays


def test_what_goes_wrong_on_the_other_thread_is_raised_here() -> None:
    from loadbench_gui.deploy.standing import Starter

    starter = Starter()
    with pytest.raises(ZeroDivisionError):
        starter.call(lambda: 1 // 0)
    assert starter.call(lambda: 7) == 7, "and it goes on"

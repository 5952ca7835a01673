"""Worker processes: what they share, how they end, and that they never stay behind."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from engine.firing import Watch, adds_up
from engine.servers import fire_at, response, says, serving
from loadbench_gui.core.lifecycle import RunEvent
from loadbench_gui.core.plan import ClosedLoad, EngineName, OpenLoad
from loadbench_gui.core.run import Interval
from loadbench_gui.errors import EnvironmentFault
from loadbench_gui.services import conductor
from loadbench_gui.services.generator import Fired

HERE = Path(__file__).parent


class Striking(Watch):
    """Sends workers a signal once the second interval has come."""

    def __init__(self, count: int, number: signal.Signals = signal.SIGKILL) -> None:
        super().__init__()
        self._count, self._number = count, number
        self.intervals = _Trigger(self)

    def strike(self) -> None:
        for child in multiprocessing.active_children()[: self._count]:
            os.kill(child.pid or 0, self._number)


class _Trigger(list[Interval]):
    def __init__(self, watch: Striking) -> None:
        super().__init__()
        self._watch = watch

    def append(self, interval: Interval) -> None:
        super().append(interval)
        if len(self) == 2:
            self._watch.strike()


def fire_workers(count: int, watch: Watch, shape: ClosedLoad | OpenLoad | None = None) -> tuple[Fired, int]:
    async def scenario() -> tuple[Fired, int]:
        async with serving(says(response())) as server:
            shaped = shape or OpenLoad(8, 200.0)
            fired = await fire_at(
                server.target, shaped, engine="workers", workers=count, duration_s=1.5, timeout_s=1.0, watch=watch
            )
            return fired, server.requests

    return asyncio.run(scenario())


def test_two_workers_send_together_exactly_what_one_would() -> None:
    fired, asked = fire_workers(2, Watch())
    assert fired.measured.succeeded == fired.measured.issued == asked == 300
    assert len(set(fired.worker_pids)) == 2
    assert fired.fitness.workers == 2
    assert fired.peak_connections == 8


def test_nothing_is_left_running() -> None:
    fired, _ = fire_workers(2, Watch())
    assert not multiprocessing.active_children()
    assert not any(psutil.pid_exists(pid) for pid in fired.worker_pids)


def test_when_one_worker_is_killed_the_other_goes_on_and_the_run_is_invalid() -> None:
    watch = Striking(1)
    fired, _ = fire_workers(2, watch)
    assert fired.fitness.verdict == "invalid"
    assert [caveat.code for caveat in watch.caveats if caveat.code == "worker_lost"] == ["worker_lost"]
    assert "killed by SIGKILL" in next(c for c in watch.caveats if c.code == "worker_lost").message
    assert watch.intervals[-1].lost_shards in {(0,), (1,)}
    assert sum(i.measured.succeeded for i in watch.intervals) == fired.measured.succeeded > 150


def test_when_all_workers_are_killed_it_is_a_fault_with_their_last_words() -> None:
    watch = Striking(2)
    with pytest.raises(EnvironmentFault, match=r"All generator processes died.*killed by SIGKILL"):
        fire_workers(2, watch)
    assert watch.intervals, "what was measured until then was reported"
    assert not multiprocessing.active_children()


def test_a_worker_that_hangs_is_taken_for_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conductor, "HANG_SLACK_S", 1.0)
    watch = Striking(1, signal.SIGSTOP)
    fired, _ = fire_workers(2, watch)
    assert fired.fitness.verdict == "invalid"
    assert watch.states[-1] is RunEvent.DRAINED, "the run ended as planned but for the lost worker"
    assert not multiprocessing.active_children()


def test_a_cancelled_run_leaves_no_worker() -> None:
    async def scenario() -> None:
        async with serving(says(response())) as server:
            task = asyncio.create_task(fire_at(server.target, engine="workers", duration_s=30.0))
            await server.asked.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(scenario())
    assert not multiprocessing.active_children()


@pytest.mark.parametrize("engine", ["in-app", "workers"])
def test_stopping_ends_soon_and_keeps_what_was_measured(engine: EngineName) -> None:
    async def scenario() -> tuple[Fired, int]:
        stop = asyncio.Event()
        async with serving(says(response())) as server:

            async def stop_soon() -> None:
                await server.asked.wait()
                stop.set()

            stopper = asyncio.create_task(stop_soon())
            fired = await fire_at(server.target, engine=engine, duration_s=60.0, stop=stop)
            await stopper
            return fired, server.requests

    fired, asked = asyncio.run(scenario())
    assert fired.stop_reason == "stopped"
    assert adds_up(fired)
    assert fired.measured.succeeded == asked > 0


def test_a_stop_before_the_start_sends_nothing() -> None:
    async def scenario() -> tuple[Fired, int]:
        stop = asyncio.Event()
        stop.set()
        async with serving(says(response())) as server:
            return await fire_at(server.target, engine="workers", duration_s=60.0, stop=stop), server.requests

    fired, asked = asyncio.run(scenario())
    assert fired.measured.issued == asked == 0
    assert fired.stop_reason == "stopped"


def test_workers_die_with_the_application() -> None:
    program = subprocess.Popen(
        [sys.executable, str(HERE / "orphan.py")],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(HERE.parent)},
    )
    with program:
        assert program.stdout is not None
        workers = [psutil.Process(int(pid)) for pid in program.stdout.readline().split()]
        assert len(workers) == 2
        program.kill()
    _, alive = psutil.wait_procs(workers, timeout=20)
    assert not alive


def test_a_worker_starts_lean() -> None:
    code = "import sys, loadbench_gui.engine.worker; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    heavy = {"PySide6", "qasync", "pyqtgraph", "scipy", "pydantic", "httpx", "sqlite3", "typer", "rich", "jinja2"}
    assert not heavy & set(loaded)
    assert not [name for name in loaded if name.startswith(("loadbench_gui.services", "loadbench_gui.store"))]


def test_the_in_app_engine_runs_on_the_window_s_loop() -> None:
    env = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(HERE.parent)}
    done = subprocess.run(
        [sys.executable, str(HERE / "on_qt_loop.py")], capture_output=True, text=True, env=env, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    for line in done.stdout.splitlines():
        engine, succeeded, asked, caveats = line.split(" ", 3)
        assert (succeeded, asked) == ("100", "100"), (engine, caveats)
    assert len(done.stdout.splitlines()) == 2

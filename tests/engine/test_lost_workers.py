"""A worker that dies, or talks nonsense: its share is lost at once, and the run goes on or ends as was asked."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from engine import rogue
from engine.firing import Watch
from engine.servers import fire_at, response, says, serving
from loadbench_gui.core.caveats import Caveat
from loadbench_gui.core.lifecycle import RunEvent
from loadbench_gui.core.plan import Expectation, GeneratorSettings, Load, OpenLoad, Request, Workload
from loadbench_gui.core.run import Interval
from loadbench_gui.errors import EnvironmentFault
from loadbench_gui.services import conductor, supervisor
from loadbench_gui.services.fired import Fired
from loadbench_gui.services.generator import fire

STOP = GeneratorSettings(workers=2, on_worker_lost="stop", pacing="timer")
CONTINUE = replace(STOP, on_worker_lost="continue")


def fire_two(
    settings: GeneratorSettings,
    watch: Watch,
    *,
    duration_s: float,
    on_interval: Callable[[Interval], None] | None = None,
    on_workers: Callable[[tuple[int, ...]], None] | None = None,
    on_caveat: Callable[[Caveat], None] | None = None,
) -> tuple[Fired, int]:
    """Fire from two workers, 200 requests a second; return what came of it, and the server's own count."""
    workload = Workload(
        "test", "http", Request(), Expectation(status=200), OpenLoad(8, 200.0), duration_s=duration_s, timeout_s=1.0
    )

    async def scenario() -> tuple[Fired, int]:
        async with serving(says(response())) as server:
            fired = await fire(
                Load(server.target, workload, pacing="timer"),
                settings,
                cpus=None,
                on_state=watch.states.append,
                on_interval=on_interval or watch.intervals.append,
                on_caveat=on_caveat or watch.caveats.append,
                stop=asyncio.Event(),
                on_start=watch.starts.append,
                on_workers=on_workers,
            )
            return fired, server.requests

    return asyncio.run(scenario())


class Assassin(Watch):
    """Kills the first worker, by its pid, once two intervals have come."""

    def __init__(self) -> None:
        super().__init__()
        self.pids: tuple[int, ...] = ()

    def know(self, pids: tuple[int, ...]) -> None:
        self.pids = pids

    def see(self, interval: Interval) -> None:
        self.intervals.append(interval)
        if len(self.intervals) == 2:
            os.kill(self.pids[0], signal.SIGKILL)


def test_a_killed_worker_ends_the_run_there_and_then_where_the_profile_says_so() -> None:
    watch = Assassin()
    fired, asked = fire_two(STOP, watch, duration_s=60.0, on_interval=watch.see, on_workers=watch.know)
    assert fired.stop_reason == "worker_lost"
    assert 0.5 <= fired.duration_s < 60.0, "it ended before its time"
    assert RunEvent.WINDOW_END not in watch.states
    assert isinstance(fired.fault, EnvironmentFault)
    assert "killed by SIGKILL" in fired.fault.message
    assert 'on_worker_lost = "stop"' in fired.fault.message
    assert "is kept" in fired.fault.hint
    assert not multiprocessing.active_children()
    assert fired.fitness.verdict == "invalid"
    assert fired.measured.issued == fired.measured.ended
    assert 0 < fired.measured.succeeded <= asked, "what was measured is kept"


def test_the_caveat_says_that_the_run_ends() -> None:
    watch = Assassin()
    fire_two(STOP, watch, duration_s=60.0, on_interval=watch.see, on_workers=watch.know)
    (caveat,) = [caveat for caveat in watch.caveats if caveat.code == "worker_lost"]
    assert caveat.severity == "invalid"
    assert caveat.hint.startswith("The run ends here, as asked. Run again")


def test_otherwise_the_others_go_on_to_the_end() -> None:
    watch = Assassin()
    fired, _ = fire_two(CONTINUE, watch, duration_s=1.5, on_interval=watch.see, on_workers=watch.know)
    assert (fired.stop_reason, fired.fault) == ("", None)
    assert watch.states[-1] is RunEvent.DRAINED
    assert fired.fitness.verdict == "invalid"


@pytest.mark.parametrize(
    ("nonsense", "words"),
    [
        (rogue.far_ahead, f"interval {rogue.FAR_AHEAD}"),
        (rogue.somebody_else, "worker 1 reported as shard 0"),
        (rogue.garbage, "not a frame"),
    ],
)
def test_a_worker_that_talks_nonsense_is_lost_at_once_and_not_at_some_limit(
    monkeypatch: pytest.MonkeyPatch, nonsense: Callable[..., Any], words: str
) -> None:
    monkeypatch.setattr(supervisor, "main", nonsense)
    watch = Watch()
    seen_before: list[int] = []

    def doubted(caveat: Caveat) -> None:
        watch.caveats.append(caveat)
        if caveat.code == "worker_lost":
            seen_before.append(len(watch.intervals))

    fired, _ = fire_two(CONTINUE, watch, duration_s=2.0, on_caveat=doubted)
    (caveat,) = [caveat for caveat in watch.caveats if caveat.code == "worker_lost"]
    assert words in caveat.message
    assert seen_before[0] < len(watch.intervals), "the other worker was not at its end yet"
    assert watch.states[-1] is RunEvent.DRAINED
    assert fired.fitness.verdict == "invalid"
    assert fired.measured.succeeded == 200, "the other's share, to its end"
    assert not multiprocessing.active_children()


def test_a_mistake_in_a_callback_of_the_loop_ends_the_run_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "main", rogue.stumbles)
    watch = Watch()

    async def scenario() -> int:
        async with asyncio.timeout(60), serving(says(response())) as server:
            with pytest.raises(EnvironmentFault, match=r"LookupError: it stumbled \(stumble, line \d+\)"):
                await fire_at(
                    server.target, OpenLoad(4, 200.0), engine="workers", workers=1, duration_s=300.0, watch=watch
                )
            return server.requests

    assert asyncio.run(scenario()) >= 10
    assert [caveat.code for caveat in watch.caveats] == ["worker_lost"]
    assert not multiprocessing.active_children()


def test_a_mistake_in_taking_what_a_worker_reports_ends_its_share_with_the_reason() -> None:
    watch = Watch()

    def stumble(interval: Interval) -> None:
        raise LookupError("nobody knows this interval")

    async def scenario() -> None:
        async with asyncio.timeout(60):
            with pytest.raises(EnvironmentFault, match="LookupError: nobody knows this interval"):
                await asyncio.to_thread(fire_two, CONTINUE, watch, duration_s=300.0, on_interval=stumble)

    asyncio.run(scenario())
    assert not multiprocessing.active_children()


@pytest.mark.parametrize("stopped", [False, True], ids=["left alone", "stopped"])
def test_a_worker_that_hangs_before_it_is_ready_ends_the_run_and_not_the_patience(
    monkeypatch: pytest.MonkeyPatch, stopped: bool
) -> None:
    monkeypatch.setattr(supervisor, "main", rogue.never_ready)
    # Whichever of the two limits does not apply is far beyond the test's own.
    for name in ("PREPARE_S", "PREPARE_EACH_S", "HANG_SLACK_S"):
        monkeypatch.setattr(conductor, name, 0.5 if stopped == (name == "HANG_SLACK_S") else 200.0)

    async def scenario() -> None:
        stop = asyncio.Event()
        if stopped:
            stop.set()
        async with asyncio.timeout(60), serving(says(response())) as server:
            with pytest.raises(EnvironmentFault, match="not ready to send in time"):
                await fire_at(server.target, engine="workers", workers=1, stop=stop)

    asyncio.run(scenario())
    assert not multiprocessing.active_children()

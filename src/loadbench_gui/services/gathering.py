"""Folds what the shards of one load report into closed intervals and, at the end, into one result."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from loadbench_gui.core.caveats import Caveat
from loadbench_gui.core.counts import merge_counts
from loadbench_gui.core.plan import GeneratorSettings, Load, OpenLoad
from loadbench_gui.core.run import Interval
from loadbench_gui.core.sharding import share
from loadbench_gui.core.snapshot import (
    ErrorKind,
    SampleExchange,
    ShardSnapshot,
    Tally,
    Traffic,
    WorkerHealth,
)
from loadbench_gui.core.timeline import Timeline
from loadbench_gui.engine.fitness.arrivals import stale_caveats, worker_lost
from loadbench_gui.engine.fitness.evidence import Evidence, Surroundings
from loadbench_gui.engine.fitness.judge import judge, live_caveats
from loadbench_gui.engine.sampled import SAMPLES_PER_KIND
from loadbench_gui.errors import Bug, EnvironmentFault
from loadbench_gui.services.fired import Fired

INTERVAL_S: Final = 0.25
LATEST_S: Final = 60.0
"""How long after everything should have ended an interval may lie; what claims to lie later is damaged."""


class Gathering:
    """Folds what the shards report, and keeps the sums that the result is made of."""

    def __init__(
        self,
        load: Load,
        settings: GeneratorSettings,
        shard_count: int,
        on_interval: Callable[[Interval], None],
        on_caveat: Callable[[Caveat], None],
    ) -> None:
        workload = load.workload
        self._load, self._settings = load, settings
        self._latest = round((workload.warmup_s + workload.duration_s + workload.timeout_s + LATEST_S) / INTERVAL_S)
        self._workers = shard_count
        self._timeline = Timeline(shard_count, INTERVAL_S)
        self._on_interval, self._on_caveat = on_interval, on_caveat
        self._told: set[tuple[str, str | None]] = set()
        self._measured, self._traffic, self._health = Tally(), Traffic(), WorkerHealth()
        self._handled = self._events = self._peak = 0
        self._grown: int | None = None
        self._samples: dict[ErrorKind, list[SampleExchange]] = {}
        self._last_words: list[str] = []
        self._last_ns: list[int] = []
        self._issued = [0] * shard_count
        self._worked: list[tuple[float, float]] = [(0.0, 0.0)] * shard_count
        """CPU seconds and real seconds of each shard inside the window."""
        self._unmeasured = 0
        self._served: dict[int, int] = {}
        self._running = set(range(shard_count))
        self.stopped_ns = 0
        self.done = asyncio.Event()
        self.broken = asyncio.Event()
        """A worker was lost, and the settings say that the run ends there."""

    def add(self, snapshot: ShardSnapshot) -> None:
        """Take a shard's snapshot in. Raises `Bug` for one that no shard of this load can have made."""
        if snapshot.index > self._latest:
            raise Bug(f"shard {snapshot.shard} reported interval {snapshot.index}; the run has {self._latest} at most")
        closed = self._timeline.add(snapshot)
        self._issued[snapshot.shard] += snapshot.measured.issued
        self._unmeasured += snapshot.warmup.issued
        self._served = merge_counts(self._served, snapshot.served) if snapshot.served else self._served
        if self._is_inside(snapshot.index * INTERVAL_S):
            cpu_s, span_s = self._worked[snapshot.shard]
            self._worked[snapshot.shard] = (cpu_s + snapshot.health.work_cpu_s, span_s + snapshot.health.span_s)
        for interval in closed:
            self._take(interval)

    def finish(self, last_ns: int) -> None:
        """Note when a shard's last request ended."""
        self._last_ns.append(last_ns)

    def end(self, shard: int, words: str) -> None:
        """Note that nothing more comes from `shard`; if it had not reported its last interval, it is lost."""
        before = self._timeline.lost
        try:
            for interval in self._timeline.lose(shard):
                self._take(interval)
        finally:
            # Whatever goes wrong above: a shard whose end nobody notes would be waited for without end.
            if self._timeline.lost != before:
                self._tell_lost(shard, words)
            # Not before all have ended: the moment of its last request is the last that a shard tells.
            self._running.discard(shard)
            if not self._running:
                self.done.set()

    @property
    def workers(self) -> int:
        """How many shards there are."""
        return self._workers

    @property
    def all_lost(self) -> bool:
        """Whether every worker died before it was done."""
        return len(self._timeline.lost) == self._workers

    def result(self, start_ns: int, pids: tuple[int, ...], around: Surroundings) -> Fired:
        """Return the whole. Raises `EnvironmentFault` when every worker died."""
        if self.all_lost:
            raise EnvironmentFault(
                "All generator processes died during the run: " + "; ".join(self._last_words),
                "What was measured until then is kept. Look for out-of-memory messages in the system's log.",
            )
        duration_s = self._covered_s(start_ns)
        return Fired(
            measured=self._measured,
            traffic=self._traffic,
            peak_connections=self._peak,
            fitness=judge(self._evidence(duration_s, around, self._stop_reason(start_ns) == "requests")),
            samples=tuple(sample for kept in self._samples.values() for sample in kept),
            duration_s=duration_s,
            start_ns=start_ns,
            stop_reason=self._stop_reason(start_ns),
            engine=self._settings.engine,
            client=self._settings.client.name,
            worker_pids=pids,
            served=self._served,
            fault=self._broken_off() if self.broken.is_set() else None,
        )

    def _evidence(self, duration_s: float, around: Surroundings, at_limit: bool) -> Evidence:
        return Evidence(
            measured=self._measured,
            traffic=self._traffic,
            health=self._health,
            handled=self._handled,
            workers=self._workers,
            shape=self._load.workload.shape,
            duration_s=duration_s,
            lost=len(self._timeline.lost),
            busiest=max((cpu_s / span_s for cpu_s, span_s in self._worked if span_s > 0), default=0.0),
            at_limit=at_limit,
            # What was calibrated is a worker process, not the loop of the application.
            around=around if self._settings.engine == "workers" else replace(around, calibrated_us=None),
            notes=(
                *((self._lost_caveat(),) if self._last_words else ()),
                *stale_caveats(self._traffic.stale, sum(self._issued) + self._unmeasured),
            ),
            paced=self._is_paced,
            workload=self._load.workload,
            events=self._events,
            most_open=self._peak,
            # The application grows for other reasons as well.
            grown_bytes=self._grown if self._settings.engine == "workers" else None,
        )

    def _broken_off(self) -> EnvironmentFault:
        return EnvironmentFault(
            f"A generator process died ({'; '.join(self._last_words)}), and the run ended there: "
            'on_worker_lost = "stop".',
            "What was measured until then is kept. Look for out-of-memory messages in the system's log.",
        )

    def _tell_lost(self, shard: int, words: str) -> None:
        self._last_words.append(f"worker {shard}: {words}")
        self._tell(self._lost_caveat())
        if self._stops_at_loss:
            self.broken.set()

    def _lost_caveat(self) -> Caveat:
        return worker_lost(self._last_words, self._workers, stops=self._stops_at_loss)

    @property
    def _stops_at_loss(self) -> bool:
        return self._settings.on_worker_lost == "stop"

    @property
    def _is_paced(self) -> bool:
        """Whether spinning is there to be asked for: by workers whose own client sends at moments."""
        settings = self._settings
        may_spin = settings.engine == "workers" and settings.client.name == "fast" and settings.pacing != "spin"
        return may_spin and isinstance(self._load.workload.shape, OpenLoad)

    def _window_ns(self, start_ns: int) -> tuple[int, int]:
        begin_ns = start_ns + round(self._load.workload.warmup_s * 1e9)
        return begin_ns, begin_ns + round(self._load.workload.duration_s * 1e9)

    def _stop_reason(self, start_ns: int) -> str:
        end_ns = self._window_ns(start_ns)[1]
        if self.stopped_ns and self.stopped_ns < end_ns:
            return "worker_lost" if self.broken.is_set() else "stopped"
        return "requests" if self._limit_reached and max(self._last_ns, default=end_ns) < end_ns else ""

    @property
    def _limit_reached(self) -> bool:
        """Whether each shard that lived has drawn its part of the request limit: a slow load may not get that far."""
        limit = self._load.workload.requests_limit
        lost = self._timeline.lost
        return limit is not None and all(
            issued >= share(limit, shard, self._workers)
            for shard, issued in enumerate(self._issued)
            if shard not in lost
        )

    def _covered_s(self, start_ns: int) -> float:
        begin_ns, end_ns = self._window_ns(start_ns)
        match self._stop_reason(start_ns):
            case "stopped" | "worker_lost":
                end_ns = self.stopped_ns
            case "requests":
                end_ns = max(self._last_ns)
            case _:
                pass
        return max(0.0, (end_ns - begin_ns) / 1e9)

    def _take(self, interval: Interval) -> None:
        self._measured += interval.measured
        self._traffic += replace(interval.traffic, open_connections=0)
        self._peak = max(self._peak, interval.traffic.open_connections)
        grown = interval.health.grown_bytes
        self._grown = grown if self._grown is None else max(self._grown, grown or 0)
        if self._is_inside(interval.t_s):
            together = self._health + interval.health
            self._health = replace(together, span_s=self._health.span_s + interval.health.span_s)
            self._handled += sum(tally.ended - tally.dropped for tally in (interval.measured, interval.warmup))
            self._events += sum(map(_events, (interval.measured, interval.warmup)))
        for sample in interval.samples:
            kept = self._samples.setdefault(sample.kind, [])
            if len(kept) < SAMPLES_PER_KIND:
                kept.append(sample)
        self._on_interval(interval)
        for caveat in (
            live_caveats(interval, self._workers, paced=self._is_paced) if self._is_inside(interval.t_s) else ()
        ):
            self._tell(caveat)

    def _is_inside(self, t_s: float) -> bool:
        begin_s = self._load.workload.warmup_s
        return begin_s - 1e-9 <= t_s < begin_s + self._load.workload.duration_s

    def _tell(self, caveat: Caveat) -> None:
        if (caveat.code, caveat.metric) not in self._told:
            self._told.add((caveat.code, caveat.metric))
            self._on_caveat(caveat)


def _events(tally: Tally) -> int:
    """Return how many events of streams or messages of WebSockets came."""
    return (tally.stream.events if tally.stream else 0) + (tally.websocket.received if tally.websocket else 0)

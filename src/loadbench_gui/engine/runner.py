"""One shard from first connection to last snapshot, on whatever event loop it is given.

The worker process and the in-app engine both run this; they differ in who hosts the loop and how snapshots travel.
"""

from __future__ import annotations

import asyncio
import gc
import math
from collections.abc import Callable
from contextlib import suppress
from time import perf_counter_ns, process_time_ns
from typing import Final

from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.plan import ClosedLoad, Load, OpenLoad, Shard
from loadbench_gui.core.snapshot import ShardSnapshot, WorkerHealth
from loadbench_gui.engine.closed_loop import ClosedIssuer
from loadbench_gui.engine.footprint import Footprint
from loadbench_gui.engine.issuer import Issuer
from loadbench_gui.engine.message_loop import MessageIssuer
from loadbench_gui.engine.open_loop import OpenIssuer
from loadbench_gui.engine.recorder import Recorder, Window
from loadbench_gui.engine.rundelay import RunDelay
from loadbench_gui.engine.side import Side
from loadbench_gui.engine.socket_record import SocketRecord
from loadbench_gui.engine.stream_record import StreamRecord
from loadbench_gui.engine.thinking import ThinkingIssuer
from loadbench_gui.engine.transport.circuit import Circuit
from loadbench_gui.engine.transport.factory import is_scheduled
from loadbench_gui.engine.transport.supply import supply

TICK_S: Final = 0.05
"""How often finished requests are folded and timeouts looked for."""
STOP_GRACE_S: Final = 0.5
"""How long a run that was stopped waits for what is in flight."""
_SAMPLE_BODY_S: Final = 0.1
_RAMP_GAP_S: Final = 0.001
_LONGEST_RAMP_S: Final = 2.0
_PATIENCE_S: Final = 3.0
_CONNECT_GRACE_S: Final = 5.0
"""Short of what a silent worker is granted before it is taken for hung."""


def window_of(shard: Shard, start_ns: int) -> Window:
    """Return the shard's time axis for a common start.

    Streams that do not end are opened once, in the warm-up: they count from there, or there would be none.
    """
    workload = shard.load.workload
    warmup_ns = round(workload.warmup_s * 1e9)
    later_ns = warmup_ns if workload.stream is not None and workload.stream.endless else 0
    warm_ns = start_ns + warmup_ns
    end_ns = warm_ns + round(workload.duration_s * 1e9)
    return Window(start_ns, warm_ns - later_ns, end_ns, round(shard.interval_s * 1e9), later_ns)


def make_issuer(shard: Shard, circuit: Circuit, recorder: Recorder, *, spin: bool) -> Issuer:
    """Return the issuer for the shard's load shape, or for what WebSockets do all at once."""
    settings = shard.load.workload.websocket
    if settings is not None and settings.mode != "echo":
        from loadbench_gui.engine.assemblies import make_assembly

        return make_assembly(settings.mode, shard, circuit, recorder, spin=spin)
    match shard.load.workload.shape:
        case OpenLoad() if settings is not None and settings.identifier_bytes:
            return MessageIssuer(shard, circuit, recorder, spin=spin)
        case OpenLoad():
            return OpenIssuer(shard, circuit, recorder, spin=spin)
        case ClosedLoad(think_s=think_s) if think_s > 0:
            return ThinkingIssuer(shard, circuit, recorder)
        case ClosedLoad():
            return ClosedIssuer(shard, circuit, recorder)


def side_of(load: Load, window: Window) -> Side | None:
    """Return what is recorded beside the requests of a load of this kind."""
    if load.workload.kind == "stream":
        return StreamRecord(window.begin_ns, window.end_ns, window.later_ns)
    if load.workload.websocket is not None:
        return SocketRecord(load.workload.websocket.mode)
    return None


class ShardRun:
    """`prepare` opens the connections, `run` fires from the common start and returns when the last request ended.

    cpu_clock: CPU nanoseconds of whatever does the work (the process, or the loop's thread inside the app).
    """

    def __init__(
        self,
        shard: Shard,
        emit: Callable[[ShardSnapshot], None],
        *,
        spin: bool = False,
        cpu_clock: Callable[[], int] = process_time_ns,
    ) -> None:
        loop = asyncio.get_running_loop()
        self._shard = shard
        self._emit = emit
        self._loop = loop
        scheduled = is_scheduled(shard.load.workload.shape)
        requests = supply(shard)
        window = window_of(shard, perf_counter_ns())
        side = side_of(shard.load, window)
        self._recorder = Recorder(shard.index, window, scheduled=scheduled, mixed=requests.mixed, side=side)
        self._circuit = Circuit(shard.load, requests, self._recorder, loop)
        self._issuer = make_issuer(shard, self._circuit, self._recorder, spin=spin)
        self._cpu_clock = cpu_clock
        self._cpu_ns = self._spun_ns = self._swapped_ns = 0
        self._run_delay = RunDelay()
        self._footprint: Footprint | None = None
        self._gc_pause_ns = 0
        self._next_sample_ns = self._next_expiry_ns = 0
        self._drain_until_ns = 0
        self._halt = asyncio.Event()
        self._finished: asyncio.Future[None] = loop.create_future()
        self._timer: asyncio.Handle | None = None

    @property
    def opened(self) -> int:
        """How many connections `prepare` has opened so far."""
        return self._recorder.connections.opened

    async def prepare(self) -> None:
        """Open the connections, staggered."""
        self._footprint = Footprint()
        gap_s = min(_RAMP_GAP_S, _LONGEST_RAMP_S / self._shard.connections)
        patience_s = min(self._shard.load.workload.timeout_s, _PATIENCE_S)
        opening = asyncio.ensure_future(self._issuer.prepare(gap_s, patience_s))
        stopping = asyncio.ensure_future(self._halt.wait())
        await asyncio.wait((opening, stopping), return_when=asyncio.FIRST_COMPLETED)
        for task in (opening, stopping):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        if self._finished.done():
            self._finished.result()

    async def run(self, start_ns: int) -> int:
        """Fire from `start_ns` on. Returns when (perf_counter_ns) the last request ended."""
        self._recorder.rebase(window_of(self._shard, start_ns))
        self._quiet_gc()
        try:
            await self._until(start_ns)
            self._swapped_ns, self._cpu_ns = perf_counter_ns(), self._cpu_clock()
            self._run_delay.take()
            if not self._halt.is_set():
                self._issuer.start()
            self._timer = self._loop.call_soon(self._tick)
            await self._finished
            await self._issuer.depart()
        finally:
            if self._timer is not None:
                self._timer.cancel()
            self._issuer.close()
            self._run_delay.close()
            gc.enable()
            gc.unfreeze()
        return self._recorder.last_ns

    def halt(self, at_ns: int) -> None:
        """End early, at `at_ns`: nothing more is drawn, what is in flight gets a short grace.

        The window ends at that very moment for throughput, whenever the next tick comes to stop the issuer.
        """
        self._recorder.stop(at_ns)
        self._loop.call_later(max(0.0, (at_ns - perf_counter_ns()) / 1e9), self._halt.set)

    def fail(self, problem: BaseException) -> None:
        """End with `problem`, which is raised by whichever of `prepare` and `run` is under way or comes next."""
        if not self._finished.done():
            self._finished.set_exception(problem)
            self._halt.set()

    def abandon(self) -> None:
        """Close everything at once; for a run that is not going to start."""
        self._issuer.close()

    async def _until(self, start_ns: int) -> None:
        """Wait for the common start: the loop's timer for most of it, turns of the loop for the rest."""
        while (left_ns := start_ns - perf_counter_ns()) > 0 and not self._halt.is_set():  # noqa: ASYNC110 - a time, no event
            await asyncio.sleep(max(0.0, left_ns / 1e9 - 0.002))

    def _quiet_gc(self) -> None:
        """Garbage collection would stop the loop at any moment: do it between intervals, on what is new only."""
        gc.collect()
        gc.freeze()
        gc.disable()

    def _tick(self) -> None:
        if self._finished.done():
            return  # it failed, and must not look as if it had ended well
        try:
            self._work(perf_counter_ns())
        except BaseException as problem:
            self.fail(problem)
            raise

    def _work(self, now: int) -> None:
        # Folding many slices takes many turns: looking at every connection in each would cost more than it. But what is
        # late when the run ends is a timeout by the clock that ends it.
        if now >= self._next_expiry_ns or 0 < self._drain_until_ns <= now:
            self._issuer.expire(now)
            self._next_expiry_ns = now + round(TICK_S * 1e9)
        if now >= self._next_sample_ns:
            self._circuit.sample_bodies()
            self._next_sample_ns = now + round(_SAMPLE_BODY_S * 1e9)
        more = self._recorder.fold_some()
        while (ended := perf_counter_ns()) >= self._recorder.next_boundary_ns():
            self._swap(ended)
            more = False
        self._circuit.turns.add(now, ended)
        # By the same clock as `expire`: a request that is late by now is a timeout, not given up.
        if self._is_over(now):
            self._finish()
        elif more:
            self._timer = self._loop.call_soon(self._tick)
        else:
            boundary_s = (self._recorder.next_boundary_ns() - ended) / 1e9
            self._timer = self._loop.call_later(min(TICK_S, max(boundary_s, 0.0) + 0.0005), self._tick)

    def _is_over(self, now: int) -> bool:
        """Move from firing to draining, and tell when draining is done."""
        if not self._drain_until_ns:
            limited = self._shard.requests_limit is not None and self._issuer.exhausted and not self._streams_go_on()
            if self._halt.is_set():
                grace_s = min(STOP_GRACE_S, self._circuit.timeout_s)
            elif limited:
                # What was drawn may have to connect first, and its own time begins only then.
                grace_s = self._circuit.timeout_s + min(self._circuit.timeout_s, _CONNECT_GRACE_S)
            elif now >= self._recorder.window.end_ns:
                grace_s = self._circuit.timeout_s
            else:
                return False
            # At a request limit nothing is drawn any more, but what was drawn may still wait for its connection.
            if not limited:
                self._issuer.halt()
                self._issuer.conclude(now)
            self._drain_until_ns = now + math.ceil(grace_s * 1e9)
        elif self._halt.is_set():
            self._issuer.halt()
            self._drain_until_ns = min(self._drain_until_ns, now + round(STOP_GRACE_S * 1e9))
        return self._issuer.idle or now >= self._drain_until_ns

    def _streams_go_on(self) -> bool:
        """Whether streams are under way: these may take as long as the window does, whatever the timeout is."""
        return self._shard.load.workload.kind == "stream" and not self._issuer.idle

    def _swap(self, now: int, *, last: bool = False) -> None:
        self._recorder.fold_all()
        snapshot = self._recorder.swap(self._issuer.issued(), self._health(now), last=last)
        self._emit(snapshot)
        begin = perf_counter_ns()
        gc.collect()
        self._gc_pause_ns = perf_counter_ns() - begin

    def _health(self, now: int) -> WorkerHealth:
        cpu_ns, spun_ns = self._cpu_clock(), self._issuer.spun_ns
        span_ns = max(1, now - self._swapped_ns)
        # Spins are timed by the wall; where other programs took the CPU meanwhile, a share is all that can be said.
        working = max(0.0, 1 - (spun_ns - self._spun_ns) / span_ns)
        health = WorkerHealth(
            work_cpu_s=(cpu_ns - self._cpu_ns) * working / 1e9,
            span_s=span_ns / 1e9,
            loop_busy=Histogram.of([ns // 1000 for ns in self._circuit.turns.take()]),
            gc_pause_us=self._gc_pause_ns / 1000,
            run_delay_s=self._run_delay.take(),
            grown_bytes=self._footprint.grown_bytes() if self._footprint is not None else None,
        )
        self._cpu_ns, self._spun_ns, self._swapped_ns = cpu_ns, spun_ns, now
        return health

    def _finish(self) -> None:
        now = perf_counter_ns()
        self._issuer.give_up(now)
        self._issuer.settle()
        self._swap(now, last=True)
        self._finished.set_result(None)

"""What happened: the hot path appends integers, numpy folds them, and each interval leaves as one snapshot.

Four lists are appended to; `stamps` says what their columns mean. `hot` holds the responses that were recognised whole
(see `transport.http1`): two stamps each in a closed loop (sent, last byte), four where requests have a due time (due,
taken, sent, last byte); where requests differ, each brings its status and its sizes along. `rows` holds all other
successes with five stamps and their status, `streams` those whose latency ends before they do, and `misses` the stamps
of failures, for the lags. Memory does not grow with the number of requests: the lists are folded many times a second,
in slices, so that folding never shows.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np

from loadbench_gui.core.snapshot import ErrorKind, SampleExchange, ShardSnapshot, Traffic, WorkerHealth
from loadbench_gui.engine.connections import ConnectionCount
from loadbench_gui.engine.population import Population
from loadbench_gui.engine.sampled import SampledExchanges
from loadbench_gui.engine.side import Side
from loadbench_gui.engine.stamps import HOT, MISS, ROW, STREAM, Batch, Ints, Layout, count

SLICE: Final = 1_000
"""Requests folded at once: about 0.1 ms."""


@dataclass(frozen=True, slots=True)
class Window:
    """The run's time axis in perf_counter nanoseconds: common start, and the measured window [begin, end).

    later_ns: how much later than requests their answers and their events count, for throughput: what is opened in the
    warm-up to last beyond it is of the run, but what ends there is not.
    """

    start_ns: int
    begin_ns: int
    end_ns: int
    interval_ns: int
    later_ns: int = 0

    @property
    def counted_from_ns(self) -> int:
        """When throughput begins to count."""
        return self.begin_ns + self.later_ns


class Recorder:
    """One shard's record. The transports write to the public fields; the runner folds and swaps.

    scheduled: whether requests have a due time of their own; otherwise they are due when they are sent.
    mixed: whether they differ from each other. side: what is recorded beside them, if anything is.
    """

    def __init__(
        self, shard: int, window: Window, *, scheduled: bool, mixed: bool = False, side: Side | None = None
    ) -> None:
        self._shard = shard
        self.window = window
        self.side = side
        self._hot_layout = HOT[scheduled, mixed]
        self.hot: list[int] = []
        self.rows: list[int] = []
        self.streams: list[int] = []
        self.misses: list[int] = []
        self._hot_status, self._hot_size, self._hot_marked = 200, 0, 0
        self._pending: deque[Batch] = deque()
        self._ahead: list[Batch] = []
        self._measured, self._others = Population(), Population()
        self._sampled = SampledExchanges()
        self._issued = (0, 0)
        self._index = 0
        self._completed = 0
        self.last_ns = 0
        # The end of the window for throughput; a run that is stopped brings it forward.
        self.counted_until_ns = window.end_ns
        self.bytes_sent = self.bytes_received = 0
        self.connections = ConnectionCount()
        self.request_bytes = 0
        # An answer that comes later is a timeout, also when it was read before the next look for timeouts.
        self.timeout_ns = window.end_ns

    # What transports and issuers call, off the hot path.

    def rebase(self, window: Window) -> None:
        """Set the time axis, once the common start is known and before anything is sent."""
        self.window = window
        self.counted_until_ns = window.end_ns
        if self.side is not None:
            self.side.rebase(window.begin_ns, window.end_ns, window.start_ns)

    def stop(self, end_ns: int) -> None:
        """End the window earlier, for throughput and for what comes beside requests: a run is stopped."""
        self.counted_until_ns = min(self.counted_until_ns, end_ns)
        if self.side is not None:
            self.side.stop(end_ns)

    def seal_hot(self, status: int, size: int) -> None:
        """Say that what is appended to `hot` from now on was answered with `status` and `size` bytes, unless mixed."""
        if self._hot_layout.status is not None:
            return
        if status != self._hot_status:
            self._queue_hot()
        self._mark_hot()  # Where sizes take turns, a batch for each would cost more than its requests do.
        self._hot_status, self._hot_size = status, size

    def fail(self, kind: ErrorKind, stamps: tuple[int, int, int], now_ns: int, status: int = 0) -> None:
        """Count a failure. stamps: due, taken, sent (0: the request was never written). status: 0 if none was read."""
        due_ns = stamps[0]
        self._of(due_ns).fail(kind, status)
        self.last_ns = max(self.last_ns, now_ns)
        self.misses.extend(stamps)

    def drop(self, due_ns: int) -> None:
        """Count an arrival that was dropped."""
        self._of(due_ns).drop(1)

    def hold(self, count: int, due_ns: int, now_ns: int) -> None:
        """Count `count` requests that succeeded by lasting until now: they have no latency, and are no throughput."""
        self._of(due_ns).succeed(count)
        self.last_ns = max(self.last_ns, now_ns)

    def censor(self, due_ns: list[int], now_ns: int, *, sent: bool = True) -> None:
        """Count the requests that were due at `due_ns` and are given up at `now_ns`. sent: they had been written."""
        for population, mine in ((self._measured, True), (self._others, False)):
            waited_ns = [now_ns - due for due in due_ns if self._is_measured(due) is mine]
            population.censor(waited_ns, sent=sent)

    def wants_sample(self, kind: ErrorKind) -> bool:
        """Whether another exchange of this kind would be kept."""
        return self._sampled.wants(kind)

    def keep_sample(self, kind: ErrorKind, at_ns: int, request: bytes, head: bytes, body: bytes) -> None:
        """Keep an exchange for people to look at."""
        at_s = (at_ns - self.window.start_ns) / 1e9
        self._sampled.keep(SampleExchange(kind, at_s, request, head, body))

    @property
    def ended(self) -> tuple[int, int]:
        """How many (measured, other) requests have ended and were folded, over the whole run."""
        return self._measured.ended, self._others.ended

    # What the runner calls.

    def fold_some(self) -> bool:
        """Fold one slice; return whether there is more to fold."""
        if not self._pending:
            self._queue()
        if self._pending:
            self._fold(self._pending.popleft())
        more = self.side is not None and self.side.fold_some()
        return more or bool(self._pending)

    def next_boundary_ns(self) -> int:
        """When the current interval ends."""
        return self.window.start_ns + (self._index + 1) * self.window.interval_ns

    def fold_all(self) -> None:
        """Fold what there is."""
        self._queue()
        while self._pending:
            self._fold(self._pending.popleft())
        if self.side is not None:
            self.side.fold_all()

    def swap(self, issued: tuple[int, int], health: WorkerHealth, *, last: bool = False) -> ShardSnapshot:
        """Close the current interval: what came after its end goes to the next one. Call `fold_all` first.

        issued: (measured, other) requests drawn since the start of the run.
        """
        # Never backwards: what ended just after the boundary is held back and would be missed for one interval.
        issued = (max(issued[0], self._issued[0]), max(issued[1], self._issued[1]))
        self._measured.issue(issued[0] - self._issued[0])
        self._others.issue(issued[1] - self._issued[1])
        self._issued = issued
        measured, others = self._measured.take(), self._others.take()
        if self.side is not None:
            folded = measured.succeeded
            measured, others = self.side.attach(measured, others)
            # Requests that only the side knows of are whole at the moment at which they come.
            self._completed += measured.succeeded - folded
        snapshot = ShardSnapshot(
            shard=self._shard,
            index=self._index,
            measured=measured,
            warmup=others,
            traffic=self._take_traffic(),
            health=health,
            samples=self._sampled.take(),
            last=last,
            served=self.connections.served if last else {},
        )
        self._index += 1
        self._pending.extend(self._ahead)
        self._ahead.clear()
        return snapshot

    def _take_traffic(self) -> Traffic:
        traffic = self.connections.take(self._completed, self.bytes_sent, self.bytes_received)
        self._completed = self.bytes_sent = self.bytes_received = 0
        return traffic

    def _is_measured(self, due_ns: int) -> bool:
        return self.window.begin_ns <= due_ns < self.window.end_ns

    def _of(self, due_ns: int) -> Population:
        return self._measured if self._is_measured(due_ns) else self._others

    def _queue(self) -> None:
        self._queue_hot()
        self._queue_list(ROW, self.rows, 0)
        self._queue_list(STREAM, self.streams, 0)
        self._queue_list(MISS, self.misses, 0)

    def _queue_hot(self) -> None:
        self._mark_hot()
        self._hot_marked = 0
        self._queue_list(self._hot_layout, self.hot, self._hot_status)

    def _mark_hot(self) -> None:
        marked, self._hot_marked = self._hot_marked, len(self.hot) // self._hot_layout.width
        requests = self._hot_marked - marked
        if self._hot_layout.written is None:
            self.bytes_received += requests * self._hot_size
            self.bytes_sent += requests * self.request_bytes
        self.connections.reused += requests

    def _queue_list(self, layout: Layout, stamps: list[int], status: int) -> None:
        step = SLICE * layout.width
        for begin in range(0, len(stamps), step):
            self._pending.append(Batch(layout, stamps[begin : begin + step], status))
        stamps.clear()

    def _fold(self, batch: Batch) -> None:
        layout = batch.layout
        if layout is MISS:
            for population, part in self._split(batch.rows(), layout.due):
                population.add_lags_of_failed(*part.T)
            return
        stamps = self._hold_back(batch)
        if not len(stamps):
            return
        self.last_ns = max(self.last_ns, int(stamps[-1, layout.last]))
        if layout.written is not None:
            self.bytes_received += int(stamps[:, layout.received].sum())
            self.bytes_sent += int(stamps[:, layout.written].sum())
        stamps = self._in_time(layout, stamps)
        first, beyond = np.searchsorted(stamps[:, layout.last], (self.window.counted_from_ns, self.counted_until_ns))
        self._completed += max(0, int(beyond - first))
        for population, part in self._split(stamps, layout.due):
            count(population, batch, part)

    def _hold_back(self, batch: Batch) -> Ints:
        """Return the rows that belong to the current interval, and keep the others for the next."""
        stamps = batch.rows()
        if batch.layout is STREAM:
            # Whether a stream has ended may be known a while after it has.
            stamps = stamps[np.argsort(stamps[:, batch.layout.last], kind="stable")]
        last = stamps[:, batch.layout.last]
        boundary = self.next_boundary_ns()
        if last[-1] < boundary:
            return stamps
        # Others are appended in the order in which bytes were read, so the last bytes are sorted.
        inside = int(np.searchsorted(last, boundary))
        self._ahead.append(Batch(batch.layout, stamps[inside:].ravel(), batch.status))
        return stamps[:inside]

    def _in_time(self, layout: Layout, stamps: Ints) -> Ints:
        """Return the rows that were answered within the timeout; the others are timeouts, whoever saw them first."""
        if layout is STREAM:
            return stamps  # how long one may be silent is no matter of how long it takes
        took_ns = stamps[:, layout.last] - stamps[:, layout.sent]
        if took_ns.max() <= self.timeout_ns:
            return stamps
        in_time = took_ns <= self.timeout_ns
        for population, late in self._split(stamps[~in_time], layout.due):
            population.add_lags_of_failed(late[:, layout.due], late[:, layout.taken], late[:, layout.sent])
            for _ in late:
                population.fail(ErrorKind.READ_TIMEOUT, 0)
        return stamps[in_time]

    def _split(self, stamps: Ints, column: int) -> list[tuple[Population, Ints]]:
        """Return the rows of each population by when they were due.

        Masks are made only where a slice belongs to both: numpy keeps several small arrays of every size for later use,
        so that masks of ever changing lengths would add up to megabytes in the course of a run.
        """
        if not len(stamps):
            return []
        due, begin_ns, end_ns = stamps[:, column], self.window.begin_ns, self.window.end_ns
        earliest, latest = due.min(), due.max()
        if begin_ns <= earliest and latest < end_ns:
            return [(self._measured, stamps)]
        if latest < begin_ns or end_ns <= earliest:
            return [(self._others, stamps)]
        inside = (due >= begin_ns) & (due < end_ns)
        parts = ((self._measured, stamps[inside]), (self._others, stamps[~inside]))
        return [(population, part) for population, part in parts if len(part)]

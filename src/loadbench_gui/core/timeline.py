"""Folds the shards' snapshots into closed intervals, and fine intervals into coarse ones.

Interval t is closed once every shard that is still at work has reported it; nothing is added to it afterwards, so
it can be drawn and stored at once. A shard that died stops holding intervals up and is named on each that it missed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.run import Interval
from loadbench_gui.core.snapshot import ShardSnapshot, Tally, Traffic, WorkerHealth
from loadbench_gui.errors import Bug

MOST_INTERVALS: Final = 300
"""How many pieces a run is kept and shown in: five minutes of seconds, an hour of quarter minutes."""


class Timeline:
    """Shards' snapshots in, closed intervals out, in order. Pure: told everything, asks nothing.

    Shards may report in any order between them. Each reports its own intervals in order; a report for interval t
    says that nothing is to come for those before it, so a shard that had to skip one does not hold the others up.
    """

    def __init__(self, shard_count: int, interval_s: float) -> None:
        self._interval_s = interval_s
        self._reported = [-1] * shard_count
        self._unknown: list[tuple[int, int]] = [(0, 0)] * shard_count
        self._running = set(range(shard_count))
        self._lost: set[int] = set()
        self._open: dict[int, list[ShardSnapshot]] = {}
        self._next = 0

    @property
    def finished(self) -> bool:
        """Whether every shard has ended or died; all intervals are then closed."""
        return not self._running

    @property
    def lost(self) -> tuple[int, ...]:
        """Shards that died before they said that they were done."""
        return tuple(sorted(self._lost))

    def add(self, snapshot: ShardSnapshot) -> list[Interval]:
        """Take a snapshot in and return the intervals that it closed.

        Raises `Bug` for a snapshot of a shard that has ended, and for one that is late or comes twice.
        """
        shard = snapshot.shard
        if shard not in self._running:
            raise Bug(f"shard {shard} reported interval {snapshot.index} after it had ended, or does not exist")
        if snapshot.index <= self._reported[shard]:
            raise Bug(f"shard {shard} reported interval {snapshot.index} after {self._reported[shard]}")
        self._reported[shard] = snapshot.index
        measured, warmup = self._unknown[shard]
        self._unknown[shard] = (measured + _unended(snapshot.measured), warmup + _unended(snapshot.warmup))
        self._open.setdefault(snapshot.index, []).append(snapshot)
        if snapshot.last:
            self._running.discard(shard)
        return self._close()

    def lose(self, shard: int) -> list[Interval]:
        """Note that `shard` is gone and return the intervals that waited for it only.

        What it had reported as drawn, but not as ended, is censored from the start: nobody knows how long it took,
        and counts that stop adding up would hide that it is missing. Of no effect on a shard that had ended: its
        pipe closes too.
        """
        if shard not in self._running:
            return []
        self._running.discard(shard)
        self._lost.add(shard)
        if any(self._unknown[shard]):
            self._open.setdefault(self._reported[shard] + 1, []).append(self._censored(shard))
        return self._close()

    def _censored(self, shard: int) -> ShardSnapshot:
        measured, warmup = (
            Tally(censored=count, censored_at=Histogram.of([0] * count)) for count in self._unknown[shard]
        )
        return ShardSnapshot(shard, self._reported[shard] + 1, measured, warmup, Traffic(), WorkerHealth())

    def _close(self) -> list[Interval]:
        pending = (self._reported[shard] for shard in self._running)
        through = min(pending, default=max((*self._reported, *self._open), default=-1))
        closed = [self._fold(index) for index in range(self._next, through + 1)]
        self._next = max(self._next, through + 1)
        return closed

    def _fold(self, index: int) -> Interval:
        # In shard order, so that the result does not depend on which pipe was read first.
        parts = sorted(self._open.pop(index, []), key=lambda part: part.shard)
        return Interval(
            index=index,
            t_s=index * self._interval_s,
            length_s=self._interval_s,
            measured=sum((part.measured for part in parts), Tally()),
            warmup=sum((part.warmup for part in parts), Tally()),
            traffic=sum((part.traffic for part in parts), Traffic()),
            health=sum((part.health for part in parts), WorkerHealth()),
            lost_shards=tuple(shard for shard in sorted(self._lost) if self._reported[shard] < index),
            samples=tuple(sample for part in parts for sample in part.samples),
        )


def _unended(tally: Tally) -> int:
    return tally.issued - tally.ended


class Coarsener:
    """Merges consecutive intervals into longer ones as they close: live quarters of a second into stored seconds.

    fine_s: how long the intervals are that come, by default as long as the first; the very last may be shorter.
    """

    def __init__(self, length_s: float, fine_s: float | None = None) -> None:
        self._length_s = length_s
        self._fine_s = fine_s
        self._parts: list[Interval] = []

    def add(self, interval: Interval) -> Interval | None:
        """Take an interval in and return the coarse one that it completed, if any.

        Raises `Bug` when the coarse length is not a multiple of the interval's.
        """
        return next(iter(self.extend((interval,))), None)

    def extend(self, intervals: Iterable[Interval]) -> list[Interval]:
        """Take intervals in, in order, and return the coarse ones that they completed."""
        done = []
        for interval in intervals:
            per_coarse = self._per_coarse(interval)
            if self._parts and self._parts[0].index // per_coarse != interval.index // per_coarse:
                done.extend(self.flush())
            self._parts.append(interval)
            if interval.index % per_coarse == per_coarse - 1:
                done.extend(self.flush())
        return done

    def flush(self) -> list[Interval]:
        """Return what has gathered, as one shorter interval, or nothing."""
        parts, self._parts = self._parts, []
        return [self._merge(parts)] if parts else []

    def _per_coarse(self, interval: Interval) -> int:
        if self._fine_s is None:
            self._fine_s = interval.length_s
        ratio = self._length_s / self._fine_s
        if ratio < 1 - 1e-6 or abs(ratio - round(ratio)) > 1e-6 or interval.length_s > self._fine_s * (1 + 1e-6):
            raise Bug(f"intervals of {interval.length_s} s do not add up to {self._length_s} s")
        return round(ratio)

    def _merge(self, parts: list[Interval]) -> Interval:
        first = parts[0]
        return Interval(
            index=first.index // self._per_coarse(first),
            t_s=first.t_s,
            length_s=sum(part.length_s for part in parts),
            measured=sum((part.measured for part in parts), Tally()),
            warmup=sum((part.warmup for part in parts), Tally()),
            traffic=_traffic_over_time(parts),
            health=_health_over_time(parts),
            lost_shards=tuple(sorted({shard for part in parts for shard in part.lost_shards})),
            samples=tuple(sample for part in parts for sample in part.samples),
        )


def coarsen(intervals: Iterable[Interval], length_s: float) -> tuple[Interval, ...]:
    """Merge `intervals` to ones of `length_s`; the last is shorter where they do not fill it.

    Histograms are merged, percentiles never. Raises `Bug` when the lengths do not divide.
    """
    coarsener = Coarsener(length_s)
    return (*coarsener.extend(intervals), *coarsener.flush())


def bounded(intervals: Iterable[Interval], most: int) -> tuple[Interval, ...]:
    """Return at most `most` intervals: all of them, or pairs merged until they are few enough.

    So that a run of hours takes no more memory than one of minutes. Raises `Bug` for intervals of several lengths.
    """
    kept = tuple(intervals)
    while len(kept) > most:
        kept = coarsen(kept, 2 * kept[0].length_s)
    return kept


class BoundedTimeline:
    """The intervals of a run that goes on, in fewer than `most` pieces of one length, which doubles as time passes.

    most: an even number, so that what is doubled comes out even. Only the last piece may be shorter, once `flush` was
    called. Give it intervals of `fine_s`, in order; the very last may be shorter.
    """

    def __init__(self, most: int, fine_s: float) -> None:
        self._most = most
        self._fine_s = self._length_s = fine_s
        self._coarsener = Coarsener(fine_s, fine_s)
        self.intervals: list[Interval] = []

    def add(self, interval: Interval) -> None:
        """Take the next one in."""
        self.intervals += self._coarsener.extend((interval,))
        if len(self.intervals) >= self._most:
            # The last was just completed, so nothing is under way in the coarsener that is given up.
            self._length_s *= 2
            self._coarsener = Coarsener(self._length_s, self._fine_s)
            self.intervals = list(coarsen(self.intervals, self._length_s))

    def flush(self) -> None:
        """Take what has gathered as the last interval: nothing follows."""
        self.intervals += self._coarsener.flush()


def _traffic_over_time(parts: list[Interval]) -> Traffic:
    """Add up what flowed; connections that are open at both times are the same ones, so the most open at once."""
    total = sum((part.traffic for part in parts), Traffic())
    return replace(total, open_connections=max(part.traffic.open_connections for part in parts))


def _health_over_time(parts: list[Interval]) -> WorkerHealth:
    """Add up time one after the other; `WorkerHealth.__add__` is for shards side by side."""
    total = sum((part.health for part in parts), WorkerHealth())
    grown = [part.health.grown_bytes for part in parts if part.health.grown_bytes is not None]
    return replace(total, span_s=sum(part.health.span_s for part in parts), grown_bytes=max(grown, default=None))

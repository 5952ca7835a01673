"""What is recorded of streams beside their requests: first events, gaps, stalls, and how they ended.

Connections append integers, one row for each read that brought events and not one for each event: those of one read
came together, so all that is to be known of them is how many they were and when the one before them came.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from loadbench_gui.core.histogram import Histogram, HistogramBuilder
from loadbench_gui.core.snapshot import Tally
from loadbench_gui.core.streaming import StreamTally
from loadbench_gui.engine.population import to_us

SLICE: Final = 1_000
"""Reads folded at once."""
_WIDTH: Final = 3

Ints = NDArray[np.int64]
Fate: TypeAlias = Literal["complete", "truncated", "left", "reconnected"]


class StreamRecord:
    """One shard's streams; a `Side` of its recorder.

    arrivals: rows of (since, now, events): so many came now. since: when the last one before them had come; negative:
        none had, and the stream is open since then. Without events: how long it has been without, at its end.
    heads, first_events, first_contents: rows of (when the stream was due, how long after sending it came).
    All in nanoseconds.
    """

    def __init__(self, begin_ns: int, end_ns: int, later_ns: int = 0) -> None:
        """Begin. later_ns: how much later than streams their events count, where those are opened in the warm-up."""
        self.arrivals: list[int] = []
        self.heads: list[int] = []
        self.first_events: list[int] = []
        self.first_contents: list[int] = []
        self._later_ns = later_ns
        self.rebase(begin_ns, end_ns)
        self._measured, self._others = _Gathered(), _Gathered()

    def count(self, fate: Fate, due_ns: int) -> None:
        """Say what became of a stream that was due at `due_ns`."""
        fates = self._of(due_ns).fates
        fates[fate] = fates.get(fate, 0) + 1

    # Side

    def rebase(self, begin_ns: int, end_ns: int, start_ns: int = 0) -> None:
        """Set the measured window, once the common start is known: before that there are no streams."""
        self._begin_ns, self._end_ns = begin_ns, end_ns
        self._events_ns, self._events_end_ns = begin_ns + self._later_ns, end_ns

    def stop(self, end_ns: int) -> None:
        """Count events, and stalls, up to `end_ns` only. Streams stay with the window in which they were due."""
        self._events_end_ns = min(self._events_end_ns, end_ns)

    def fold_some(self) -> bool:
        """Fold one slice; return whether there is more to fold."""
        some = self.arrivals[: SLICE * _WIDTH]
        if some:
            del self.arrivals[: len(some)]
            self._fold(np.array(some, np.int64).reshape(-1, _WIDTH))
        return bool(self.arrivals)

    def fold_all(self) -> None:
        """Fold what there is."""
        while self.fold_some():
            pass
        self._fold_times(self.heads, "headers")
        self._fold_times(self.first_events, "first_event")
        self._fold_times(self.first_contents, "first_content")

    def attach(self, measured: Tally, others: Tally) -> tuple[Tally, Tally]:
        """Return both with what has gathered since the last call; call `fold_all` first."""
        return replace(measured, stream=self._measured.take()), replace(others, stream=self._others.take())

    # Inside

    def _of(self, due_ns: int) -> _Gathered:
        return self._measured if self._begin_ns <= due_ns < self._end_ns else self._others

    def _fold(self, rows: Ints) -> None:
        """Count events by when they came, and stalls where they lay."""
        now = rows[:, 1]
        end_ns = self._events_end_ns
        inside = (now >= self._events_ns) & (now < end_ns)
        for gathered, part in ((self._measured, rows[inside]), (self._others, rows[~inside])):
            if len(part):
                gathered.add(*part.T)
        # A stall that goes beyond the window's end is one as far as it lies inside, whatever ended it.
        opened = np.abs(rows[:, 0])
        touches = (now >= self._events_ns) & (opened < end_ns)
        self._measured.stall(np.minimum(now, end_ns)[touches] - opened[touches])
        before = now < self._events_ns
        self._others.stall(now[before] - opened[before])

    def _fold_times(self, pairs: list[int], name: str) -> None:
        if not pairs:
            return
        due, took = np.array(pairs, np.int64).reshape(-1, 2).T
        pairs.clear()
        inside = (due >= self._begin_ns) & (due < self._end_ns)
        self._measured.times[name].add(to_us(took[inside]))
        self._others.times[name].add(to_us(took[~inside]))


class _Gathered:
    """The streams of either the measured or the other population since the last `take`."""

    def __init__(self) -> None:
        names = ("headers", "first_event", "first_content", "gap", "per_read")
        self.times = {name: HistogramBuilder() for name in names}
        self.fates: dict[Fate, int] = {}
        self._together = self._events = self._longest_ns = 0

    def add(self, since: Ints, now: Ints, events: Ints) -> None:
        """Count reads: the first event of each has a gap before it, if one came before it; the rest came with it."""
        brought = events > 0
        follows = brought & (since > 0)
        self.times["gap"].add(to_us(now[follows] - since[follows]))
        self.times["per_read"].add(events[brought])
        total = int(events.sum())
        self._events += total
        self._together += total - int(brought.sum())

    def stall(self, spans_ns: Ints) -> None:
        """Keep the longest."""
        if len(spans_ns):
            self._longest_ns = max(self._longest_ns, int(spans_ns.max()))

    def take(self) -> StreamTally:
        """Return what has gathered since the last call."""
        taken = {name: builder.take() for name, builder in self.times.items()}
        if self._together:
            taken["gap"] += Histogram(np.zeros(1, np.int64), np.array([self._together], np.int64))
        tally = StreamTally(
            **taken,
            longest_stall_us=round(self._longest_ns / 1000),
            events=self._events,
            complete=self.fates.get("complete", 0),
            truncated=self.fates.get("truncated", 0),
            left=self.fates.get("left", 0),
            reconnected=self.fates.get("reconnected", 0),
        )
        self.fates = {}
        self._together = self._events = self._longest_ns = 0
        return tally

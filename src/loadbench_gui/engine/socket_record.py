"""What WebSockets bring beside requests: messages that went astray, how connections ended, pings, gaps, fan-out.

Counts are added at once, for they are rare; times are appended in pairs (when, how long) and folded in slices, like the
recorder's. To which population something belongs is decided by the moment that it is given with: by when its request
was due, or, for what comes unasked, by when it came. What comes before the common start or after the window, to none.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from loadbench_gui.core.histogram import Histogram, HistogramBuilder
from loadbench_gui.core.snapshot import ErrorKind, Tally
from loadbench_gui.core.websocket import SocketMode, SocketTally

SLICE: Final = 2_000
"""Times folded at once: about 0.1 ms."""
BROKEN: Final = 1006
"""Stands for the close code of a connection that ended without one."""


class Times:
    """One kind of time. pairs: what is appended to, when and how long in nanoseconds: `pairs.extend((when, took))`."""

    __slots__ = ("_measured", "_others", "pairs")

    def __init__(self) -> None:
        self.pairs: list[int] = []
        self._measured, self._others = HistogramBuilder(), HistogramBuilder()

    def fold(self, start_ns: int, begin_ns: int, end_ns: int) -> bool:
        """Fold one slice: of the warm-up, then of the window from `begin_ns` on; return whether there is more."""
        taken, self.pairs[: 2 * SLICE] = self.pairs[: 2 * SLICE], []
        if taken:
            table = np.array(taken, np.int64).reshape(-1, 2)
            when, took_us = table[:, 0], (table[:, 1] + 500) // 1000
            inside, warming = (when >= begin_ns) & (when < end_ns), (when >= start_ns) & (when < begin_ns)
            for builder, part in ((self._measured, took_us[inside]), (self._others, took_us[warming])):
                if len(part):
                    builder.add(part)
        return bool(self.pairs)

    def take(self) -> tuple[Histogram, Histogram]:
        """Return what has gathered in both populations."""
        return self._measured.take(), self._others.take()


@dataclass(slots=True)
class Counts:
    """Messages of one population since the last snapshot. sent, received: those that no request's success tells of.

    silent: messages that were given up before anything came. The rest is as in `SocketTally`.
    """

    silent: int = 0
    sent: int = 0
    received: int = 0
    lost: int = 0
    duplicated: int = 0
    reordered: int = 0
    stray: int = 0
    pings_unanswered: int = 0
    numbered: int = 0
    silence_ns: int = 0
    close_codes: dict[int, int] = field(default_factory=dict)

    def close(self, code: int) -> None:
        """Count a connection that the server ended, or that broke."""
        self.close_codes[code] = self.close_codes.get(code, 0) + 1


class SocketRecord:
    """The `Side` of WebSockets.

    ping, gap, fanout, skew: times; `of` gives the counts for a request by when it was due, `at` for what came.
    In echo a request that succeeded is a message sent and one received, and its service time is the round trip. In push
    each message received is a request that succeeded, at once.
    """

    def __init__(self, mode: SocketMode) -> None:
        self._mode = mode
        self._start_ns = self._begin_ns = self._end_ns = self._until_ns = 0
        self.ping, self.gap, self.fanout, self.skew = Times(), Times(), Times(), Times()
        self._measured, self._others, self._beyond = Counts(), Counts(), Counts()

    def of(self, due_ns: int) -> Counts:
        """Return the counts of the population of what was due, or sent by us, at `due_ns`."""
        return self._measured if self._begin_ns <= due_ns < self._end_ns else self._others

    def at(self, now_ns: int) -> Counts:
        """Return the counts for what came at `now_ns`: of the window, of the warm-up, or ones that nobody reads."""
        if self._begin_ns <= now_ns < self._until_ns:
            return self._measured
        return self._others if self._start_ns <= now_ns < self._begin_ns else self._beyond

    def silence(self, since_ns: int, until_ns: int) -> None:
        """Take in that a connection was open without a message all that time. What is beyond the window's end is not.

        Times between two messages are gaps already.
        """
        counts = self._measured if since_ns < self._until_ns and until_ns >= self._begin_ns else self.at(until_ns)
        until_ns = min(until_ns, self._until_ns) if counts is self._measured else until_ns
        counts.silence_ns = max(counts.silence_ns, until_ns - since_ns)

    @property
    def has_window(self) -> bool:
        """Whether the window is known; what comes before that belongs to none."""
        return self._until_ns > 0

    # Side

    def rebase(self, begin_ns: int, end_ns: int, start_ns: int = 0) -> None:
        """Set the measured window, once the common start is known."""
        self._start_ns, self._begin_ns, self._end_ns, self._until_ns = start_ns, begin_ns, end_ns, end_ns

    def stop(self, end_ns: int) -> None:
        """Count what comes unasked up to `end_ns` only. Requests stay with the window in which they were due."""
        self._until_ns = min(self._until_ns, end_ns)

    def fold_some(self) -> bool:
        """Fold one slice of each kind; return whether there is more to fold."""
        start_ns, begin_ns = self._start_ns, self._begin_ns
        left = [times.fold(start_ns, begin_ns, self._until_ns) for times in (self.ping, self.gap)]
        left += [times.fold(start_ns, begin_ns, self._end_ns) for times in (self.fanout, self.skew)]
        return any(left)

    def fold_all(self) -> None:
        """Fold what there is."""
        while self.fold_some():
            pass

    def attach(self, measured: Tally, others: Tally) -> tuple[Tally, Tally]:
        """Return both with what has gathered since the last call; call `fold_all` first."""
        pings, gaps, fanouts, skews = (times.take() for times in (self.ping, self.gap, self.fanout, self.skew))
        mine, theirs = self._measured, self._others
        self._measured, self._others, self._beyond = Counts(), Counts(), Counts()
        return (
            self._with(measured, mine, pings[0], gaps[0], fanouts[0], skews[0]),
            self._with(others, theirs, pings[1], gaps[1], fanouts[1], skews[1]),
        )

    def _with(
        self, tally: Tally, counts: Counts, ping: Histogram, gap: Histogram, fanout: Histogram, skew: Histogram
    ) -> Tally:
        is_echo = self._mode == "echo"
        echoes = tally.succeeded if is_echo else 0
        lost = tally.errors.get(ErrorKind.READ_TIMEOUT, 0) if is_echo else counts.lost
        # One that came too late, but before the next look for timeouts, was taken for a success until it was folded.
        late = lost - counts.silent if is_echo else 0
        socket = SocketTally(
            rtt=tally.service if is_echo else Histogram(),
            ping=ping,
            gap=gap,
            fanout=fanout,
            skew=skew,
            sent=counts.sent + echoes + late,
            received=counts.received + echoes + late,
            lost=lost,
            duplicated=counts.duplicated,
            reordered=counts.reordered,
            stray=counts.stray + late,
            close_codes=counts.close_codes,
            pings_unanswered=counts.pings_unanswered,
            numbered=counts.numbered,
            longest_silence_us=round(max(counts.silence_ns / 1000, gap.max_us or 0)),
        )
        pushed = counts.received if self._mode == "push" else 0
        issued, succeeded = tally.issued + pushed, tally.succeeded + pushed
        return replace(tally, issued=issued, succeeded=succeeded, websocket=socket)

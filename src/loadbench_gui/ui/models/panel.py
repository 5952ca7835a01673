"""What only streams or only WebSockets have, over the time of one run: the panel beside the four charts.

A panel has up to two rows of times (p50, p99 and, where it matters, the longest) and up to two of numbers. Which ones,
is a table; what is in them, is kept at the same resolutions as everything else of the run.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, assert_never

from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.plan import SocketMode, SocketSettings, Workload
from loadbench_gui.core.run import Interval
from loadbench_gui.core.snapshot import Tally
from loadbench_gui.core.trailing import Reading, Trailing
from loadbench_gui.core.websocket import SocketTally
from loadbench_gui.ui.models.kinds import Number, Times, socket_of, stream_of
from loadbench_gui.ui.models.ring import Floats, Ring

PANEL_QUANTILES: Final = (0.5, 0.99)
PANEL_NAMES: Final = ("p50", "p99")
MOST_TIMES: Final = 2
MOST_NUMBERS: Final = 2
_T: Final = 0
_EACH: Final = len(PANEL_QUANTILES) + 1
_NUMBERS_AT: Final = 1 + MOST_TIMES * _EACH


@dataclass(frozen=True, slots=True)
class TimesRow:
    """Percentiles on a log axis. clock: from where to where. longest: what the longest one is called, "" for none.

    longest_us: where it is read from.
    """

    title: str
    clock: str
    times: Times
    longest: str = ""
    longest_us: Number = lambda _tally, _traffic: 0


@dataclass(frozen=True, slots=True)
class NumbersRow:
    """A number on an axis from zero: how many a second, or (a level) how many there are at once."""

    title: str
    unit: str
    number: Number
    level: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """What a panel shows."""

    title: str
    times: tuple[TimesRow, ...]
    numbers: tuple[NumbersRow, ...]


_CONNECTIONS: Final = NumbersRow("Connections", "open", lambda _, traffic: traffic.open_connections, level=True)
_MESSAGES: Final = NumbersRow("Messages", "received/s", lambda tally, _: socket_of(tally).received)

STREAM_PANEL: Final = Panel(
    "Streams",
    (
        TimesRow("First event", "from sending", lambda tally, _: stream_of(tally).first_event),
        TimesRow(
            "Gap",
            "between events",
            lambda tally, _: stream_of(tally).gap,
            "stall",
            lambda tally, _: stream_of(tally).longest_stall_us,
        ),
    ),
    (NumbersRow("Events", "events/s", lambda tally, _: stream_of(tally).events),),
)
_SOCKET_PANELS: Final = {
    "echo": (
        (TimesRow("Round trip", "from sending", lambda tally, _: socket_of(tally).rtt),),
        (_MESSAGES, _CONNECTIONS),
    ),
    "fanout": (
        (
            TimesRow("Fan-out", "to each subscriber", lambda tally, _: socket_of(tally).fanout),
            TimesRow("Skew", "first to last subscriber", lambda tally, _: socket_of(tally).skew),
        ),
        (_MESSAGES,),
    ),
    "push": (
        (
            TimesRow(
                "Gap",
                "between messages",
                lambda tally, _: socket_of(tally).gap,
                "longest",
                lambda tally, _: _longest(socket_of(tally).gap),
            ),
        ),
        (_MESSAGES, _CONNECTIONS),
    ),
    "hold": ((TimesRow("Handshake", "request to answer", lambda _, traffic: traffic.upgrade),), (_CONNECTIONS,)),
}
_PING: Final = TimesRow("Ping", "ping to pong", lambda tally, _: socket_of(tally).ping)


def _longest(histogram: Histogram) -> int:
    return round(histogram.max_us or 0)


def panel_of(workload: Workload | None) -> Panel | None:
    """Return the panel of a workload; None for HTTP, which has none."""
    if workload is None:
        return None
    match workload.kind:
        case "http":
            return None
        case "stream":
            return STREAM_PANEL
        case "ws":
            settings = workload.websocket or SocketSettings()
            times, numbers = _SOCKET_PANELS[settings.mode]
            pinged = bool(settings.ping_every_s) and len(times) < MOST_TIMES
            return Panel("WebSocket", (_PING, *times) if pinged else times, numbers)
        case _:
            assert_never(workload.kind)


class PanelLevel:
    """The panel's figures at one resolution, point for point beside those of the run."""

    def __init__(self, panel: Panel, step_s: float, capacity: int) -> None:
        self._panel, self.step_s = panel, step_s
        self._ring = Ring(capacity, _NUMBERS_AT + MOST_NUMBERS)
        self._longest = [0] * len(panel.times)
        self._numbers = [0] * len(panel.numbers)
        self._length_s = 0.0

    def add(self, interval: Interval, longest: Sequence[int], numbers: Sequence[int]) -> None:
        """Gather an interval."""
        self._length_s += interval.length_s
        self._longest = [max(pair) for pair in zip(self._longest, longest, strict=True)]
        for i, (row, number) in enumerate(zip(self._panel.numbers, numbers, strict=True)):
            self._numbers[i] = max(self._numbers[i], number) if row.level else self._numbers[i] + number

    def write(self, end_s: float, trailing: Sequence[Trailing]) -> None:
        """Write a point: this level's step is over."""
        values = [math.nan] * (_NUMBERS_AT + MOST_NUMBERS)
        values[_T] = end_s
        for i, times in enumerate(trailing):
            at = 1 + i * _EACH
            for j, reading in enumerate(times.read(PANEL_QUANTILES, at_least_s=self.step_s)):
                values[at + j] = math.nan if reading.value_us is None else reading.value_us
            values[at + _EACH - 1] = self._longest[i] or math.nan
        for i, row in enumerate(self._panel.numbers):
            values[_NUMBERS_AT + i] = self._numbers[i] / (1.0 if row.level else self._length_s)
        self._ring.append(tuple(values))
        self._longest = [0] * len(self._longest)
        self._numbers = [0] * len(self._numbers)
        self._length_s = 0.0

    def times(self, row: int) -> tuple[Floats, ...]:
        """p50, p99 and the longest of a row of times over time, in us; NaN is a gap."""
        at = 1 + row * _EACH
        return tuple(self._ring.rows()[:, at + j] for j in range(_EACH))

    def numbers(self, row: int) -> Floats:
        """A row of numbers over time."""
        return self._ring.rows()[:, _NUMBERS_AT + row]


class PanelSeries:
    """Everything of the panel over one run: `levels` beside the run's own, and totals since its start."""

    def __init__(self, panel: Panel, first_step_s: float, steps_s: Sequence[float], capacity: int) -> None:
        self.panel = panel
        self.levels = tuple(PanelLevel(panel, step_s, capacity) for step_s in steps_s)
        self.total = Totals()
        self._trailing = [Trailing(first_step_s) for _ in panel.times]

    def add(self, interval: Interval, tally: Tally) -> None:
        """Take a closed interval; `tally` is all that happened in it."""
        traffic = interval.traffic
        for trailing, row in zip(self._trailing, self.panel.times, strict=True):
            trailing.push(row.times(tally, traffic))
        longest = [row.longest_us(tally, traffic) for row in self.panel.times]
        numbers = [row.number(tally, traffic) for row in self.panel.numbers]
        for level in self.levels:
            level.add(interval, longest, numbers)
        self.total.add(interval, tally)

    def write(self, level: int, end_s: float) -> None:
        """Write a point of one level."""
        self.levels[level].write(end_s, self._trailing)

    def readings(self, row: int) -> list[Reading]:
        """Newest p50 and p99 of a row of times."""
        return self._trailing[row].read(PANEL_QUANTILES)


class Totals:
    """What a run has counted so far, warm-up included: plain numbers, so that memory does not grow."""

    def __init__(self) -> None:
        self.events = self.complete = self.truncated = self.left = self.reconnected = 0
        self.reads = self.read_events = 0
        self.longest_stall_us = self.longest_silence_us = 0
        self.lost = self.duplicated = self.reordered = self.stray = 0
        self.numbered = self.pings_unanswered = 0
        self.open = self.most_open = 0
        self.handshakes = Histogram()
        self.close_codes: dict[int, int] = {}

    def knows_losses(self, mode: SocketMode) -> bool:
        """Whether it is known how many messages were lost, came twice or late."""
        counts = SocketTally(
            numbered=self.numbered, lost=self.lost, duplicated=self.duplicated, reordered=self.reordered
        )
        return counts.knows_losses(mode)

    def add(self, interval: Interval, tally: Tally) -> None:
        """Count an interval in."""
        traffic = interval.traffic
        self.open = traffic.open_connections
        self.most_open = max(self.most_open, traffic.open_connections)
        self.handshakes += traffic.upgrade
        stream, socket = tally.stream, tally.websocket
        if stream is not None:
            self.events += stream.events
            self.complete += stream.complete
            self.truncated += stream.truncated
            self.left += stream.left
            self.reconnected += stream.reconnected
            self.reads += stream.per_read.total
            self.read_events += int((stream.per_read.middles_us * stream.per_read.counts).sum())
            self.longest_stall_us = max(self.longest_stall_us, stream.longest_stall_us)
        if socket is not None:
            self.lost += socket.lost
            self.duplicated += socket.duplicated
            self.reordered += socket.reordered
            self.stray += socket.stray
            self.numbered += socket.numbered
            self.pings_unanswered += socket.pings_unanswered
            self.longest_silence_us = max(self.longest_silence_us, socket.longest_silence_us)
            for code, count in socket.close_codes.items():
                self.close_codes[code] = self.close_codes.get(code, 0) + count

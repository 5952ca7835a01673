"""What a run that is going on is about, in two or three figures: one kind of pulse for each kind of load."""

from __future__ import annotations

from typing import Final

from loadbench_gui.cli.terminal.principal import mode_of
from loadbench_gui.core.plan import ClosedLoad, Workload
from loadbench_gui.core.run import Interval
from loadbench_gui.core.streaming import StreamTally
from loadbench_gui.core.trailing import Reading, Trailing
from loadbench_gui.core.websocket import SocketMode, SocketTally
from loadbench_gui.report import words

STEP_S: Final = 0.25
"""How long a live interval is."""


class Pulse:
    """Requests and their answers. counted: what the line of the last seconds counts."""

    counted = "requests"

    def __init__(self) -> None:
        self._latency = Trailing(STEP_S)
        self._connections = 0

    def take(self, interval: Interval) -> None:
        """Take a closed interval."""
        self._latency.push(interval.everything.scheduled)
        self._connections = interval.traffic.open_connections

    def beats(self, interval: Interval) -> int:
        """Return how much there is to count in `interval`."""
        return interval.everything.succeeded

    def figures(self) -> list[str]:
        """Return latencies and what else matters, each short."""
        return [f"scheduled {_percentiles(self._latency)}"]

    def connections(self) -> str:
        """Say how many are open."""
        return words.plural(self._connections, "connection")


class StreamPulse(Pulse):
    """Streams: what is counted is events, and how long the longest silence was."""

    counted = "events"

    def __init__(self, workload: Workload) -> None:
        super().__init__()
        self._gaps = Trailing(STEP_S)
        self._stall_us = 0
        # Without a pause every connection of a closed loop carries a stream, at any time.
        self._each_is_a_stream = isinstance(workload.shape, ClosedLoad) and not workload.shape.think_s

    def take(self, interval: Interval) -> None:
        """Take a closed interval."""
        tally = _streams(interval)
        self._latency.push(tally.first_event)
        self._gaps.push(tally.gap)
        self._stall_us = max(self._stall_us, tally.longest_stall_us)
        self._connections = interval.traffic.open_connections

    def beats(self, interval: Interval) -> int:
        """Count events."""
        return _streams(interval).events

    def figures(self) -> list[str]:
        """Return the first event, the gap, and the longest stall so far."""
        (first,), (gap,) = self._latency.read((0.5,)), self._gaps.read((0.99,))
        found = [f"first event p50 {reading(first)}", f"gap p99 {reading(gap)}"]
        return [*found, f"longest stall {words.latency(self._stall_us)}"] if self._stall_us else found

    def connections(self) -> str:
        """Say how many streams are open, where each connection is one."""
        if self._each_is_a_stream:
            return f"{words.plural(self._connections, 'stream')} open"
        return super().connections()


class SocketPulse(Pulse):
    """WebSockets: what there is depends on what is done on them."""

    LATENCY: Final[dict[SocketMode, str]] = {
        "echo": "round trip", "push": "gap", "fanout": "last subscriber", "hold": "ping",
    }  # fmt: skip
    COUNTED: Final[dict[SocketMode, str]] = {
        "echo": "round trips", "push": "messages", "fanout": "publications", "hold": "",
    }  # fmt: skip

    def __init__(self, mode: SocketMode) -> None:
        super().__init__()
        self._mode = mode
        self._delivered = Trailing(STEP_S)
        self._odd = 0
        self.counted = self.COUNTED[mode]

    def take(self, interval: Interval) -> None:
        """Take a closed interval."""
        tally = _sockets(interval)
        shown = {"push": tally.gap, "hold": tally.ping}.get(self._mode, interval.everything.scheduled)
        self._latency.push(shown)
        self._delivered.push(tally.fanout)
        self._odd += tally.lost + tally.duplicated + tally.reordered + tally.stray
        self._connections = interval.traffic.open_connections

    def beats(self, interval: Interval) -> int:
        """Count what succeeded; nothing does on connections that are held."""
        return 0 if self._mode == "hold" else interval.everything.succeeded

    def figures(self) -> list[str]:
        """Return the latency of the mode, and messages that went astray."""
        found = [f"{self.LATENCY[self._mode]} {_percentiles(self._latency)}"]
        if self._mode == "fanout":
            found.append(f"each {_percentiles(self._delivered)}")
        if self._mode == "hold" and self._latency.read((0.5,))[0].value_us is None:
            found.clear()
        return [*found, f"{words.count(self._odd)} lost, twice, out of order or unasked"] if self._odd else found

    def connections(self) -> str:
        """Say how many are open."""
        return f"{words.plural(self._connections, 'connection')} open"


def pulse_of(workload: Workload | None) -> Pulse:
    """Return the pulse of a run of `workload`; of plain requests where nobody knows."""
    if workload is None or workload.kind == "http":
        return Pulse()
    return StreamPulse(workload) if workload.kind == "stream" else SocketPulse(mode_of(workload))


def reading(found: Reading) -> str:
    """Write a percentile of the last seconds, or that there is none yet."""
    return words.UNKNOWN if found.value_us is None else words.latency(found.value_us)


def _percentiles(trailing: Trailing) -> str:
    p50, p99 = trailing.read((0.5, 0.99))
    return f"p50 {reading(p50)}, p99 {reading(p99)}"


def _streams(interval: Interval) -> StreamTally:
    return interval.everything.stream or StreamTally()


def _sockets(interval: Interval) -> SocketTally:
    return interval.everything.websocket or SocketTally()

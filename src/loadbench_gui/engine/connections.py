"""The connections of one shard in one interval: how many were opened, used again, lost, and how long opening took."""

from __future__ import annotations

from dataclasses import dataclass, field

from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.snapshot import Traffic


@dataclass(slots=True)
class ConnectionCount:
    """What transports report of their connections. The public counts are added to directly.

    open_now, most_open: at this moment, and the most at once in this interval. served: requests by local port.
    """

    opened: int = 0
    reused: int = 0
    stale: int = 0
    closed_by_server: int = 0
    open_now: int = 0
    most_open: int = 0
    served: dict[int, int] = field(default_factory=dict)
    _connect_us: list[int] = field(default_factory=list)
    _tls_us: list[int] = field(default_factory=list)
    _upgrade_us: list[int] = field(default_factory=list)

    def connected(self) -> None:
        """Count a connection that is open from now on."""
        self.open_now += 1
        self.most_open = max(self.most_open, self.open_now)

    def disconnected(self) -> None:
        """Count a connection out that was `connected`."""
        self.open_now -= 1

    def open_took(self, connect_ns: int, tls_ns: int | None) -> None:
        """Count a connection as opened, and how long that took. tls_ns: None for one that is not encrypted."""
        self.opened += 1
        self._connect_us.append(round(connect_ns / 1000))
        if tls_ns is not None:
            self._tls_us.append(round(tls_ns / 1000))

    def upgrade_took(self, upgrade_ns: int) -> None:
        """Say how long the handshake of a WebSocket took, from the request to the answer."""
        self._upgrade_us.append(round(upgrade_ns / 1000))

    def serve(self, port: int, requests: int) -> None:
        """Count the requests that the connection from a local port has answered over its life."""
        if port and requests:
            self.served[port] = self.served.get(port, 0) + requests

    def take(self, completed: int, bytes_sent: int, bytes_received: int) -> Traffic:
        """Return what has gathered since the last call, with what passed over the connections meanwhile."""
        traffic = Traffic(
            completed,
            bytes_sent,
            bytes_received,
            self.opened,
            self.reused,
            self.stale,
            self.closed_by_server,
            self.most_open,
            Histogram.of(self._connect_us),
            Histogram.of(self._tls_us),
            Histogram.of(self._upgrade_us),
        )
        for times in (self._connect_us, self._tls_us, self._upgrade_us):
            times.clear()
        self.most_open = self.open_now
        self.opened = self.reused = self.stale = self.closed_by_server = 0
        return traffic

"""What a connection under httpx and its line know of each other: the clock, what happened to it, and why it failed."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Protocol

import httpcore

from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.engine.recorder import Recorder
from loadbench_gui.engine.transport.dial import NotOpened
from loadbench_gui.engine.turns import TurnMeter

if TYPE_CHECKING:
    from loadbench_gui.engine.transport.httpx_stream import Stream

SEEN_BYTES: Final = 4096


class NoConnection(httpcore.ConnectError):
    """A connection could not be opened. httpx forgets what an exception came of, so it carries its class along."""

    def __init__(self, problem: NotOpened) -> None:
        super().__init__(str(problem))
        self.kind = problem.kind


class Broken(httpcore.ReadError):
    """No answer can come over this connection any more."""

    def __init__(self, kind: ErrorKind, why: str) -> None:
        super().__init__(why)
        self.kind = kind


class Clock:
    """When the connections of one line last spoke and were spoken to. All in perf_counter nanoseconds.

    first_ns: of the first bytes since it was set to 0. seen: how those bytes begin, for people to look at.
    waiting: who is told of the next write. With HTTP/2 it carries all that is ready, whoever does it.
    """

    __slots__ = ("first_ns", "read_ns", "seen", "waiting")

    def __init__(self) -> None:
        self.read_ns = 0
        self.waiting: list[Callable[[int], None]] = []
        self.rewind()

    def write(self, at_ns: int) -> None:
        """Tell those who wait that bytes were written."""
        waiting, self.waiting = self.waiting, []
        for told in waiting:
            told(at_ns)

    def rewind(self) -> None:
        """Wait for a new answer."""
        self.first_ns = 0
        self.seen = b""


class Keeper(Protocol):
    """Who is told what happens to a stream: its line."""

    clock: Clock
    recorder: Recorder
    turns: TurnMeter

    def ended(self, stream: Stream) -> None:
        """It was closed by the other side or by the network."""

    def heard(self, stream: Stream) -> None:
        """Bytes came."""

    async def secure(self, stream: Stream, mark: ssl.SSLContext, server_name: str) -> None:
        """Put TLS on it, unless what `mark` stands for has been done already. Raises `NoConnection`."""

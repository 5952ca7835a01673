"""Servers that misbehave on purpose: threads on raw sockets, and a log of every connection and request they saw."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Unpack

import psutil

from engine.firing import Firing, Watch, adds_up, fire_load
from loadbench_gui.core.plan import ClosedLoad, Expectation, LoadShape, Request, Target
from loadbench_gui.services.generator import Fired
from resets import reset

GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood"
LAST = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\ngood"
"""A right answer after which the next request comes on a fresh connection: a fault that follows is never `stale`."""


class Gone(Exception):
    """The other side, or the end of the test, ended the connection."""


@dataclass
class Visit:
    """One request, as the server saw it. number: on its connection, total: on all of them, both from 1."""

    number: int
    total: int
    connection: int
    head: bytes
    body: bytes
    peer: socket.socket

    def send(self, data: bytes) -> None:
        try:
            self.peer.sendall(data)
        except OSError as problem:
            raise Gone from problem

    def close(self) -> None:
        """End the connection in good order; over TLS without a word of goodbye, as a process that dies does."""
        self.peer.close()
        raise Gone

    def reset(self) -> None:
        """End the connection with a reset."""
        reset(self.peer)
        raise Gone

    def raw(self, data: bytes) -> None:
        """Send bytes past TLS, which the client's TLS then has to make sense of."""
        try:
            os.write(self.peer.fileno(), data)
        except OSError as problem:
            raise Gone from problem

    def goodbye(self) -> None:
        """End a TLS connection as it should be: close_notify first."""
        assert isinstance(self.peer, ssl.SSLSocket)
        with suppress(OSError):
            self.peer.unwrap()
        self.close()

    def hold(self) -> None:
        """Say nothing until the client gives up; what it sends on the way is read and thrown away."""
        try:
            while self.peer.recv(1 << 16):
                pass
        except OSError as problem:
            raise Gone from problem
        raise Gone

    def flood(self, piece: bytes, most_bytes: int) -> int:
        """Send `piece` again and again until the client is gone or `most_bytes` are out. Returns how many got out."""
        sent = 0
        with suppress(OSError):
            while sent < most_bytes:
                self.peer.sendall(piece)
                sent += len(piece)
        return sent


Behaviour = Callable[[Visit], None]
Greeting = Callable[[socket.socket], None]
Tlsish = ssl.SSLContext | Callable[[int], ssl.SSLContext] | None
"""What a server shows: one certificate, one per connection by its number from 1, or none."""


@dataclass(frozen=True)
class Manners:
    """How connections are taken: what is shown for TLS, what is done before all else, whether bodies are read."""

    behave: Behaviour
    tls: Tlsish = None
    greet: Greeting | None = None
    reads_bodies: bool = True


@dataclass
class FaultServer:
    """What it saw. seen: the requests, in the order in which they were complete (a body counts where it was read)."""

    manners: Manners
    port: int = 0
    listener: socket.socket | None = None
    connections: int = 0
    seen: list[Visit] = field(default_factory=list)
    notes: list[Any] = field(default_factory=list)
    live: dict[int, socket.socket] = field(default_factory=dict)
    ending: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    threads: list[threading.Thread] = field(default_factory=list)

    @property
    def requests(self) -> int:
        return len(self.seen)

    def listen(self) -> None:
        """Take connections: on a free port, or again on the one it had."""
        self.listener = socket.create_server(("127.0.0.1", self.port), backlog=128)
        self.port = self.listener.getsockname()[1]
        self.start(_accept, self, self.listener)

    def stop_listening(self) -> None:
        """Have the system refuse connections from now on."""
        if self.listener is not None:
            with suppress(OSError):
                self.listener.shutdown(socket.SHUT_RDWR)
            self.listener = None

    def start(self, work: Callable[..., None], *arguments: Any) -> None:
        thread = threading.Thread(target=work, args=arguments)
        self.threads.append(thread)
        thread.start()

    def end(self) -> None:
        self.ending.set()
        self.stop_listening()
        with self.lock:
            for peer in self.live.values():
                with suppress(OSError):
                    socket.socket.shutdown(peer, socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join(10)
        assert not any(thread.is_alive() for thread in self.threads), "a server thread hangs"

    def target(self, scheme: str = "http", host: str = "127.0.0.1") -> Target:
        return Target("https" if scheme == "https" else "http", host, self.port, "127.0.0.1")

    def pause(self, seconds: float) -> None:
        """Let time pass, which is what this server does to its clients; ends with the test."""
        if self.ending.wait(seconds):
            raise Gone


@contextmanager
def serving(
    behave: Behaviour, *, tls: Tlsish = None, greet: Greeting | None = None, reads_bodies: bool = True
) -> Iterator[FaultServer]:
    """Run a server on a free port. greet: is called with every fresh connection before anything is read from it."""
    server = FaultServer(Manners(behave, tls, greet, reads_bodies))
    server.listen()
    try:
        yield server
    finally:
        server.end()


def _accept(server: FaultServer, listener: socket.socket) -> None:
    with listener:
        while not server.ending.is_set():
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with server.lock:
                server.connections += 1
                number = server.connections
                server.live[number] = peer
            server.start(_attend, server, number, peer)


def _attend(server: FaultServer, number: int, peer: socket.socket) -> None:
    manners = server.manners
    try:
        if manners.greet is not None:
            manners.greet(peer)
        context = manners.tls(number) if callable(manners.tls) else manners.tls
        if context is not None:
            peer = context.wrap_socket(peer, server_side=True, suppress_ragged_eofs=True)
            with server.lock:
                server.live[number] = peer
        pending = b""
        for on_this in range(1, 1 << 30):
            head, body, pending = _read_request(peer, pending, reads_bodies=manners.reads_bodies)
            with server.lock:
                visit = Visit(on_this, len(server.seen) + 1, number, head, body, peer)
                server.seen.append(visit)
            manners.behave(visit)
    except (Gone, OSError):
        pass
    finally:
        with server.lock:
            server.live.pop(number, None)
        peer.close()


def _read_request(peer: socket.socket, pending: bytes, *, reads_bodies: bool) -> tuple[bytes, bytes, bytes]:
    while b"\r\n\r\n" not in pending:
        pending += _some(peer)
    head, _, pending = pending.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    if not reads_bodies:
        return head, pending, b""
    size = int(length[1]) if length else 0
    while len(pending) < size:
        pending += _some(peer)
    return head, pending[:size], pending[size:]


def _some(peer: socket.socket) -> bytes:
    data = peer.recv(1 << 20)
    if not data:
        raise Gone
    return data


@dataclass
class Watched(Watch):
    """How much memory the workers came to use while they fired, beyond what they had at the start."""

    grown_bytes: int = 0
    _pids: tuple[int, ...] = ()
    _at_first: dict[int, int] = field(default_factory=dict)

    def begin(self, pids: tuple[int, ...]) -> None:
        self._pids = pids
        self._at_first = {pid: psutil.Process(pid).memory_info().rss for pid in pids}

    def look(self) -> None:
        for pid in self._pids:
            with suppress(psutil.Error):
                grown = psutil.Process(pid).memory_info().rss - self._at_first[pid]
                self.grown_bytes = max(self.grown_bytes, grown)

    async def keep_looking(self) -> None:
        while True:
            self.look()
            await asyncio.sleep(0.01)


def shoot(
    target: Target,
    shape: LoadShape | None = None,
    *,
    request: Request | None = None,
    watched: Watched | None = None,
    **how: Unpack[Firing],
) -> Fired:
    """Fire through the engine's one door, and see that every request has exactly one fate and no process is left."""
    watched = watched or Watched()
    asked: Firing = {
        "requests": (request or Request(),), "expect": Expectation(status=200), "duration_s": 30.0,
        "workers": 1, "pacing": "auto", **how, "watch": watched,
    }  # fmt: skip

    async def scenario() -> Fired:
        looking = asyncio.create_task(watched.keep_looking())
        try:
            return await fire_load(target, shape or ClosedLoad(1), on_workers=watched.begin, **asked)
        finally:
            looking.cancel()

    fired = asyncio.run(scenario())
    assert adds_up(fired), fired.measured
    assert fired.measured.issued == sum(interval.measured.issued for interval in watched.intervals)
    assert all(sum(s.kind is kind for s in fired.samples) <= 3 for kind in fired.measured.errors)
    assert {sample.kind for sample in fired.samples} == set(fired.measured.errors)
    assert all(len(s.request) + len(s.response_head) + len(s.body_start) < 1 << 13 for s in fired.samples)
    assert not multiprocessing.active_children()
    return fired

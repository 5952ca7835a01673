"""What servers that keep a log are made of: one thread, one epoll loop, nothing imported that could pause it.

Such a server prints its port, ends when its standard input does, and writes its log (numpy's .npz): times are
nanoseconds of the machine's monotonic clock.
"""

from __future__ import annotations

import contextlib
import gc
import os
import select
import socket
import sys
from array import array
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter_ns
from typing import Any, Generic, Protocol, TypeVar

import numpy as np

SPIN_NS = 2_000_000
"""Before something is due, epoll must not sleep any more: its waits are whole milliseconds and may end late."""


@dataclass
class Client:
    """One connection. port: tells it from others; rest: what has come from it and was not taken yet."""

    socket: socket.socket
    port: int
    rest: bytes = b""


C = TypeVar("C", bound=Client)


class Sockets(Generic[C]):
    """A listener on 127.0.0.1 and its clients. began_ns: when the first one came; now_ns: when epoll last told of one.

    client: makes what is kept of each from its socket and port.
    """

    def __init__(self, client: Callable[[socket.socket, int], C]) -> None:
        self._client = client
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self._listener.setblocking(False)
        self._epoll = select.epoll()
        self._epoll.register(self._listener.fileno(), select.EPOLLIN)
        self._epoll.register(sys.stdin.fileno(), select.EPOLLIN)
        self.clients: dict[int, C] = {}
        self.began_ns = self.now_ns = 0

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listener.getsockname()[1])

    def wait(self, due_ns: int | None) -> list[int] | None:
        """Return the clients that can be read, at the latest shortly before `due_ns`; None at the end of our input."""
        wait_ns = None if due_ns is None else due_ns - perf_counter_ns() - SPIN_NS
        events = self._epoll.poll(None if wait_ns is None else max(0, wait_ns // 1_000_000) / 1e3)
        self.now_ns = perf_counter_ns()
        ready = []
        for fd, _ in events:
            if fd == self._listener.fileno():
                self._accept()
            elif fd == sys.stdin.fileno():
                if not os.read(fd, 4096):
                    return None
            else:
                ready.append(fd)
        return ready

    def read(self, fd: int) -> C | None:
        """Add what has come to the client's `rest`; None where nothing had, or where it has gone."""
        client = self.clients[fd]
        try:
            data = client.socket.recv(65_536)
        except BlockingIOError:
            return None
        except OSError:
            data = b""
        if not data:
            self.forget(fd)
            return None
        client.rest += data
        return client

    def send(self, fd: int, data: bytes) -> bool:
        """Write to a client; False where it has gone."""
        try:
            self.clients[fd].socket.send(data)
        except KeyError:
            return False
        except OSError:
            self.forget(fd)
            return False
        return True

    def forget(self, fd: int) -> None:
        """Close a connection, if it is there."""
        if (client := self.clients.pop(fd, None)) is not None:
            client.socket.close()

    def _accept(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                client, address = self._listener.accept()
                client.setblocking(False)
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.began_ns = self.began_ns or self.now_ns
                self.clients[client.fileno()] = self._client(client, address[1])
                self._epoll.register(client.fileno(), select.EPOLLIN)


class Rows:
    """What happened, a row each, in as many columns of whole numbers."""

    def __init__(self, columns: int) -> None:
        self._columns = tuple(array("q") for _ in range(columns))

    def add(self, *row: int) -> None:
        """Keep a row."""
        for column, value in zip(self._columns, row, strict=True):
            column.append(value)

    def arrays(self) -> Any:
        """Return the columns, one after the other."""
        return np.array([np.array(column, np.int64) for column in self._columns])


class Server(Protocol):
    """A server that keeps a log."""

    @property
    def port(self) -> int:
        """Where it listens."""

    def serve(self) -> None:
        """Serve until standard input ends."""

    def log(self) -> Mapping[str, Any]:
        """Return what to write, by name."""


def run(server: Server, path: str, cpu: int | None) -> None:
    """Say the port, serve, and write the log whole: to a file beside it first, so that nobody reads half of it."""
    if cpu is not None:
        os.sched_setaffinity(0, {cpu})
    print(server.port, flush=True)
    gc.collect()
    gc.freeze()
    gc.disable()
    server.serve()
    part = Path(path + ".part")
    with part.open("wb") as out:
        np.savez(out, **server.log())
    part.replace(path)

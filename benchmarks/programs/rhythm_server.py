"""A server with a rhythm that it knows: streams and WebSockets, gaps drawn and logged by itself, faults planted.

    rhythm_server.py LOG sse|push|echo|fanout [--rhythm constant:5] [--events 200] [--stall 50:1] [--seed 1] [--cpu N]
                     [--lose 0.02] [--repeat 0.02] [--plant 1:3]

sse: every request gets so many events. push: every WebSocket gets messages, {"index": 0} and on, until it is closed.
echo: every message comes back after a delay drawn from the rhythm. fanout: every message goes to all connections, to
one after the other at distances drawn from it. --stall: before event 50 the stream (or the pushing) stands for a
second. --lose, --repeat: that share of what is sent on WebSockets is left out, or sent twice; only in the seconds of
--plant after the first connection, if given.

It prints its port, ends when its standard input does, and writes LOG (numpy's .npz): what was written, when, in
nanoseconds of the machine's monotonic clock, and what was planted. Nothing in it comes from a client.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import gc
import hashlib
import heapq
import os
import re
import select
import socket
import struct
import sys
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter_ns

import numpy as np

SPIN_NS = 2_000_000
"""As in the truth server: epoll's waits are whole milliseconds and may end late."""
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
STREAM_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
UPGRADE = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
CLOSE, PING, PONG = 8, 9, 10


def drawn_ns(text: str, rng: np.random.Generator) -> Iterator[int]:
    """Draw for ever: `constant:MS` or `exponential:MS`, its mean."""
    kind, mean = text.split(":")[0], float(text.split(":")[1])
    while True:
        ms = rng.exponential(mean, 4096) if kind == "exponential" else np.full(4096, mean)
        yield from np.rint(ms * 1e6).astype(np.int64).tolist()


@dataclass
class Log:
    """What happened. A row is something written: to whom (port), of which group (a stream, a connection, a message
    handed on), which of it, when, and when what caused it was read: the request, or the message.
    """

    columns: tuple[array[int], ...] = field(default_factory=lambda: tuple(array("q") for _ in range(5)))
    lost: int = 0
    repeated: int = 0

    def add(self, *row: int) -> None:
        """Keep a row."""
        for column, value in zip(self.columns, row, strict=True):
            column.append(value)

    def save(self, path: str) -> None:
        """Write it whole: to a file beside it first, so that nobody reads half of it."""
        part = Path(path + ".part")
        with part.open("wb") as out:
            rows = np.array([np.array(column, np.int64) for column in self.columns])
            np.savez(out, rows=rows, lost=self.lost, repeated=self.repeated)
        part.replace(path)


@dataclass
class Client:
    """One connection. group: of what it is sent now."""

    socket: socket.socket
    port: int
    seen: bytes = b""
    open: bool = False
    group: int = 0


@dataclass(order=True)
class Due:
    """Something to be written."""

    at_ns: int
    number: int
    fd: int = field(compare=False)
    data: bytes = field(compare=False)
    group: int = field(compare=False)
    index: int = field(compare=False)
    cause_ns: int = field(compare=False)


class Server:
    """The loop, and what every kind of rhythm does."""

    def __init__(self, asked: argparse.Namespace) -> None:
        self.log = Log()
        self._asked = asked
        self._rng = np.random.default_rng(asked.seed)
        self._rhythm = drawn_ns(asked.rhythm, self._rng)
        self._stall = tuple(float(part) for part in asked.stall.split(":")) if asked.stall else (-1.0, 0.0)
        self._plant = tuple(float(part) for part in asked.plant.split(":")) if asked.plant else (0.0, float("inf"))
        self._began_ns = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self._listener.setblocking(False)
        self._epoll = select.epoll()
        self._epoll.register(self._listener.fileno(), select.EPOLLIN)
        self._epoll.register(sys.stdin.fileno(), select.EPOLLIN)
        self._clients: dict[int, Client] = {}
        self._due: list[Due] = []
        self._numbers = self._groups = 0

    @property
    def port(self) -> int:
        """Where it listens on 127.0.0.1."""
        return int(self._listener.getsockname()[1])

    def serve(self) -> None:
        """Keep the rhythm until standard input ends."""
        stdin, listener = sys.stdin.fileno(), self._listener.fileno()
        while True:
            wait_ns = self._due[0].at_ns - perf_counter_ns() - SPIN_NS if self._due else None
            events = self._epoll.poll(None if wait_ns is None else max(0, wait_ns // 1_000_000) / 1e3)
            now_ns = perf_counter_ns()
            for fd, _ in events:
                if fd == listener:
                    self._accept(now_ns)
                elif fd == stdin:
                    if not os.read(stdin, 4096):
                        return
                else:
                    self._read(fd, now_ns)
            while self._due and self._due[0].at_ns <= perf_counter_ns():
                self._write(heapq.heappop(self._due))

    def _accept(self, now_ns: int) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                client, address = self._listener.accept()
                client.setblocking(False)
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._began_ns = self._began_ns or now_ns
                self._clients[client.fileno()] = Client(client, address[1])
                self._epoll.register(client.fileno(), select.EPOLLIN)

    def _read(self, fd: int, now_ns: int) -> None:
        client = self._clients[fd]
        try:
            data = client.socket.recv(65_536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._forget(fd)
            return
        client.seen += data
        if not client.open and b"\r\n\r\n" in client.seen:
            head, _, client.seen = client.seen.partition(b"\r\n\r\n")
            self._begin(fd, client, head, now_ns)
        if client.open:
            for opcode, payload in frames(client):
                self._take(fd, client, opcode, payload, now_ns)

    def _begin(self, fd: int, client: Client, head: bytes, now_ns: int) -> None:
        """Answer a request with a stream, or a handshake, and begin to push."""
        self._groups += 1
        client.group = self._groups
        if self._asked.kind == "sse":
            client.socket.send(STREAM_HEAD)
        else:
            client.open = True
            key = re.search(rb"(?i)\r\nsec-websocket-key: *(\S+)", head)
            digest = hashlib.sha1((key[1] if key else b"") + GUID, usedforsecurity=False).digest()
            client.socket.send(UPGRADE + base64.b64encode(digest) + b"\r\n\r\n")
        if self._asked.kind in ("sse", "push"):
            self._next(now_ns, fd, client.group, 0, now_ns)

    def _next(self, after_ns: int, fd: int, group: int, index: int, cause_ns: int) -> None:
        """Plan the event `index` of a stream or of pushed messages."""
        gap_ns = round(self._stall[1] * 1e9) if index == self._stall[0] else next(self._rhythm)
        text = b'{"index": %d}' % index
        event = b"data: %b\n\n" % text
        data = b"%x\r\n%b\r\n" % (len(event), event) if self._asked.kind == "sse" else frame(1, text)
        self._plan(after_ns + gap_ns, fd, data, group, index, cause_ns)

    def _plan(self, at_ns: int, fd: int, data: bytes, group: int, index: int, cause_ns: int) -> None:
        self._numbers += 1
        heapq.heappush(self._due, Due(at_ns, self._numbers, fd, data, group, index, cause_ns))

    def _write(self, due: Due) -> None:
        """Write what is due, or leave it out, or write it twice; and plan what follows it."""
        client = self._clients.get(due.fd)
        if client is None:
            return
        lost, repeated = self._planted()
        try:
            if not lost:
                client.socket.send(due.data * (1 + repeated))
        except OSError:
            self._forget(due.fd)
            return
        self.log.lost += lost
        self.log.repeated += repeated
        # Of what is pushed, a repetition is one more message, no time after the first.
        for _ in range(0 if lost else 1 + (repeated and self._asked.kind == "push")):
            self.log.add(client.port, due.group, due.index, perf_counter_ns(), due.cause_ns)
        if self._asked.kind == "push" or (self._asked.kind == "sse" and due.index + 1 < self._asked.events):
            self._next(due.at_ns, due.fd, due.group, due.index + 1, due.cause_ns)
        elif self._asked.kind == "sse":
            client.socket.send(b"0\r\n\r\n")

    def _planted(self) -> tuple[bool, bool]:
        """Draw whether the next thing is lost, or repeated."""
        share = float(self._rng.random())
        since_s = (perf_counter_ns() - self._began_ns) / 1e9
        if self._asked.kind == "sse" or not self._plant[0] <= since_s < self._plant[1]:
            return False, False
        return share < self._asked.lose, self._asked.lose <= share < self._asked.lose + self._asked.repeat

    def _take(self, fd: int, client: Client, opcode: int, payload: bytes, now_ns: int) -> None:
        """Answer one frame of a client's."""
        if opcode == CLOSE:
            with contextlib.suppress(OSError):
                client.socket.send(frame(CLOSE, payload))
            self._forget(fd)
        elif opcode == PING:
            client.socket.send(frame(PONG, payload))
        elif opcode in (1, 2):
            self._groups += 1
            due_ns = now_ns
            for index, to in enumerate(list(self._clients) if self._asked.kind == "fanout" else [fd]):
                due_ns += next(self._rhythm)
                self._plan(due_ns, to, frame(opcode, payload), self._groups, index, now_ns)

    def _forget(self, fd: int) -> None:
        if (client := self._clients.pop(fd, None)) is not None:
            client.socket.close()


def frame(opcode: int, payload: bytes) -> bytes:
    """Return a whole message as one frame; none of ours is longer than 64 KiB."""
    if len(payload) < 126:
        return bytes([0x80 | opcode, len(payload)]) + payload
    return bytes([0x80 | opcode, 126]) + struct.pack(">H", len(payload)) + payload


def frames(client: Client) -> Iterator[tuple[int, bytes]]:
    """Take the whole frames out of what has come from a client, unmasked."""
    while len(seen := client.seen) >= 6:
        length, at = seen[1] & 0x7F, 2
        if length == 126:
            length, at = struct.unpack_from(">H", seen, 2)[0], 4
        if len(seen) < at + 4 + length:
            return
        mask, masked = seen[at : at + 4], seen[at + 4 : at + 4 + length]
        client.seen = seen[at + 4 + length :]
        yield seen[0] & 0x0F, bytes(byte ^ mask[i % 4] for i, byte in enumerate(masked))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("log")
    parser.add_argument("kind", choices=("sse", "push", "echo", "fanout"))
    parser.add_argument("--rhythm", default="constant:5")
    parser.add_argument("--events", type=int, default=200)
    parser.add_argument("--stall", default="")
    parser.add_argument("--lose", type=float, default=0.0)
    parser.add_argument("--repeat", type=float, default=0.0)
    parser.add_argument("--plant", default="")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cpu", type=int)
    asked = parser.parse_args()
    if asked.cpu is not None:
        os.sched_setaffinity(0, {asked.cpu})
    server = Server(asked)
    print(server.port, flush=True)
    gc.collect()
    gc.freeze()
    gc.disable()
    server.serve()
    server.log.save(asked.log)


if __name__ == "__main__":
    main()

"""A server with a rhythm that it knows: streams and WebSockets, gaps drawn and logged by itself, faults planted.

    python -m benchmarks.programs.rhythm_server LOG sse|push|echo|fanout [--rhythm constant:5] [--events 200]
                                   [--stall 50:1] [--seed 1] [--cpu N] [--lose 0.02] [--repeat 0.02] [--plant 1:3]

sse: every request gets so many events. push: every WebSocket gets messages, {"index": 0} and on, until it is closed.
echo: every message comes back after a delay drawn from the rhythm. fanout: every message goes to all connections, to
one after the other at distances drawn from it. --stall: before event 50 the stream (or the pushing) stands for a
second. --lose, --repeat: that share of what is sent on WebSockets is left out, or sent twice; only in the seconds of
--plant after the first connection, if given.

Its log has what was written, when, and what was planted; nothing in it comes from a client. What else such servers do:
`witnessing`.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import heapq
import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from time import perf_counter_ns
from typing import Any

import numpy as np
from benchmarks.programs.drawn import delays_ns
from benchmarks.programs.witnessing import Client, Rows, Sockets, run

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
STREAM_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
UPGRADE = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
CLOSE, PING, PONG = 8, 9, 10


@dataclass
class Member(Client):
    """One connection. open: as a WebSocket. group: of what it is sent now."""

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
        self._asked = asked
        self._sockets = Sockets(Member)
        self._rows = Rows(5)
        self._lost = self._repeated = 0
        # What is planted is drawn apart from the rhythm, or long gaps would be the ones that are lost.
        self._rng = np.random.default_rng((asked.seed, 1))
        self._rhythm = delays_ns(asked.rhythm, asked.seed)
        self._stall = tuple(float(part) for part in asked.stall.split(":")) if asked.stall else (-1.0, 0.0)
        self._plant = tuple(float(part) for part in asked.plant.split(":")) if asked.plant else (0.0, float("inf"))
        self._due: list[Due] = []
        self._numbers = self._groups = 0

    @property
    def port(self) -> int:
        """Where it listens on 127.0.0.1."""
        return self._sockets.port

    def log(self) -> Mapping[str, Any]:
        """Return what was written as rows (port, group, index, when, when its cause was read), and what was planted."""
        return {"rows": self._rows.arrays(), "lost": self._lost, "repeated": self._repeated}

    def serve(self) -> None:
        """Keep the rhythm until standard input ends."""
        while (ready := self._sockets.wait(self._due[0].at_ns if self._due else None)) is not None:
            for fd in ready:
                self._read(fd, self._sockets.now_ns)
            while self._due and self._due[0].at_ns <= perf_counter_ns():
                self._write(heapq.heappop(self._due))

    def _read(self, fd: int, now_ns: int) -> None:
        if (client := self._sockets.read(fd)) is None:
            return
        if not client.open and b"\r\n\r\n" in client.rest:
            head, _, client.rest = client.rest.partition(b"\r\n\r\n")
            self._begin(fd, client, head, now_ns)
        if client.open:
            for opcode, payload in frames(client):
                self._take(fd, opcode, payload, now_ns)

    def _begin(self, fd: int, client: Member, head: bytes, now_ns: int) -> None:
        """Answer a request with a stream, or a handshake, and begin to push."""
        self._groups += 1
        client.group = self._groups
        if self._asked.kind == "sse":
            self._sockets.send(fd, STREAM_HEAD)
        else:
            client.open = True
            key = re.search(rb"(?i)\r\nsec-websocket-key: *(\S+)", head)
            digest = hashlib.sha1((key[1] if key else b"") + GUID, usedforsecurity=False).digest()
            self._sockets.send(fd, UPGRADE + base64.b64encode(digest) + b"\r\n\r\n")
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
        if (client := self._sockets.clients.get(due.fd)) is None:
            return
        lost, repeated = self._planted()
        if not lost and not self._sockets.send(due.fd, due.data * (1 + repeated)):
            return
        self._lost += lost
        self._repeated += repeated
        # Of what is pushed, a repetition is one more message, no time after the first.
        for _ in range(0 if lost else 1 + (repeated and self._asked.kind == "push")):
            self._rows.add(client.port, due.group, due.index, perf_counter_ns(), due.cause_ns)
        if self._asked.kind == "push" or (self._asked.kind == "sse" and due.index + 1 < self._asked.events):
            self._next(due.at_ns, due.fd, due.group, due.index + 1, due.cause_ns)
        elif self._asked.kind == "sse":
            self._sockets.send(due.fd, b"0\r\n\r\n")

    def _planted(self) -> tuple[bool, bool]:
        """Draw whether the next thing is lost, or repeated."""
        share = float(self._rng.random())
        since_s = (perf_counter_ns() - self._sockets.began_ns) / 1e9
        if self._asked.kind == "sse" or not self._plant[0] <= since_s < self._plant[1]:
            return False, False
        return share < self._asked.lose, self._asked.lose <= share < self._asked.lose + self._asked.repeat

    def _take(self, fd: int, opcode: int, payload: bytes, now_ns: int) -> None:
        """Answer one frame of a client's."""
        if opcode == CLOSE:
            self._sockets.send(fd, frame(CLOSE, payload))
            self._sockets.forget(fd)
        elif opcode == PING:
            self._sockets.send(fd, frame(PONG, payload))
        elif opcode in (1, 2):
            self._groups += 1
            due_ns = now_ns
            for index, to in enumerate(list(self._sockets.clients) if self._asked.kind == "fanout" else [fd]):
                due_ns += next(self._rhythm)
                self._plan(due_ns, to, frame(opcode, payload), self._groups, index, now_ns)


def frame(opcode: int, payload: bytes) -> bytes:
    """Return a whole message as one frame; none of ours is longer than 64 KiB."""
    if len(payload) < 126:
        return bytes([0x80 | opcode, len(payload)]) + payload
    return bytes([0x80 | opcode, 126]) + struct.pack(">H", len(payload)) + payload


def frames(client: Client) -> Iterator[tuple[int, bytes]]:
    """Take the whole frames out of what has come from a client, unmasked."""
    while len(rest := client.rest) >= 6:
        length, at = rest[1] & 0x7F, 2
        if length == 126:
            length, at = struct.unpack_from(">H", rest, 2)[0], 4
        if len(rest) < at + 4 + length:
            return
        mask, masked = rest[at : at + 4], rest[at + 4 : at + 4 + length]
        client.rest = rest[at + 4 + length :]
        yield rest[0] & 0x0F, bytes(byte ^ mask[i % 4] for i, byte in enumerate(masked))


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
    run(Server(asked), asked.log, asked.cpu)


if __name__ == "__main__":
    main()

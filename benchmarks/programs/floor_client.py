"""The least that a Python client can do: write the same request again as soon as bytes came back. Nothing is recorded.

    floor_client.py PORT uvloop|epoll --seconds 4 --connections 64

What a request costs here is the price of the kernel and of the event loop; what loadbench costs above it is the price
of parsing, checking and recording. It prints how many answers it got.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import select
import socket
from time import perf_counter
from typing import cast

import uvloop

REQUEST = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


class Again(asyncio.Protocol):
    """One connection that never waits and never looks."""

    answers = 0
    over = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        self._write = cast("asyncio.Transport", transport).write
        self._write(REQUEST)

    def data_received(self, data: bytes) -> None:
        """Send the next."""
        Again.answers += 1
        if not Again.over:
            self._write(REQUEST)


async def on_uvloop(port: int, seconds: float, connections: int) -> int:
    """Return the answers of so many seconds over uvloop."""
    loop = asyncio.get_running_loop()
    for _ in range(connections):
        await loop.create_connection(Again, "127.0.0.1", port)
    await asyncio.sleep(seconds)
    Again.over = True
    return Again.answers


def on_epoll(port: int, seconds: float, connections: int) -> int:
    """Return the answers of so many seconds over epoll, without any event loop's layers."""
    epoll, answers, end = select.epoll(), 0, perf_counter() + seconds
    sockets = {s.fileno(): s for s in (socket.create_connection(("127.0.0.1", port)) for _ in range(connections))}
    calls = {fd: (s.recv, s.send) for fd, s in sockets.items()}
    for fd, s in sockets.items():
        s.setblocking(False)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        epoll.register(fd, select.EPOLLIN)
        s.send(REQUEST)
    while perf_counter() < end:
        for fd, _ in epoll.poll(1.0):
            receive, send = calls[fd]
            receive(65_536)
            answers += 1
            send(REQUEST)
    return answers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("port", type=int)
    parser.add_argument("loop", choices=("uvloop", "epoll"))
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--connections", type=int, default=64)
    asked = parser.parse_args()
    gc.disable()
    how = asked.port, asked.seconds, asked.connections
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print("answers", on_epoll(*how) if asked.loop == "epoll" else runner.run(on_uvloop(*how)))


if __name__ == "__main__":
    main()

"""The least that a Python client can do: write the same request again as soon as bytes came back. Nothing is recorded.

    floor_client.py PORT transport|buffered|descriptor|epoll --seconds 4 --connections 64

What a request costs here is the price of the kernel and of the event loop; what loadbench costs above it is the price
of checking and recording. `transport` is a protocol over uvloop as loadbench uses it, `buffered` one that reads into
its own memory, `descriptor` one that writes past the transport, and `epoll` has no event loop. It prints the answers
of the time and the CPU seconds they took.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import resource
import select
import socket
from time import perf_counter
from typing import ClassVar, cast

import uvloop

REQUEST = b"GET / HTTP/1.1\r\nHost: 127.0.0.1:65535\r\nUser-Agent: floor\r\nAccept: */*\r\n\r\n"
WARMUP_S = 0.3


class Transport(asyncio.Protocol):
    """Reads what the loop read, writes through the transport."""

    answers: ClassVar[int] = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        self._write = cast("asyncio.Transport", transport).write
        self._write(REQUEST)

    def data_received(self, data: bytes) -> None:
        """Send the next."""
        Transport.answers += 1
        write = self._write
        write(REQUEST)


class Buffered(asyncio.BufferedProtocol):
    """Has the loop read into its own memory, so that no bytes object is made."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        self._buffer = bytearray(65_536)
        self._write = cast("asyncio.Transport", transport).write
        self._write(REQUEST)

    def get_buffer(self, sizehint: int) -> bytearray:
        """Return where to read to."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Send the next."""
        Transport.answers += 1
        write = self._write
        write(REQUEST)


class Descriptor(asyncio.Protocol):
    """Writes to the socket's descriptor itself; a socket that is full would need more than this."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        self._fd = transport.get_extra_info("socket").fileno()
        os.write(self._fd, REQUEST)

    def data_received(self, data: bytes) -> None:
        """Send the next."""
        Transport.answers += 1
        os.write(self._fd, REQUEST)


PROTOCOLS = {"transport": Transport, "buffered": Buffered, "descriptor": Descriptor}


def cpu_s() -> float:
    """User and system seconds of this process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def on_uvloop(port: int, kind: str, seconds: float, connections: int) -> tuple[int, float]:
    """Return answers and CPU seconds of so many seconds over uvloop."""
    loop = asyncio.get_running_loop()
    for _ in range(connections):
        await loop.create_connection(PROTOCOLS[kind], "127.0.0.1", port)
    await asyncio.sleep(WARMUP_S)
    before = Transport.answers, cpu_s()
    await asyncio.sleep(seconds)
    return Transport.answers - before[0], cpu_s() - before[1]


def on_epoll(port: int, seconds: float, connections: int) -> tuple[int, float]:
    """Return answers and CPU seconds of so many seconds over epoll alone."""
    epoll = select.epoll()
    sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(connections)]
    for s in sockets:
        s.setblocking(False)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        epoll.register(s.fileno(), select.EPOLLIN)
        s.send(REQUEST)
    turn(epoll, WARMUP_S)
    before = cpu_s()
    answers = turn(epoll, seconds)
    return answers, cpu_s() - before


def turn(epoll: select.epoll, seconds: float) -> int:
    """Answer with the next request for so many seconds; return how many answers came."""
    answers, end, read, write = 0, perf_counter() + seconds, os.read, os.write
    while perf_counter() < end:
        for fd, _ in epoll.poll(1.0):
            read(fd, 65_536)
            answers += 1
            write(fd, REQUEST)
    return answers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("port", type=int)
    parser.add_argument("kind", choices=(*PROTOCOLS, "epoll"))
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--connections", type=int, default=64)
    asked = parser.parse_args()
    gc.freeze()
    gc.disable()
    if asked.kind == "epoll":
        answers, cost_s = on_epoll(asked.port, asked.seconds, asked.connections)
    else:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            answers, cost_s = runner.run(on_uvloop(asked.port, asked.kind, asked.seconds, asked.connections))
    print(f"answers {answers} cpu_s {cost_s:.6f}", flush=True)
    # Connections are in mid-request: taking them down in order would only make noise.
    os._exit(0)


if __name__ == "__main__":
    main()

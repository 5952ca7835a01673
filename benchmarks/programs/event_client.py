"""The least that a Python client can do with a stream: read it, count its blank lines, and ask for the next.

    event_client.py PORT --connections 8 --seconds 4 --events 20000

Over uvloop; nothing is parsed, timed or kept. What loadbench costs above it is the price of grammar, clock and record.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
from typing import cast

import uvloop

REQUEST = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n"


class Reader(asyncio.Protocol):
    """One connection."""

    total = 0

    def __init__(self, events: int) -> None:
        self._events, self._seen, self._last, self._end = events, 0, b"", b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the first stream."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(REQUEST)

    def data_received(self, data: bytes) -> None:
        """Count; a pair of line ends may lie across two reads."""
        self._end = self._end or (b"\n\n" if b"Content-Length" in data else b"0\r\n\r\n")
        found = data.count(b"\n\n") + (self._last == b"\n" and data.startswith(b"\n"))
        self._last = data[-1:]
        self._seen += found
        Reader.total += found
        if self._seen >= self._events and data.endswith(self._end):
            self._seen, self._last = 0, b""
            self._transport.write(REQUEST)


async def read(port: int, connections: int, seconds: float, events: int) -> int:
    """Return how many events came in so many seconds."""
    loop = asyncio.get_running_loop()
    for _ in range(connections):
        await loop.create_connection(lambda: Reader(events), "127.0.0.1", port)
    await asyncio.sleep(seconds)
    return Reader.total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("port", type=int)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--events", type=int, default=20_000)
    asked = parser.parse_args()
    gc.disable()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        total = runner.run(read(asked.port, asked.connections, asked.seconds, asked.events))
        print(f"events {total}", flush=True)
        # Streams are under way: taking them down in order would only make noise.
        os._exit(0)


if __name__ == "__main__":
    main()

"""A server for tests of the whole program: it misbehaves as told, and counts what it saw.

Run as `python target_server.py MODE`: prints its port, serves until its standard input closes, then prints how many
requests it read. Modes: ok, wrong (another body), reset, silent, garbage.
"""

from __future__ import annotations

import asyncio
import json
import sys

from resets import reset

BODY = b'{"message":"Hello, World!"}'
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"


class Served(asyncio.Protocol):
    seen = 0

    def __init__(self, mode: str) -> None:
        self._mode = mode
        self._pending = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._pending += data
        while b"\r\n\r\n" in self._pending:
            _, _, self._pending = self._pending.partition(b"\r\n\r\n")
            Served.seen += 1
            self._answer()

    def _answer(self) -> None:
        match self._mode:
            case "ok":
                self._transport.write(RESPONSE % (len(BODY), BODY))
            case "wrong":
                self._transport.write(RESPONSE % (4, b"nope"))
            case "garbage":
                self._transport.write(b"this is not HTTP\r\n\r\n")
            case "reset":
                reset(self._transport)
            case _:  # silent
                pass


async def main(mode: str) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Served(mode), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    print(json.dumps({"seen": Served.seen}), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))

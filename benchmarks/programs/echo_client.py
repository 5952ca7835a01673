# mypy: disable-error-code="import-not-found,misc,no-any-unimported,unused-ignore"
# Runs with the project's own Python for `websockets`, and in the environment of the peers for picows.
"""What people would write instead: a WebSocket client that sends a message, waits for its echo, and sends the next.

    echo_client.py PORT websockets|picows --connections 64 --seconds 4 [--size 32] | --hold

Both over uvloop, without compression and pings. Echoes of the right length count; it prints how many there were. With
--hold it only opens the connections, says so, and keeps them until its standard input ends.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import sys
from time import monotonic

import uvloop

AT_ONCE = 64
"""Handshakes under way at the same time."""


async def with_websockets(url: str, connections: int, seconds: float, message: str) -> int:
    """Return how many echoes came over connections of `websockets`, a task each."""
    from websockets.asyncio.client import ClientConnection, connect

    gate = asyncio.Semaphore(AT_ONCE)

    async def opened() -> ClientConnection:
        async with gate:
            return await connect(url, compression=None, ping_interval=None, open_timeout=60)

    async def talk(ws: ClientConnection) -> int:
        echoes = 0
        while monotonic() < end:
            await ws.send(message)
            echoes += len(await ws.recv()) == len(message)
        return echoes

    all_of_them = await asyncio.gather(*(opened() for _ in range(connections)))
    if not message:
        await held()
        return 0
    end = monotonic() + seconds
    return sum(await asyncio.gather(*map(talk, all_of_them)))


async def with_picows(url: str, connections: int, seconds: float, message: str) -> int:
    """Return how many echoes came over connections of picows: callbacks, no tasks."""
    from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

    payload, echoes, gate = message.encode(), 0, asyncio.Semaphore(AT_ONCE)

    class Listener(WSListener):  # type: ignore[misc]
        """One connection."""

        def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
            """Send the next."""
            nonlocal echoes
            if frame.msg_type == WSMsgType.TEXT:
                echoes += frame.payload_size == len(payload)
                if monotonic() < end:
                    transport.send(WSMsgType.TEXT, payload)

    async def opened() -> WSTransport:
        async with gate:
            return (await ws_connect(Listener, url, websocket_handshake_timeout=60))[0]

    all_of_them = await asyncio.gather(*(opened() for _ in range(connections)))
    if not message:
        await held()
        return 0
    end = monotonic() + seconds
    for transport in all_of_them:
        transport.send(WSMsgType.TEXT, payload)
    await asyncio.sleep(seconds + 0.2)
    return echoes


async def held() -> None:
    """Say that all connections are open, and keep them until nobody wants them any more."""
    gc.collect()
    print("open", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


CLIENTS = {"websockets": with_websockets, "picows": with_picows}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("port", type=int)
    parser.add_argument("client", choices=tuple(CLIENTS))
    parser.add_argument("--path", default="/")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--size", type=int, default=32)
    parser.add_argument("--hold", action="store_true")
    asked = parser.parse_args()
    url = f"ws://127.0.0.1:{asked.port}{asked.path}"
    message = "" if asked.hold else "m" * asked.size
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        echoes = runner.run(CLIENTS[asked.client](url, asked.connections, asked.seconds, message))
    print(f"echoes {echoes}", flush=True)


if __name__ == "__main__":
    main()

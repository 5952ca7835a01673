# mypy: disable-error-code="import-not-found,misc,unused-ignore"
# Runs in the environment of the peers; picows is none of ours.
"""A WebSocket server that gives every message back, as fast as Python goes: picows over uvloop, on one core.

    echo_server.py [--cpu N]

It prints its port, then, for every line on its standard input, how many messages it has given back; it ends with it.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import sys

import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server

echoed = 0


class Echo(WSListener):  # type: ignore[misc]
    """One connection."""

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Give it back, whole or in the pieces it came in."""
        global echoed
        kind = frame.msg_type
        if kind == WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code(), frame.get_close_message())
            transport.disconnect()
        elif kind in (WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.CONTINUATION):
            echoed += frame.fin
            transport.send(kind, frame.get_payload_as_bytes(), frame.fin)


def made(request: WSUpgradeRequest) -> Echo:
    """Take every connection."""
    return Echo()


async def serve() -> None:
    """Answer until standard input ends."""
    server = await ws_create_server(made, "127.0.0.1", 0, websocket_handshake_timeout=60, backlog=16_384)
    print(server.sockets[0].getsockname()[1], flush=True)
    gc.freeze()
    loop, over = asyncio.get_running_loop(), asyncio.Event()

    def asked() -> None:
        if data := os.read(sys.stdin.fileno(), 4096):
            print(f"{echoed}\n" * data.count(b"\n"), end="", flush=True)
        else:
            over.set()

    loop.add_reader(sys.stdin.fileno(), asked)
    await over.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cpu", type=int)
    asked = parser.parse_args()
    if asked.cpu is not None:
        os.sched_setaffinity(0, {asked.cpu})
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve())


if __name__ == "__main__":
    main()

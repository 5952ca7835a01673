"""One connection as httpx uses it, against servers that no longer listen."""

from __future__ import annotations

import asyncio
import socket
import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from threading import Thread

import pytest

from certificates import make_certificate
from loadbench_gui.engine.transport.dial import Route, dial
from loadbench_gui.engine.transport.httpx_keeper import Clock
from loadbench_gui.engine.transport.httpx_stream import Stream
from loadbench_gui.engine.turns import TurnMeter

STREAMS = 20


class _Counts:
    """How many connections are open."""

    bytes_received = bytes_sent = open_now = 0

    def __init__(self) -> None:
        self.connections = self
        self.none_open = asyncio.Event()

    def connected(self) -> None:
        self.open_now += 1

    def disconnected(self) -> None:
        self.open_now -= 1
        if not self.open_now:
            self.none_open.set()


class _Keeper:
    """A line that only counts."""

    def __init__(self) -> None:
        self.clock, self.recorder, self.turns = Clock(), _Counts(), TurnMeter(asyncio.get_running_loop())

    def ended(self, stream: Stream) -> None:
        pass

    def heard(self, stream: Stream) -> None:
        pass


@contextmanager
def deaf_after_the_handshake(context: ssl.SSLContext) -> Iterator[int]:
    """Give the port of a server that shakes hands and then neither reads nor writes."""
    held: list[ssl.SSLSocket] = []

    def serve() -> None:
        with suppress(OSError):
            while True:
                sock = listener.accept()[0]
                with suppress(OSError):  # it may be gone before the handshake's last words
                    held.append(context.wrap_socket(sock, server_side=True))

    with socket.create_server(("127.0.0.1", 0), backlog=STREAMS) as listener:
        thread = Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            for sock in held:
                sock.close()


not_on_windows = pytest.mark.skipif(sys.platform == "win32", reason="uvloop does not run on Windows")


@pytest.mark.parametrize("loop_name", ["asyncio", pytest.param("uvloop", marks=not_on_windows)])
def test_connections_that_are_given_up_do_not_wait_for_a_server_that_is_deaf(tmp_path: Path, loop_name: str) -> None:
    certificate = make_certificate(tmp_path)
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE

    async def scenario(port: int) -> int:
        loop, keeper = asyncio.get_running_loop(), _Keeper()
        for _ in range(STREAMS):
            stream = Stream(keeper, loop)  # type: ignore[arg-type]
            await dial(loop, Route("127.0.0.1", port, "", 10.0, trusting, "localhost"), stream)
            stream.end()
        # A third of what TLS waits for a server's leave.
        with suppress(TimeoutError):
            await asyncio.wait_for(keeper.recorder.none_open.wait(), 10.0)
        return keeper.recorder.open_now

    factory = import_module("uvloop").new_event_loop if loop_name == "uvloop" else None
    with deaf_after_the_handshake(certificate.server) as port, asyncio.Runner(loop_factory=factory) as runner:
        assert runner.run(scenario(port)) == 0

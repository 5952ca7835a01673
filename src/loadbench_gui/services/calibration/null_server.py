"""A server that does nothing: the same answer to every request, in a process of its own.

What a request costs the generator is measured against it, because next to nothing of the time is the server's. It
reads no more of a request than its end, so nobody should be served by it but our own worker.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import sys
import threading
from contextlib import suppress
from multiprocessing.connection import Connection as Pipe
from multiprocessing.context import SpawnProcess
from typing import Final, cast

from loadbench_gui.core.plan import Target
from loadbench_gui.deploy.standing import standing
from loadbench_gui.engine.worker import loop_factory
from loadbench_gui.errors import EnvironmentFault

HOST: Final = "127.0.0.1"
START_S: Final = 30.0
"""How long a process may take to start on a machine that is busy."""
END_S: Final = 2.0
_ANSWER: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nok"
_END_OF_HEAD: Final = b"\r\n\r\n"


class _Peer(asyncio.Protocol):
    def __init__(self) -> None:
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self._rest:
            data = self._rest + data
        ended = data.count(_END_OF_HEAD)
        self._rest = b"" if data.endswith(_END_OF_HEAD) else data.rpartition(_END_OF_HEAD)[2]
        if ended:
            self._transport.write(_ANSWER * ended)


def main(pipe: Pipe, cpus: tuple[int, ...] | None) -> None:
    """Serve until the pipe is closed: the process entry. The port is the one message that is sent."""
    if cpus and sys.platform == "linux":
        os.sched_setaffinity(0, cpus)
    threading.Thread(target=_end_with, args=(pipe,), daemon=True).start()
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(_serve(pipe))


async def _serve(pipe: Pipe) -> None:
    server = await asyncio.get_running_loop().create_server(_Peer, HOST, 0, backlog=1024)
    pipe.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def _end_with(pipe: Pipe) -> None:
    with suppress(EOFError, OSError):
        pipe.recv_bytes()
    os._exit(0)


class NullServer:
    """The process, as a context: `async with NullServer(cpus) as target`. cpus None: wherever the system puts it.

    Raises `EnvironmentFault` when it does not come up.
    """

    def __init__(self, cpus: tuple[int, ...] | None) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, self._theirs = context.Pipe(duplex=True)
        self._process: SpawnProcess = context.Process(
            target=main, args=(self._theirs, cpus), daemon=True, name="loadbench null server"
        )

    @property
    def pid(self) -> int:
        """The server's process id."""
        return self._process.pid or 0

    async def __aenter__(self) -> Target:
        try:
            standing.start_process(self._process.start)
            self._theirs.close()
            port = await asyncio.to_thread(self._port)
        except (OSError, EOFError) as problem:
            await self.__aexit__()
            raise EnvironmentFault(
                f"the server to calibrate against did not start: {str(problem) or 'it ended without a word'}",
                "Free memory or processes (see `ulimit -u`), and try again.",
            ) from problem
        except BaseException:
            await self.__aexit__()
            raise
        return Target("http", HOST, port, HOST)

    async def __aexit__(self, *_: object) -> None:
        self._pipe.close()
        if self._process.pid is not None:
            await asyncio.to_thread(self._process.join, END_S)
            if self._process.is_alive():
                self._process.kill()
                await asyncio.to_thread(self._process.join)

    def _port(self) -> int:
        if not self._pipe.poll(START_S):
            raise TimeoutError(f"it was silent for {START_S:g} s")
        return int(self._pipe.recv())

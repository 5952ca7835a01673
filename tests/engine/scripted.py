"""Streams on a scripted transport and clock: what is read, and when, is what the test says. No socket, no waiting."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from loadbench_gui.core.plan import ClosedLoad, Expectation, Load, Request, StreamSettings, Target, Workload
from loadbench_gui.core.sharding import shards
from loadbench_gui.core.snapshot import Tally, WorkerHealth
from loadbench_gui.core.streaming import StreamTally
from loadbench_gui.engine import closed_loop
from loadbench_gui.engine.closed_loop import ClosedIssuer
from loadbench_gui.engine.recorder import Recorder
from loadbench_gui.engine.runner import side_of, window_of
from loadbench_gui.engine.transport import http1, line, stream_connection
from loadbench_gui.engine.transport.circuit import Circuit
from loadbench_gui.engine.transport.dial import Opened
from loadbench_gui.engine.transport.stream_connection import StreamConnection
from loadbench_gui.engine.transport.supply import supply

BEGIN_NS = 1_000_000_000


class Clock:
    """The clock of everything under a stream. step_ns: how much later it is at each look."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, step_ns: int = 0) -> None:
        self.now_ns, self.step_ns = BEGIN_NS, step_ns
        for module in (closed_loop, http1, line, stream_connection):
            monkeypatch.setattr(module, "perf_counter_ns", self)
        monkeypatch.setattr(line, "dial", _dialled)

    def __call__(self) -> int:
        self.now_ns += self.step_ns
        return self.now_ns


class Wire(asyncio.Transport):
    """What a connection writes to, and what it asks not to be read to for now."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.reads = True
        self.closed = False

    def write(self, data: Any) -> None:
        self.written += bytes(data)

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = True

    def pause_reading(self) -> None:
        self.reads = False

    def resume_reading(self) -> None:
        self.reads = True


class Script:
    """A shard of `connections` streams whose window is one second long, and what came of them."""

    def __init__(self, settings: StreamSettings, clock: Clock, connections: int = 1) -> None:
        target = Target("http", "localhost", 1, "127.0.0.1")
        shape = ClosedLoad(connections)
        workload = Workload("w", "stream", Request(), Expectation(), shape, 0.0, 1.0, stream=settings)
        (shard,) = shards(Load(target, workload), 1, 3600.0)
        self.clock = clock
        self.window = window_of(shard, clock.now_ns)
        self.recorder = Recorder(0, self.window, scheduled=False, side=side_of(shard.load, self.window))
        circuit = Circuit(shard.load, supply(shard), self.recorder, asyncio.get_running_loop())
        self.issuer = ClosedIssuer(shard, circuit, self.recorder)

    async def start(self) -> None:
        """Have every connection open and its request written."""
        self.issuer.start()
        while not all(c.sent_ns for c in self.issuer.connections):  # noqa: ASYNC110 - turns of the loop, and no time
            await asyncio.sleep(0)

    def connection(self, place: int = 0) -> StreamConnection:
        found = self.issuer.connections[place]
        assert isinstance(found, StreamConnection)
        return found

    def wire(self, place: int = 0) -> Wire:
        transport = self.connection(place)._transport
        assert isinstance(transport, Wire)
        return transport

    def receive(self, data: bytes, place: int = 0) -> None:
        """Let a connection read, in one read."""
        self.connection(place).data_received(data)

    def end(self, now_ns: int) -> None:
        """End the load as the runner does, at the first tick after its window's end."""
        self.clock.now_ns = now_ns
        self.issuer.halt()
        self.issuer.conclude(now_ns)

    def taken(self) -> tuple[Tally, StreamTally]:
        """What was recorded of the streams of the window."""
        self.recorder.fold_all()
        measured = self.recorder.swap(self.issuer.issued(), WorkerHealth()).measured
        assert measured.stream is not None
        return measured, measured.stream


async def _dialled(loop: asyncio.AbstractEventLoop, way: object, protocol: asyncio.Protocol) -> Opened:
    protocol.connection_made(Wire())
    return Opened(0, None, 1)

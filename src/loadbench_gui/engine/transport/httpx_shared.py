"""What the connections of a shard share beside the circuit, when httpx sends for them."""

from __future__ import annotations

from loadbench_gui.core.plan import Load
from loadbench_gui.engine.transport.circuit import Circuit
from loadbench_gui.engine.transport.httpx_hub import Hub, base_url
from loadbench_gui.engine.transport.httpx_line import Lines
from loadbench_gui.engine.transport.httpx_request import Writer


class Shared:
    """Where to connect, by which lines, and how requests are written. last_ns: the end of the last answer so far."""

    def __init__(self, load: Load, circuit: Circuit) -> None:
        self.hub = Hub(load, circuit)
        self.lines = Lines(self.hub)
        self.writer = Writer(base_url(load.target), load.target.authority, http2=load.client.http2)
        self.last_ns = 0

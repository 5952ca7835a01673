"""Which issuer a mode of WebSockets has in which all connections are open at once."""

from __future__ import annotations

from loadbench_gui.core.plan import OpenLoad, Shard
from loadbench_gui.core.websocket import SocketMode
from loadbench_gui.engine.fanout import FanoutIssuer, OpenFanoutIssuer
from loadbench_gui.engine.hold import HoldIssuer
from loadbench_gui.engine.issuer import Issuer
from loadbench_gui.engine.push import PushIssuer
from loadbench_gui.engine.recorder import Recorder
from loadbench_gui.engine.transport.circuit import Circuit
from loadbench_gui.errors import Bug


def make_assembly(mode: SocketMode, shard: Shard, circuit: Circuit, recorder: Recorder, *, spin: bool) -> Issuer:
    """Return it. Raises `UserError` for a fan-out that cannot be measured."""
    scheduled = isinstance(shard.load.workload.shape, OpenLoad)
    match mode:
        case "push":
            return PushIssuer(shard, circuit, recorder)
        case "hold":
            return HoldIssuer(shard, circuit, recorder)
        case "fanout" if scheduled:
            return OpenFanoutIssuer(shard, circuit, recorder, spin=spin)
        case "fanout":
            return FanoutIssuer(shard, circuit, recorder)
        case "echo":
            raise Bug("an echo is no assembly")

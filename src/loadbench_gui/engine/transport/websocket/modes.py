"""Which class of socket carries a load, by its mode and by who decides when to send."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias, TypeVar

from loadbench_gui.core.plan import ClosedLoad, Load, LoadShape, OpenLoad
from loadbench_gui.core.websocket import SocketSettings
from loadbench_gui.engine.transport.carrier import Carrier, Maker, Owner
from loadbench_gui.engine.transport.circuit import Circuit
from loadbench_gui.engine.transport.websocket.echo import ClosedEcho, ScheduledEcho
from loadbench_gui.engine.transport.websocket.exchange import EchoKit
from loadbench_gui.engine.transport.websocket.fanout import RoomKit, Subscriber
from loadbench_gui.engine.transport.websocket.kit import Kit
from loadbench_gui.engine.transport.websocket.member import Held
from loadbench_gui.engine.transport.websocket.piped import PipedEcho
from loadbench_gui.engine.transport.websocket.push import Listener
from loadbench_gui.errors import Bug

K = TypeVar("K", bound=Kit)
MakeSocket: TypeAlias = Callable[[K, Owner, int], Carrier]


def carriers(load: Load) -> Maker:
    """Return what makes the sockets of one shard of `load`: all of them share one kit."""
    match load.workload.websocket:
        case SocketSettings(mode="echo") as settings:
            return _sharing(EchoKit, settings, _echo(load.workload.shape, settings))
        case SocketSettings(mode="push") as settings:
            return _sharing(Kit, settings, Listener)
        case SocketSettings(mode="fanout") as settings:
            return _sharing(RoomKit, settings, Subscriber)
        case SocketSettings(mode="hold") as settings:
            return _sharing(Kit, settings, Held)
        case settings:
            raise Bug(f"no sockets for {settings}")


def _sharing(make_kit: Callable[[Circuit, SocketSettings], K], settings: SocketSettings, make: MakeSocket[K]) -> Maker:
    kits: list[K] = []

    def carrier(circuit: Circuit, owner: Owner, place: int) -> Carrier:
        if not kits:
            kits.append(make_kit(circuit, settings))
        return make(kits[0], owner, place)

    return carrier


def _echo(shape: LoadShape, settings: SocketSettings) -> Callable[[EchoKit, Owner, int], Carrier]:
    match shape:
        case OpenLoad():
            # Without identifiers nobody could say which of several an echo answers: one at a time.
            return PipedEcho if settings.identifier_bytes else ScheduledEcho
        case ClosedLoad(think_s=think_s):
            return ScheduledEcho if think_s > 0 else ClosedEcho

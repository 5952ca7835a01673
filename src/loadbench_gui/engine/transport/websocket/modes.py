"""Which class of socket carries a load, by its mode and by who decides when to send."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from loadbench_gui.core.plan import Load
from loadbench_gui.engine.transport.carrier import Carrier, Maker, Owner
from loadbench_gui.engine.transport.circuit import Circuit
from loadbench_gui.engine.transport.websocket.kit import Kit
from loadbench_gui.engine.transport.websocket.socket import Socket

SocketMaker: TypeAlias = Callable[[Kit, Owner, int], Carrier]


def carriers(load: Load) -> Maker:
    """Return what makes the sockets of one shard of `load`: all of them share one kit."""
    settings = load.workload.websocket
    assert settings is not None
    kits: list[Kit] = []
    make = _maker(load)

    def carrier(circuit: Circuit, owner: Owner, place: int) -> Carrier:
        if not kits:
            kits.append(Kit(circuit, settings))
        return make(kits[0], owner, place)

    return carrier


def _maker(load: Load) -> SocketMaker:
    return Socket

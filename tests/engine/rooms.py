"""A fan-out server made by hand: every member gets what any member sends, except for what is planted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto

from engine.socket_peers import Peer


class Fate(Enum):
    """What becomes of one delivery. HELD: it comes after the member's next one."""

    SENT = auto()
    LOST = auto()
    TWICE = auto()
    HELD = auto()
    SPOILT = auto()


@dataclass
class Hub:
    """The behaviour of each connection. plant: (which publication, from 1; which member, from 0) -> its fate.

    delay_s: between one member and the next. published: how many messages were sent to it.
    """

    plant: Callable[[int, int], Fate] = lambda publication, member: Fate.SENT
    delay_s: float = 0.0
    published: int = 0
    planted: int = 0
    held: dict[Peer, bytes] = field(default_factory=dict)

    async def __call__(self, peer: Peer) -> None:
        async for message in peer.messages():
            self.published += 1
            for at, member in enumerate(peer.room.peers):
                fate = self.plant(self.published, at)
                self.planted += fate is not Fate.SENT
                asyncio.get_running_loop().call_later(
                    at * self.delay_s, self._deliver, member, message, peer.kind, fate
                )

    def _deliver(self, member: Peer, message: bytes, kind: int, fate: Fate) -> None:
        match fate:
            case Fate.LOST:
                return
            case Fate.HELD:
                self.held[member] = message
                return
            case Fate.SPOILT:
                message = message[:-1] + b"?"
        member.send(message, kind)
        if fate is Fate.TWICE:
            member.send(message, kind)
        if member in self.held:
            member.send(self.held.pop(member), kind)

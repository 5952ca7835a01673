"""A socket in a room: what one publishes comes to all."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter_ns
from typing import Protocol, cast

from loadbench_gui.core.websocket import SocketSettings
from loadbench_gui.engine.publications import DIGITS, Publication
from loadbench_gui.engine.transport.carrier import Owner
from loadbench_gui.engine.transport.circuit import Circuit
from loadbench_gui.engine.transport.websocket.kit import Kit
from loadbench_gui.engine.transport.websocket.member import Member
from loadbench_gui.engine.transport.websocket.messages import Stencil, rest_of
from loadbench_gui.errors import UserError


class RoomKit(Kit):
    """A kit with what makes the room's messages. rest: what follows the identifier in each."""

    __slots__ = ("rest", "stencil")

    def __init__(self, circuit: Circuit, settings: SocketSettings) -> None:
        super().__init__(circuit, settings)
        if not settings.message and settings.size_bytes < DIGITS:
            raise UserError(
                f"A fan-out message of {settings.size_bytes} bytes has no room for the identifier that it starts with.",
                f"Let it have at least {DIGITS} bytes.",
            )
        self.rest = rest_of(settings)
        # A message of the user's own follows the identifier, as ours do.
        self.stencil = Stencil(replace(settings, message=b"", size_bytes=DIGITS + len(self.rest)), self.rest)


class Room(Protocol):
    """What a subscriber is in: an issuer. frames: publications under way, by the very bytes that servers send."""

    frames: dict[bytes, Publication]

    def publish(self, subscriber: Subscriber, due_ns: int, taken_ns: int) -> None:
        """Publish from this one, now."""

    def arrived(self, subscriber: Subscriber, publication: Publication, now_ns: int) -> None:
        """A publication that is under way came to it, unchanged."""

    def came(self, subscriber: Subscriber, opcode: int, payload: bytes, now_ns: int) -> None:
        """Something came to it."""

    def reads_on(self, subscriber: Subscriber) -> None:
        """Its server takes more again."""


class Subscriber(Member):
    """Recognises a publication by the bytes of its whole frame: it came in one read, as it does to most, most times.

    full: the server takes no more for now.
    """

    __slots__ = ("full", "room")

    def __init__(self, kit: RoomKit, owner: Owner, place: int) -> None:
        super().__init__(kit, owner, place)
        self.room = cast("Room", owner)
        self.full = False

    def send(self, due_ns: int, taken_ns: int, sent_ns: int) -> None:
        """Publish."""
        self.room.publish(self, due_ns, taken_ns)

    def data_received(self, data: bytes) -> None:
        """One look-up for what is one whole publication; else read frames."""
        publication = self.room.frames.get(data)
        if publication is None or self._partial is not None or self._parting is not None or self.over:
            self.take(data)
            return
        now = perf_counter_ns()
        circuit = self.circuit
        circuit.recorder.bytes_received += len(data)
        if now > circuit.turns.due_ns:
            circuit.turns.step(now)
        self.served += 1
        self.room.arrived(self, publication, now)

    def pause_writing(self) -> None:
        """The connection takes no more for now."""
        self.full = True

    def resume_writing(self) -> None:
        """The connection takes more."""
        self.full = False
        if not self.over:
            self.room.reads_on(self)

    def on_message(self, opcode: int, payload: bytes, first_ns: int, now: int) -> None:
        """Hand it to the room."""
        self.served += 1
        self.room.came(self, opcode, payload, now)

    def frame(self, publication: Publication) -> bytes:
        """Return a publication as it is written on this connection."""
        kit = cast("RoomKit", self.kit)
        if self._unusual is not None and self._unusual.compresses:
            return self.pack(publication.message, kit.settings.fragments)
        return kit.stencil.frame(publication.name)

"""What sockets that wait for echoes have in common: their messages, and the account of those that went wrong."""

from __future__ import annotations

from time import perf_counter_ns
from typing import Final

from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.core.websocket import SocketSettings
from loadbench_gui.engine.transport.carrier import Owner
from loadbench_gui.engine.transport.circuit import Circuit
from loadbench_gui.engine.transport.websocket.kit import Kit
from loadbench_gui.engine.transport.websocket.messages import GivenUp, Stencil, first_number, rest_of
from loadbench_gui.engine.transport.websocket.socket import Socket
from loadbench_gui.engine.transport.websocket.upgrade import Refusal

_SAMPLE_BYTES: Final = 2048
_NO_STATUS: Final = 0


class EchoKit(Kit):
    """A kit with messages. shared: the stencil of all connections where messages are large."""

    __slots__ = ("_rest", "_shared")

    def __init__(self, circuit: Circuit, settings: SocketSettings) -> None:
        super().__init__(circuit, settings)
        self._rest = rest_of(settings)
        self._shared = Stencil(settings, self._rest)
        circuit.recorder.request_bytes = self._shared.frame_bytes
        circuit.recorder.seal_hot(_NO_STATUS, self._shared.echo_bytes)

    def stencil(self) -> Stencil:
        """Return what makes the messages of a fresh connection."""
        return Stencil(self.settings, self._rest) if self._shared.is_small else self._shared


class EchoSocket(Socket):
    """stencil: makes its messages. first_number: of them.

    _given_up: messages whose echo is no longer waited for, where they have an identifier.
    """

    __slots__ = ("_given_up", "first_number", "stencil")

    def __init__(self, kit: EchoKit, owner: Owner, place: int) -> None:
        super().__init__(kit, owner, place)
        self.stencil = kit.stencil()
        self.first_number = first_number()
        self._given_up: GivenUp | None = None

    def on_open(self, now: int) -> None:
        """Say so; a message may wait for it."""
        self.owner.opened(self)

    def on_refused(self, refusal: Refusal) -> None:
        """Tell a message's failure from that of a connection which nobody waited for."""
        if not self.wanted:
            self.owner.closed(self, was_free=False)
            return
        self.wanted = False
        now = perf_counter_ns()
        recorder = self.circuit.recorder
        if recorder.wants_sample(refusal.kind):
            head, why = refusal.head[:_SAMPLE_BYTES], f"({refusal.why})".encode()
            request, body = refusal.request[:_SAMPLE_BYTES], refusal.body[:_SAMPLE_BYTES]
            recorder.keep_sample(refusal.kind, now, request, head or why, body or why)
        recorder.fail(refusal.kind, (self.due_ns, self.taken_ns, 0), now, refusal.status)
        self.owner.spent(self, now, faulty=True)

    def make_frame(self, identifier: bytes) -> bytes:
        """Return a message as it is written on this connection, compressed if that was agreed on."""
        if self._unusual is None or not self._unusual.compresses:
            return self.stencil.frame(identifier)
        return self.pack(identifier + self.stencil.rest, self.kit.settings.fragments)

    # The account

    def give_up(self, number: int, due_ns: int) -> None:
        """Remember that the echo of a message is no longer waited for."""
        self.kit.record.of(due_ns).silent += 1
        if not self.stencil.identified:
            return
        if self._given_up is None:
            self._given_up = GivenUp()
        self._given_up.add(number)

    def count_astray(self, payload: bytes, newest: int, now: int) -> None:
        """Count a message that is no echo of one under way. newest: the number of the last message sent."""
        if not self._came_before(payload, newest):
            self.kit.count_stray(payload, now)
            return
        counts = self.kit.record.at(now)
        counts.duplicated += 1
        counts.received += 1

    def count_sent(self, due_ns: int, size: int) -> None:
        """Count a message that was written and did not succeed."""
        self.kit.record.of(due_ns).sent += 1
        self.circuit.recorder.bytes_sent += size

    def count_served(self) -> None:
        """Count a success that the recorder does not know from its own list."""
        if self.served:
            self.circuit.recorder.connections.reused += 1
        self.served += 1

    def keep_sample(self, kind: ErrorKind, now: int, identifier: bytes, came: bytes, why: str) -> None:
        """Keep an exchange for people to look at; where nothing came, the last message that nobody had asked for."""
        recorder = self.circuit.recorder
        if recorder.wants_sample(kind):
            named = identifier if self.stencil.identified else b""
            request = (named + self.stencil.rest[:_SAMPLE_BYTES])[:_SAMPLE_BYTES]
            head = f"({why})".encode()[:_SAMPLE_BYTES] if why else b""
            recorder.keep_sample(kind, now, request, head, (came or self.kit.stray)[:_SAMPLE_BYTES])

    def _came_before(self, payload: bytes, newest: int) -> bool:
        """Whether it was answered already. Without an identifier, nothing is late: the connection ends by a timeout."""
        if self.stencil.identified:
            number = self.stencil.number(payload)
            if number is None or not self.first_number <= number <= newest:
                return False
            return self._given_up is None or number not in self._given_up
        return self.served > 0 and payload == self.stencil.rest

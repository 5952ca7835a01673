"""Messages that are due whatever is under way: several on one connection, told apart by their identifiers."""

from __future__ import annotations

from time import perf_counter_ns
from typing import TypeAlias

from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.engine.transport.carrier import Owner
from loadbench_gui.engine.transport.websocket.exchange import EchoKit, EchoSocket

Stamps: TypeAlias = tuple[int, int, int, int, int]
"""Of a message under way: due, taken up, sent; its number and its size as written."""


class PipedEcho(EchoSocket):
    """pending: what is under way by identifier, the oldest first.

    full: the server takes no more for now. parked: its owner has put it aside until it does.
    """

    __slots__ = ("_frame", "_highest", "_identifier", "_number", "full", "parked", "pending")

    def __init__(self, kit: EchoKit, owner: Owner, place: int) -> None:
        super().__init__(kit, owner, place)
        self.pending: dict[bytes, Stamps] = {}
        self.full = self.parked = False
        self._number = self._highest = self.first_number - 1
        self._identifier = self._frame = b""
        self._prepare()

    def _prepare(self) -> None:
        """Make the next message, now that none is due."""
        self._identifier = self.stencil.identifier(self._number + 1)
        if self.stencil.is_small:
            self._frame = self.stencil.frame(self._identifier)

    def send(self, due_ns: int, taken_ns: int, sent_ns: int) -> None:
        """Write the next message. The stamps are the caller's; `sent_ns` is taken right before the call."""
        identifier, frame = self._identifier, self._frame
        if self._unusual is not None or not frame:
            frame = self.make_frame(identifier)
            sent_ns = perf_counter_ns()
        self._number += 1
        self.pending[identifier] = (due_ns, taken_ns, sent_ns, self._number, len(frame))
        try:
            write = self.write
            write(frame)
        except (RuntimeError, OSError):
            # The transport knows that it is closed before we were told: nothing was written.
            self.circuit.loop.call_soon(self._is_lost, ConnectionResetError())
        self._prepare()

    @property
    def waiting(self) -> list[int]:
        """When those messages were due whose echoes are waited for."""
        return [stamps[0] for stamps in self.pending.values()]

    def expire_before(self, before_ns: int, now_ns: int) -> None:
        """Give up what was sent up to `before_ns`, but not the connection."""
        late = []
        for identifier, stamps in self.pending.items():
            if stamps[2] > before_ns:
                break
            late.append(identifier)
        for identifier in late:
            stamps = self.pending.pop(identifier)
            self.give_up(stamps[3], stamps[0])
            self._fail(ErrorKind.READ_TIMEOUT, stamps, now_ns, identifier)

    def close(self) -> None:
        """End it without a word; messages on it are no longer accounted for here, but for their bytes."""
        if not self.over:
            for stamps in self.pending.values():
                self.count_sent(stamps[0], stamps[4])
        super().close()

    # asyncio.Protocol

    def data_received(self, data: bytes) -> None:
        """Take as many echoes as lie side by side in a read; the rest, if anything is left, frame by frame."""
        stencil = self.stencil
        whole = stencil.echo_bytes
        plain = self._partial is None and self._unusual is None
        # The first one takes the long way: it is the one that did not find its connection open already.
        if not (plain and self.served and len(data) >= whole):
            self.take(data)
            return
        now = perf_counter_ns()
        circuit = self.circuit
        begin = len(stencil.front)
        end = begin + stencil.width
        at, size = 0, len(data)
        pop = self.pending.pop
        record = circuit.record
        while size - at >= whole and data.startswith(stencil.front, at) and data.startswith(stencil.rest, at + end):
            stamps = pop(data[at + begin : at + end], None)
            if stamps is None:
                break
            record((stamps[0], stamps[1], stamps[2], now))
            self._put_in_order(stamps)
            self.served += 1
            at += whole
        if at < size:
            self.take(data[at:])
            return
        if now > circuit.turns.due_ns:
            circuit.turns.step(now)
        self.owner.answered(self, now)

    def pause_writing(self) -> None:
        """The connection takes no more for now."""
        self.full = True

    def resume_writing(self) -> None:
        """The connection takes more."""
        self.full = False
        if self.parked and not self.over:
            self.parked = False
            self.owner.opened(self)

    # Socket

    def on_message(self, opcode: int, payload: bytes, first_ns: int, now: int) -> None:
        """Find the message that it is the echo of, or find out what else it is."""
        identifier = payload[: self.stencil.width]
        stamps = self.pending.pop(identifier, None)
        if stamps is None:
            self.count_astray(payload, self._number, now)
        elif self.stencil.is_echo(opcode, payload, identifier):
            recorder = self.circuit.recorder
            recorder.bytes_sent += stamps[4]
            recorder.rows.extend((stamps[0], stamps[1], stamps[2], first_ns, now, 0))
            self.count_served()
            self._put_in_order(stamps)
        else:
            self.kit.record.of(stamps[0]).received += 1
            self._fail(ErrorKind.BAD_BODY, stamps, now, identifier, payload)

    def on_read(self, now: int) -> None:
        """Let the owner look at the clock."""
        self.owner.answered(self, now)

    def on_lost(self, kind: ErrorKind, why: str, now: int) -> None:
        """All that was under way has failed."""
        for identifier, stamps in self.pending.items():
            self._fail(kind, stamps, now, identifier, why=why)
        self.pending.clear()
        self.owner.closed(self, was_free=True)

    def _put_in_order(self, stamps: Stamps) -> None:
        if stamps[3] > self._highest:
            self._highest = stamps[3]
        else:
            self.kit.record.of(stamps[0]).reordered += 1

    def _fail(
        self, kind: ErrorKind, stamps: Stamps, now: int, identifier: bytes, came: bytes = b"", why: str = ""
    ) -> None:
        self.count_sent(stamps[0], stamps[4])
        self.keep_sample(kind, now, identifier, came, why)
        self.circuit.recorder.fail(kind, stamps[:3], now)

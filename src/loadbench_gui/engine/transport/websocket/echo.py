"""A message and its echo, one at a time: the closed loop, with and without think time."""

from __future__ import annotations

from time import perf_counter_ns

from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.engine.transport.carrier import Owner
from loadbench_gui.engine.transport.websocket.exchange import EchoKit, EchoSocket


class SingleEcho(EchoSocket):
    """Has at most one message under way, whose clock is `due_ns`, `taken_ns` and `sent_ns`.

    number: of the message under way, or of the last one. awaits: its echo as one frame, if it may be recognised by
    that; b"" otherwise. _frame, _echo: the next message and its echo, made while there was time; b"" where they are
    large.
    """

    __slots__ = ("_asked", "_echo", "_ended", "_frame", "_identifier", "_next", "awaits", "number")

    def __init__(self, kit: EchoKit, owner: Owner, place: int) -> None:
        super().__init__(kit, owner, place)
        self.number = self.first_number - 1
        self._asked = 0
        self._ended = False
        self._identifier = self._next = self._frame = self._echo = self.awaits = b""
        self.prepare()

    def prepare(self) -> None:
        """Make the next message, now that nobody waits for it."""
        stencil = self.stencil
        self._next = identifier = stencil.identifier(self.number + 1)
        if stencil.is_small:
            self._frame, self._echo = stencil.frame(identifier), stencil.echo(identifier)

    def send(self, due_ns: int, taken_ns: int, sent_ns: int) -> None:
        """Write the next message. The stamps are the caller's; `sent_ns` is taken right before the call."""
        self.due_ns, self.taken_ns = due_ns, taken_ns
        frame = self._frame
        if self._unusual is not None or not frame:
            frame = self.make_frame(self._next)
            sent_ns = perf_counter_ns()
        self.sent_ns = sent_ns
        self._asked = len(frame)
        # The first one takes the long way: it is the one that did not find its connection open already.
        self.awaits = self._echo if self.served and self._unusual is None else b""
        self._identifier = self._next
        self.number += 1
        try:
            write = self.write
            write(frame)
        except (RuntimeError, OSError):
            # The transport knows that it is closed before we were told: nothing was written.
            self.circuit.loop.call_soon(self._is_lost, ConnectionResetError())
        self.prepare()

    def expire(self, now_ns: int) -> None:
        """Give the message up, and the connection with it where a late echo could not be told from the next one."""
        self.give_up(self.number, self.due_ns)
        self._fail(ErrorKind.READ_TIMEOUT, now_ns)
        if self.stencil.identified:
            self.owner.answered(self, now_ns)
        else:
            self._abandon(now_ns)

    def close(self) -> None:
        """End it without a word; a message on it is no longer accounted for here, but for its bytes."""
        if self.sent_ns and not self.over and not self.wanted:
            self.count_sent(self.due_ns, self._asked)
        super().close()

    # Socket

    def on_message(self, opcode: int, payload: bytes, first_ns: int, now: int) -> None:
        """Hold it against the message under way, or find out what else it is."""
        stencil = self.stencil
        if not self.sent_ns or (stencil.identified and not payload.startswith(self._identifier)):
            self.count_astray(payload, self.number, now)
            return
        if not stencil.is_echo(opcode, payload, self._identifier):
            self.kit.record.of(self.due_ns).received += 1
            self._fail(ErrorKind.BAD_BODY, now, payload)
            if not stencil.identified:
                # It may be one that nobody asked for, and the echo is yet to come.
                self._abandon(now)
                return
        else:
            recorder = self.circuit.recorder
            recorder.bytes_sent += self._asked
            recorder.rows.extend((self.due_ns, self.taken_ns, self.sent_ns, first_ns, now, 0))
            self.count_served()
        self.sent_ns = 0
        self.awaits = b""
        self._ended = True

    def on_read(self, now: int) -> None:
        """Go on only now: what came in the same read cannot be the echo of a message that was sent after it."""
        if self._ended:
            self._ended = False
            self.owner.answered(self, now)

    def on_lost(self, kind: ErrorKind, why: str, now: int) -> None:
        """Tell a free connection's end from a message's."""
        ended, self._ended = self._ended, False
        if self.sent_ns:
            self._fail(kind, now, why=why)
            self.owner.spent(self, now, faulty=True)
        elif ended:
            # The echo came in the same read, and its end was not reported yet.
            self.owner.spent(self, now, faulty=False)
        else:
            self.owner.closed(self, was_free=True)

    def _abandon(self, now: int) -> None:
        """Whatever comes on it could be the echo of an earlier message: let nothing more come."""
        self.take_leave()
        self.owner.spent(self, now, faulty=True)

    def _fail(self, kind: ErrorKind, now: int, came: bytes = b"", why: str = "") -> None:
        """Record the message as failed. came: what did, in place of its echo."""
        self.count_sent(self.due_ns, self._asked)
        self.keep_sample(kind, now, self._identifier, came, why)
        self.circuit.recorder.fail(kind, (self.due_ns, self.taken_ns, self.sent_ns), now)
        self.sent_ns = 0
        self.awaits = b""


class ClosedEcho(SingleEcho):
    """Sends the next message itself as soon as the last one is back."""

    __slots__ = ()

    def data_received(self, data: bytes) -> None:
        """Record and send on: one look at the clock, one comparison, one write; the next message is made after it."""
        if data == self.awaits and self._partial is None and self._unusual is None:
            now = perf_counter_ns()
            circuit = self.circuit
            record = circuit.record
            record((self.sent_ns, now))
            self.served += 1
            if now < circuit.until_ns:
                self.due_ns = self.taken_ns = self.sent_ns = now
                write = self.write
                write(self._frame)
                self.awaits, self._identifier = self._echo, self._next
                self.number += 1
                self.prepare()
                if now > circuit.turns.due_ns:
                    circuit.turns.step(now)
            else:
                self.sent_ns = 0
                self.awaits = b""
                self.owner.answered(self, now)
        else:
            self.take(data)


class ScheduledEcho(SingleEcho):
    """Hands itself back when its message is back; its messages have a due time of their own."""

    __slots__ = ()

    def data_received(self, data: bytes) -> None:
        """Record four stamps and become free."""
        if data == self.awaits and self._partial is None and self._unusual is None:
            now = perf_counter_ns()
            circuit = self.circuit
            record = circuit.record
            record((self.due_ns, self.taken_ns, self.sent_ns, now))
            self.served += 1
            self.sent_ns = 0
            self.awaits = b""
            if now > circuit.turns.due_ns:
                circuit.turns.step(now)
            self.owner.answered(self, now)
        else:
            self.take(data)

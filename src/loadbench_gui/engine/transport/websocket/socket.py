"""A WebSocket: read frame by frame, pinged, closed. What the messages mean, subclasses say.

Built for many: an idle one is this object and its transport, without a parser, a task or a buffer. Whole plain
messages, pings and pongs are read here; `unusual` is made for anything else, and thrown away as soon as no message is
in parts.
"""

from __future__ import annotations

import asyncio
from time import perf_counter_ns
from typing import Final

from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.engine.socket_record import BROKEN
from loadbench_gui.engine.transport.carrier import Owner
from loadbench_gui.engine.transport.line import LONG_READ_BYTES
from loadbench_gui.engine.transport.opening import classify, explain
from loadbench_gui.engine.transport.websocket.entrance import Entrance
from loadbench_gui.engine.transport.websocket.frames import (
    CLOSE,
    PING,
    PONG,
    TEXT,
    TOO_LONG,
    Extent,
    Partial,
    client_frame,
    extent,
)
from loadbench_gui.engine.transport.websocket.kit import Kit
from loadbench_gui.engine.transport.websocket.pings import MOST, PATIENCE_NS, Pings, answer, give_up
from loadbench_gui.engine.transport.websocket.unusual import Breach, Closing, Event, Message, Pong, Unusual, is_text
from loadbench_gui.engine.transport.websocket.upgrade import Acceptance, Refusal

NORMAL: Final = 1000
_PROTOCOL_ERROR: Final = 1002
_NOT_TEXT: Final = 1007
_TOO_LONG: Final = 1009
_FLUSH_S: Final = 1.0
"""How long a last word may take to leave, to a server that does not read."""


class Socket(Entrance):
    """One WebSocket.

    Subclasses override what they need of these, which all do nothing here; times are perf_counter nanoseconds:

    - `on_open(now)`: the handshake is done and the settings' hello is written. `is_open` holds from now on.
    - `on_refused(refusal)`: it could not be opened: not connected, or the handshake was not accepted. It is `over`.
    - `on_message(opcode, payload, first_ns, now)`: a whole message; text is UTF-8. first_ns: its first byte was read.
    - `on_pong(sent_ns, now)`: a ping was answered; it is in the record already.
    - `on_unanswered(now)`: a ping was not answered within the timeout; it is in the record already.
    - `on_read(now)`: all messages of one read were handed over. Never between two messages of one read.
    - `on_lost(kind, why, now)`: it was open and is `over`: WS_CLOSE (a close frame), CLOSED_EARLY or RESET (none), or
      PROTOCOL (it broke a rule; we closed). Codes and counts are in the record already.

    Of those that end it (`on_refused`, `on_lost`) exactly one is called, once, unless we ended it by `close` or `part`.
    Call `write_frame(frame)` to write what `frames.client_frame` or `Kit` made, `ping`, `part(code)` for the closing
    handshake, and `close` to cut it. What is written by `write` alone is not counted among the bytes sent.

    The clock and the flags of the request on it (`due_ns` ... `wanted`) are for issuers: see `carrier.Carrier`.
    """

    __slots__ = ("_partial", "_parting", "_pings", "_unusual")

    def __init__(self, kit: Kit, owner: Owner, place: int) -> None:
        super().__init__(kit, owner, place)
        self._pings: Pings = ()
        self._partial: Partial | None = None
        self._parting: asyncio.Future[None] | None = None
        self._unusual: Unusual | None = None

    # What subclasses say

    def on_message(self, opcode: int, payload: bytes, first_ns: int, now: int) -> None:
        """A message came."""

    def on_pong(self, sent_ns: int, now: int) -> None:
        """A ping was answered."""

    def on_unanswered(self, now: int) -> None:
        """A ping was not answered in time."""

    def on_read(self, now: int) -> None:
        """All messages of a read were handed over."""

    def on_lost(self, kind: ErrorKind, why: str, now: int) -> None:
        """It was open and has ended, not by us."""

    # What owners ask for

    @property
    def is_open(self) -> bool:
        """Whether a message can be written now."""
        return self._transport is not None and self._opening is None and self._parting is None and not self.over

    def ping(self, now_ns: int) -> None:
        """Send a ping; those before it are still waited for, or a server that stalls would be spared its stall."""
        if len(self._pings) < MOST:
            self._pings += (now_ns,)
            self.write_frame(self.kit.ping(now_ns))

    @property
    def waits_since_ns(self) -> int:
        """When the oldest ping was sent that is not answered yet; 0: all are."""
        return self._pings[0] if self._pings else 0

    def expire_pings(self, before_ns: int, now_ns: int) -> None:
        """Give up the pings that were sent up to `before_ns`."""
        waiting = len(self._pings)
        self._pings = give_up(self._pings, before_ns, self.kit.record)
        if len(self._pings) < waiting:
            self.on_unanswered(now_ns)

    def part(self, code: int = NORMAL) -> asyncio.Future[None]:
        """Begin the closing handshake. Messages are not handed over any more. Done when the server has answered."""
        if self._parting is None:
            self._parting = self.circuit.loop.create_future()
            if self._transport is None or self._opening is not None or self.over:
                self._parting.set_result(None)
            else:
                self.write_frame(client_frame(CLOSE, code.to_bytes(2, "big"), self.kit.key))
        return self._parting

    def take_leave(self) -> None:
        """End it in good order, but wait for no answer. It is `over`, and nothing more is told of it."""
        self.write_frame(client_frame(CLOSE, NORMAL.to_bytes(2, "big"), self.kit.key))
        self._leave()

    def close(self) -> None:
        """End it without a word."""
        self._forget()
        super().close()

    def settle(self) -> None:
        """It ends, or the run does: what was not answered by now is not waited for any longer."""
        if self._pings:
            patience_ns = min(PATIENCE_NS, round(self.circuit.timeout_s * 1e9))
            give_up(self._pings, perf_counter_ns() - patience_ns, self.kit.record)
            self._pings = ()
        super().settle()

    # asyncio.Protocol

    def data_received(self, data: bytes) -> None:
        """Read frames; subclasses put a quick path before this."""
        self.take(data)

    # Inside

    def _enter(self, acceptance: Acceptance, now: int) -> None:
        kit = self.kit
        if acceptance.extensions:
            self._unusual = Unusual(acceptance.extensions)
        if kit.settings.hello:
            self.write_frame(self.pack(kit.settings.hello) if self._unusual else kit.hello)
            kit.record.of(now).sent += 1
        if kit.pinger is not None:
            kit.pinger.add(self)
        self.on_open(now)
        if acceptance.rest and not self.over:
            self._read(acceptance.rest, now)

    # Inside: reading

    def take(self, data: bytes) -> None:
        """Read whatever came."""
        if self.over:
            return
        now = perf_counter_ns()
        circuit = self.circuit
        circuit.recorder.bytes_received += len(data)
        if now > circuit.turns.due_ns:
            circuit.turns.step(now)
        if self._opening is not None:
            self._shake_hands(data, now)
        else:
            self._read(data, now)
        if len(data) >= LONG_READ_BYTES:
            self.breathe(now)

    def _read(self, data: bytes, now: int) -> None:
        first_ns = now
        partial = self._partial
        if partial is not None:
            first_ns = partial.first_ns
            partial.buffer += data
            if len(partial.buffer) < partial.needed:
                return
            data = bytes(partial.buffer)
            self._partial = None
        at, size = 0, len(data)
        while at < size and not self.over:
            found = extent(data, at, compressed=self._unusual is not None)
            needed = found if isinstance(found, int) else 0 if found.breach else found.end - at
            if size - at < needed or isinstance(found, int):
                self._partial = Partial(data[at:], needed, first_ns)
                break
            self._take_frame(data, at, found, first_ns, now)
            at, first_ns = found.end, now
        if not self.over:
            self.on_read(now)

    def _take_frame(self, data: bytes, at: int, found: Extent, first_ns: int, now: int) -> None:
        opcode = data[at] & 0x0F
        if self._parting is not None:
            if opcode == CLOSE or found.breach:
                self._leave()
        elif found.breach:
            self._break_off(_TOO_LONG if found.breach == TOO_LONG else _PROTOCOL_ERROR, found.breach, now)
        elif found.ordinary and self._unusual is None:
            self._take_ordinary(opcode, data[found.begin : found.end], first_ns, now)
        else:
            unusual = self._unusual or Unusual()
            events = list(unusual.feed(data[at : found.end], first_ns))
            self._unusual = unusual if unusual.is_needed else None
            if unusual.to_write:
                self.write_frame(unusual.to_write)
            for event in events:
                self._take_event(event, now)

    def _take_ordinary(self, opcode: int, payload: bytes, first_ns: int, now: int) -> None:
        if opcode == PING:
            self.write_frame(client_frame(PONG, payload, self.kit.key))
        elif opcode == PONG:
            self._take_pong(payload, now)
        elif opcode == TEXT and not is_text(payload):
            self._break_off(_NOT_TEXT, "a text message that is not UTF-8", now)
        else:
            self.on_message(opcode, payload, first_ns, now)

    def _take_event(self, event: Event, now: int) -> None:
        match event:
            case Message(opcode, payload, first_ns):
                self.on_message(opcode, payload, first_ns, now)
            case Pong(payload):
                self._take_pong(payload, now)
            case Closing(code, reason):
                self._lose(ErrorKind.WS_CLOSE, f"closed with {code} {reason}".strip(), now, code)
            case Breach(why):
                self._lose(ErrorKind.PROTOCOL, why, now)

    def _take_pong(self, payload: bytes, now: int) -> None:
        waiting = len(self._pings)
        self._pings = answer(self._pings, payload, self.kit.record, now)
        if len(self._pings) < waiting:
            self.on_pong(int.from_bytes(payload, "big"), now)

    def pack(self, payload: bytes, fragments: int = 1) -> bytes:
        """Return a message of ours as it is written here, compressed if that was agreed on and cut into fragments."""
        return (self._unusual or Unusual()).pack(self.kit.opcode, payload, fragments)

    # Inside: ending

    def _break_off(self, code: int, why: str, now: int) -> None:
        """It broke a rule: say so and go."""
        self.write_frame(client_frame(CLOSE, code.to_bytes(2, "big"), self.kit.key))
        self._lose(ErrorKind.PROTOCOL, why, now)

    def _lose(self, kind: ErrorKind, why: str, now: int, code: int = 0) -> None:
        """It has ended, not by us. code: how, where the record counts that."""
        self._leave()
        if code:
            self.kit.record.at(now).close(code)
            self.circuit.recorder.connections.closed_by_server += 1
        self.on_lost(kind, why, now)

    def _leave(self) -> None:
        """End it once all that was written has left, but not later than after `_FLUSH_S`."""
        self.settle()
        self.over = True
        self._forget()
        if self._transport is not None:
            self._transport.close()
            self.circuit.loop.call_later(_FLUSH_S, self._transport.abort)

    def _is_lost(self, exc: Exception | None) -> None:
        if self.over:
            return
        kind = ErrorKind.CLOSED_EARLY if exc is None else classify(exc, connecting=False)
        why = "the server closed the connection" if exc is None else explain(exc)
        if self._opening is not None:
            head = self._answer.upgrade.head if self._answer is not None else b""
            self._refuse(Refusal(kind, f"{why}, in the middle of the handshake", head=head))
        elif self._parting is not None:
            self._leave()
        else:
            self._lose(kind, why, perf_counter_ns(), BROKEN)

    def _forget(self) -> None:
        self._partial = self._unusual = None
        if self.kit.pinger is not None:
            self.kit.pinger.discard()
        if self._parting is not None and not self._parting.done():
            self._parting.set_result(None)

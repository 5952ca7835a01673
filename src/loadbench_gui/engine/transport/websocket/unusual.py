"""What is not a whole plain message: fragments, compression, the closing handshake, and all that is forbidden.

`websockets` reads and answers it. It is handed whole frames, so it always stands between two of them and may be thrown
away once no message is in parts. A frame that cannot be right by its header is handed over before it is whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from websockets.client import ClientProtocol
from websockets.extensions import Extension
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import WebSocketURI

from loadbench_gui.engine.transport.websocket.frames import LONGEST_MESSAGE

_NOWHERE = WebSocketURI(False, "", 0, "", "")


@dataclass(frozen=True, slots=True)
class Message:
    """A message, whole. first_ns: when its first frame was read."""

    opcode: int
    payload: bytes
    first_ns: int


@dataclass(frozen=True, slots=True)
class Pong:
    """The answer to a ping of ours, or to none."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Closing:
    """The server's close frame. code: 1005 where it gave none. It is answered by now."""

    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class Breach:
    """What came is forbidden. It was answered with a close frame that says so."""

    why: str


Event: TypeAlias = Message | Pong | Closing | Breach


class Unusual:
    """Bytes in by `feed`; events, and what is to be written in answer, out."""

    __slots__ = ("_first_ns", "_opcode", "_parts", "_protocol", "to_write")

    def __init__(self, extensions: Sequence[Extension] = ()) -> None:
        self._protocol = ClientProtocol(_NOWHERE, state=State.OPEN, max_size=LONGEST_MESSAGE)
        self._protocol.extensions = list(extensions)
        # One buffer: a flood of frames without content costs nothing.
        self._parts: bytearray | None = None
        self._opcode = self._first_ns = 0
        self.to_write = b""

    @property
    def is_needed(self) -> bool:
        """Whether it has to be fed the next frame too, whatever that is."""
        return self._parts is not None or bool(self._protocol.extensions)

    @property
    def compresses(self) -> bool:
        """Whether an extension was agreed on, so that messages of ours go through here as well."""
        return bool(self._protocol.extensions)

    def feed(self, data: bytes, first_ns: int) -> Iterator[Event]:
        """Yield what a frame brings, and its end if it is the last. first_ns: when its first byte was read."""
        protocol = self._protocol
        protocol.receive_data(data)
        for event in protocol.events_received():
            if isinstance(event, Frame):
                yield from self._take(event, first_ns)
        if protocol.parser_exc is not None:
            yield Breach(str(protocol.parser_exc))
        self._collect()

    def pack(self, opcode: int, payload: bytes, fragments: int = 1) -> bytes:
        """Return a message of ours as it is written, compressed if that was agreed on."""
        send = self._protocol.send_text if opcode == Opcode.TEXT else self._protocol.send_binary
        step = max(1, -(-len(payload) // fragments))
        for part in range(fragments):
            piece, last = payload[part * step : (part + 1) * step], part == fragments - 1
            if part:
                self._protocol.send_continuation(piece, last)
            else:
                send(piece, last)
        return b"".join(self._protocol.data_to_send())

    def _take(self, frame: Frame, first_ns: int) -> Iterator[Event]:
        match frame.opcode:
            case Opcode.TEXT | Opcode.BINARY | Opcode.CONT:
                if self._parts is None:
                    self._opcode, self._first_ns, self._parts = int(frame.opcode), first_ns, bytearray()
                self._parts += frame.data
                if frame.fin:
                    payload, self._parts = bytes(self._parts), None
                    yield self._whole(payload)
            case Opcode.PONG:
                yield Pong(bytes(frame.data))
            case Opcode.CLOSE:
                close = self._protocol.close_rcvd
                yield Closing(int(close.code), close.reason) if close is not None else Breach("a close without a code")
            case _:
                pass  # A ping has been answered.

    def _whole(self, payload: bytes) -> Event:
        if self._opcode == Opcode.TEXT and not is_text(payload):
            self._protocol.fail(1007, "not UTF-8")
            return Breach("a text message that is not UTF-8")
        return Message(self._opcode, payload, self._first_ns)

    def _collect(self) -> None:
        """An empty piece stands for the end of our side, which is ended with the connection."""
        self.to_write = b"".join(self._protocol.data_to_send())


def is_text(payload: bytes) -> bool:
    """Whether it is UTF-8."""
    if payload.isascii():
        return True
    try:
        payload.decode()
    except UnicodeDecodeError:
        return False
    return True

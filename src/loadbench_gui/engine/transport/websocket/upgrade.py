"""The handshake (RFC 6455, section 4): our request, and whether the answer makes the connection a WebSocket.

The answer's status is read here; a right one is then held against the request by `websockets`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from websockets.client import ClientProtocol
from websockets.extensions import Extension
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.http11 import Response
from websockets.typing import Subprotocol
from websockets.uri import WebSocketURI

from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.core.websocket import SocketSettings
from loadbench_gui.engine.transport.framing import values

LONGEST_HEAD: Final = 64 << 10
_END: Final = b"\r\n\r\n"
_SUBPROTOCOL: Final = b"sec-websocket-protocol"
_KEY: Final = b"sec-websocket-key"
_NOWHERE: Final = WebSocketURI(False, "", 0, "", "")
_DEFLATE: Final = ClientPerMessageDeflateFactory()


@dataclass(frozen=True, slots=True)
class Refusal:
    """There is no WebSocket. status: of the answer, 0 where none was read. head, body: what came.

    request: what was sent, if anything was.
    """

    kind: ErrorKind
    why: str
    status: int = 0
    head: bytes = b""
    body: bytes = b""
    request: bytes = b""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """There is one. extensions: what was agreed on. rest: what came behind the answer."""

    extensions: tuple[Extension, ...]
    subprotocol: str
    rest: bytes


class Upgrade:
    """One handshake under way: `request` is to be written, `feed` takes what comes."""

    __slots__ = ("_head", "_protocol", "request", "sent_ns")

    def __init__(self, wire: bytes, settings: SocketSettings) -> None:
        """Take over the head of an ordinary request, which ends with an empty line; what it names itself, stands."""
        own = [piece.strip().decode("latin-1") for value in values(wire, _SUBPROTOCOL) for piece in value.split(b",")]
        self._protocol = ClientProtocol(
            _NOWHERE,
            extensions=[_DEFLATE] if settings.compress else None,
            subprotocols=[Subprotocol(name) for name in own or settings.subprotocols] or None,
        )
        for key in values(wire, _KEY):
            self._protocol.key = key.decode("latin-1")
        self._head = b""
        self.sent_ns = 0
        self.request = wire.removesuffix(b"\r\n") + self._lines(wire) + b"\r\n"

    def feed(self, data: bytes) -> Acceptance | Refusal | None:
        """Return what came of it; None: the answer is not whole yet."""
        self._head += data
        while (end := self._head.find(_END)) >= 0:
            head, rest = self._head[: end + len(_END)], self._head[end + len(_END) :]
            status = _status(head)
            if status == 101:
                return self._checked(head, rest)
            if status is None:
                return Refusal(ErrorKind.PROTOCOL, "the answer is not HTTP/1.1", head=head, body=rest)
            if status >= 200:
                return Refusal(ErrorKind.BAD_STATUS, f"answered with {status}", status, head, rest)
            self._head = rest
        if len(self._head) > LONGEST_HEAD:
            return Refusal(ErrorKind.PROTOCOL, "the head of the answer has no end", head=self._head)
        return None

    @property
    def head(self) -> bytes:
        """What has come of the answer."""
        return self._head

    def _lines(self, wire: bytes) -> bytes:
        """Return the headers that make it a handshake."""
        lines = []
        for name, value in self._protocol.connect().headers.raw_items():
            if name != "Host" and not any(True for _ in values(wire, name.lower().encode())):
                lines.append(f"{name}: {value}\r\n".encode())
        return b"".join(lines)

    def _checked(self, head: bytes, rest: bytes) -> Acceptance | Refusal:
        protocol = self._protocol
        protocol.receive_data(head)
        if protocol.handshake_exc is not None:
            return Refusal(ErrorKind.PROTOCOL, str(protocol.handshake_exc), 101, head, rest)
        if not any(isinstance(event, Response) for event in protocol.events_received()):
            return Refusal(ErrorKind.PROTOCOL, "the answer is not complete", 101, head, rest)
        return Acceptance(tuple(protocol.extensions), protocol.subprotocol or "", rest)


def _status(head: bytes) -> int | None:
    version, _, rest = head.lstrip(b"\r\n").partition(b" ")
    code = rest[:3]
    if version != b"HTTP/1.1" or not code.isdigit() or rest[3:4] not in (b" ", b"\r") or code[:1] not in b"12345":
        return None
    return int(code)

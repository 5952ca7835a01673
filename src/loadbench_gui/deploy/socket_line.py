"""One WebSocket, blocking, for the one question before a load: opened with the load's own handshake."""

from __future__ import annotations

import contextlib
import http.client
import socket
import time
from collections import deque
from dataclasses import dataclass
from typing import Final

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidMessage, InvalidStatus
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import State
from websockets.typing import Subprotocol
from websockets.uri import WebSocketURI

from loadbench_gui.core.plan import Request, SocketSettings, Target

LARGEST_BYTES: Final = 64 * 1024 * 1024
_CLOSE_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it came."""

    data: bytes
    binary: bool


class SocketLine:
    """A WebSocket on a connection that is open already. Raises `OSError` where that breaks.

    response: the answer to the handshake, once there is one. refused: why there is no WebSocket, in words, or "".
    """

    def __init__(self, sock: socket.socket, target: Target, request: Request, settings: SocketSettings) -> None:
        self._sock = sock
        self._binary, self._fragments = settings.binary, settings.fragments
        self._protocol = ClientProtocol(
            WebSocketURI(target.scheme == "https", target.host, target.port, "/", ""),
            extensions=[ClientPerMessageDeflateFactory()] if settings.compress else None,
            subprotocols=[Subprotocol(name) for name in settings.subprotocols] or None,
            max_size=LARGEST_BYTES,
        )
        self._messages: deque[Message] = deque()
        self._parts: list[Frame] = []
        self.response: Response | None = None
        self.refused = ""
        self._ask(target, request)

    def open(self, deadline: float) -> None:
        """Send the handshake and wait for its answer. Raises `TimeoutError`, and `HTTPException` for no HTTP."""
        self._flush()
        while self.response is None:
            if not self._receive(deadline):
                raise ConnectionResetError
            problem = self._protocol.handshake_exc
            if isinstance(problem, InvalidMessage):
                raise http.client.BadStatusLine("")
            if isinstance(problem, InvalidStatus):
                self.response = problem.response
                self.refused = f"status {problem.response.status_code} instead of 101"
            elif problem is not None:
                self.refused = f"the handshake's answer is wrong: {problem}"
                return

    def send(self, message: bytes, *, binary: bool | None = None, fragments: int = 0) -> None:
        """Send a message, cut into the frames that the load cuts it into; to a server that has closed, nothing."""
        if self._protocol.state is not State.OPEN:
            return
        count = min(fragments or self._fragments, max(1, len(message)))
        size = -(-len(message) // count) or 1
        parts = [message[at : at + size] for at in range(0, len(message), size)] or [b""]
        send = self._protocol.send_binary if (self._binary if binary is None else binary) else self._protocol.send_text
        send(parts[0], fin=len(parts) == 1)
        for number, part in enumerate(parts[1:], start=2):
            self._protocol.send_continuation(part, fin=number == len(parts))
        # It may close while we write: what counts is what it said.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._flush()

    def receive(self, deadline: float) -> Message | None:
        """Return the next message; None: the server has closed. Raises `TimeoutError`."""
        while not self._messages:
            if self.ended or not self._receive(deadline):
                return None
        return self._messages.popleft()

    @property
    def ended(self) -> str:
        """How the WebSocket ended, in words, or ""."""
        if self._protocol.state in (State.CONNECTING, State.OPEN):
            return ""
        closed = self._protocol.close_rcvd
        if closed is not None:
            return f"the server closed with {closed.code}" + (f" ({closed.reason})" if closed.reason else "")
        if self._protocol.parser_exc is not None and not isinstance(self._protocol.parser_exc, EOFError):
            return f"the server breaks the protocol: {self._protocol.parser_exc}"
        return "the server closed the connection"

    def close(self) -> None:
        """End it with 1000 and give the server a moment to say the same."""
        deadline = time.monotonic() + _CLOSE_S
        try:
            if self._protocol.state is State.OPEN:
                self._protocol.send_close(1000)
                self._flush()
                while self._receive(deadline):
                    self._messages.clear()
        except OSError:
            pass
        finally:
            self._sock.close()

    def _ask(self, target: Target, request: Request) -> None:
        """Write the handshake with the headers of the load; its own Host stands in place of ours."""
        handshake = self._protocol.connect()
        handshake.path = request.path
        del handshake.headers["Host"]
        if not any(name.lower() == "host" for name, _ in request.headers):
            handshake.headers["Host"] = target.authority
        for name, value in request.headers:
            handshake.headers[name] = value
        self._protocol.send_request(handshake)

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data:
                self._sock.sendall(data)

    def _receive(self, deadline: float) -> bool:
        """Take in what comes next; False at the end of the connection."""
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        self._sock.settimeout(left_s)
        data = self._sock.recv(65536)
        if data:
            self._protocol.receive_data(data)
        else:
            self._protocol.receive_eof()
        for event in self._protocol.events_received():
            if isinstance(event, Response):
                self.response = event
            elif isinstance(event, Frame):
                self._take(event)
        self._flush()
        return bool(data)

    def _take(self, frame: Frame) -> None:
        if frame.opcode not in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            return
        self._parts.append(frame)
        if frame.fin:
            data = b"".join(bytes(part.data) for part in self._parts)
            self._messages.append(Message(data, self._parts[0].opcode is Opcode.BINARY))
            self._parts.clear()

"""What each kind of error means, in the words of what was asked."""

from __future__ import annotations

from typing import Final

from loadbench_gui.core.plan import Workload
from loadbench_gui.core.snapshot import ErrorKind

_ALWAYS: Final[dict[ErrorKind, str]] = {
    ErrorKind.DNS: "the name could not be looked up",
    ErrorKind.CONNECT_REFUSED: "nobody listened, or the queue of connections was full",
    ErrorKind.CONNECT_TIMEOUT: "no connection within the time-out",
    ErrorKind.CONNECT_FAILED: "no connection could be opened",
    ErrorKind.TLS: "the handshake failed",
    ErrorKind.RESET: "the server reset the connection",
    ErrorKind.CLOSED_EARLY: "the server closed before its answer was complete",
    ErrorKind.READ_TIMEOUT: "no complete answer within the time-out",
    ErrorKind.PROTOCOL: "the answer is not HTTP",
    ErrorKind.BAD_STATUS: "another status than expected",
    ErrorKind.BAD_BODY: "another body than expected",
    ErrorKind.STALE: "a kept connection turned out closed, and the request could not be sent again",
    ErrorKind.LIMIT: "this machine ran out of ports or open files",
    ErrorKind.BODY_FILE: "the file that is sent as the body could not be read to its end",
    ErrorKind.INCOMPLETE: "the stream ended in good order, but before its expected end",
    ErrorKind.WS_CLOSE: "the server closed the WebSocket",
}
_STREAM: Final[dict[ErrorKind, str]] = {
    ErrorKind.RESET: "the server reset the connection in the middle of a stream",
    ErrorKind.CLOSED_EARLY: "the connection was closed in the middle of a stream",
    ErrorKind.READ_TIMEOUT: "a stream was silent for longer than the time-out",
    ErrorKind.PROTOCOL: "the answer is not HTTP, or not the kind of stream that was asked for",
    ErrorKind.BAD_BODY: "more events than expected, or other ones",
}
_SOCKET: Final[dict[ErrorKind, str]] = {
    ErrorKind.CLOSED_EARLY: "the connection ended without a close frame",
    ErrorKind.PROTOCOL: "the server broke the WebSocket protocol",
    ErrorKind.BAD_STATUS: "the handshake was refused with another status than 101",
}
_BY_MODE: Final[dict[str, dict[ErrorKind, str]]] = {
    "echo": {
        ErrorKind.READ_TIMEOUT: "no echo within the time-out",
        ErrorKind.BAD_BODY: "what came back is not what was sent",
        ErrorKind.WS_CLOSE: "the server closed the WebSocket with a message under way",
    },
    "fanout": {
        ErrorKind.READ_TIMEOUT: "not with every subscriber within the time-out",
        ErrorKind.BAD_BODY: "what reached a subscriber is not what was published",
        ErrorKind.WS_CLOSE: "the server closed the WebSocket with a publication under way",
    },
    "hold": {
        ErrorKind.READ_TIMEOUT: "no answer to a ping within the time-out",
        ErrorKind.WS_CLOSE: "the server closed a WebSocket that was to be held",
    },
}


def meaning(kind: ErrorKind, workload: Workload) -> str:
    """Say what `kind` means for the requests of `workload`."""
    if workload.kind == "stream":
        return _STREAM.get(kind, _ALWAYS[kind])
    if workload.kind == "ws":
        mode = workload.websocket.mode if workload.websocket is not None else "echo"
        return _BY_MODE.get(mode, {}).get(kind) or _SOCKET.get(kind, _ALWAYS[kind])
    return _ALWAYS[kind]

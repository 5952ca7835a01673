"""What the sockets of a shard share beside their circuit: what is asked of them, and where they report."""

from __future__ import annotations

import secrets
from typing import Final

from loadbench_gui.core.websocket import SocketSettings
from loadbench_gui.engine.socket_record import SocketRecord
from loadbench_gui.engine.transport.circuit import Circuit
from loadbench_gui.engine.transport.websocket.frames import BINARY, PING, TEXT, client_frame
from loadbench_gui.engine.transport.websocket.pinger import Pinger

_STRAY_BYTES: Final = 2048


class Kit:
    """Made once per shard.

    opcode: of the messages that we send. hello: frame that is sent on each connection as soon as it is open, or b"".
    key: what our control frames are masked with. A mask keeps a script in a browser from choosing the bytes that pass
    through a proxy; we choose all our bytes anyway, so one random key serves as well as many.
    stray: the beginning of the last message nobody had asked for.
    """

    __slots__ = ("circuit", "hello", "key", "opcode", "pinger", "record", "settings", "stray")

    def __init__(self, circuit: Circuit, settings: SocketSettings) -> None:
        side = circuit.recorder.side
        assert isinstance(side, SocketRecord)
        self.circuit = circuit
        self.record = side
        self.settings = settings
        self.key = secrets.token_bytes(4)
        self.opcode = BINARY if settings.binary else TEXT
        self.hello = client_frame(self.opcode, settings.hello, self.key) if settings.hello else b""
        every_s = settings.ping_every_s
        self.pinger = Pinger(circuit.loop, every_s, circuit.timeout_s) if every_s > 0 else None
        self.stray = b""

    def handshake(self) -> bytes:
        """Return the next connection's request, before it becomes a handshake."""
        _, wire = self.circuit.next()
        return bytes(wire)

    def ping(self, sent_ns: int) -> bytes:
        """Return a ping frame; its payload says when it was sent."""
        return client_frame(PING, sent_ns.to_bytes(8, "big"), self.key)

    def count_stray(self, payload: bytes, now_ns: int) -> None:
        """Count a message that nobody had asked for, and remember how it began."""
        counts = self.record.at(now_ns)
        counts.stray += 1
        counts.received += 1
        self.stray = payload[:_STRAY_BYTES]

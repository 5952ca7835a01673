"""What a server said before it closed a connection that we were still writing to.

It may be the answer: a server that refuses a body says so, closes, and resets whatever still comes. Where that meets a
write of ours before its words were read, event loops close the connection with the error and never look again. The
words are still in the kernel until then.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from typing import Final

_READ_BYTES: Final = 64 << 10


def unread(transport: asyncio.Transport) -> Iterator[bytes]:
    """Yield what has come over a connection that is lost but not closed yet: from within `connection_lost`.

    The last piece is empty if the server closed its side in order.
    """
    fd = transport.get_extra_info("socket").fileno()
    data = b"?"
    while data:
        try:
            data = os.read(fd, _READ_BYTES)
        except OSError:
            return
        yield data


class LastWords(asyncio.BufferedProtocol):
    """Stands between a connection and its TLS layer, and hands the layer what was not read when writing failed."""

    def __init__(self, transport: asyncio.Transport, tls: asyncio.BufferedProtocol) -> None:
        self._transport = transport
        self._tls = tls
        # Looked up by the event loop once per connection: nothing is in the way of its calls.
        self.get_buffer = tls.get_buffer  # type: ignore[method-assign]
        self.buffer_updated = tls.buffer_updated  # type: ignore[method-assign]
        self.eof_received = tls.eof_received  # type: ignore[method-assign]
        self.pause_writing = tls.pause_writing  # type: ignore[method-assign]
        self.resume_writing = tls.resume_writing  # type: ignore[method-assign]

    def connection_lost(self, exc: Exception | None) -> None:
        """Hand over the rest, then the end."""
        if exc is not None:
            for data in unread(self._transport):
                self._feed(data)
        self._tls.connection_lost(exc)

    def _feed(self, data: bytes) -> None:
        while data:
            room = memoryview(self._tls.get_buffer(len(data)))
            taken = min(len(room), len(data))
            room[:taken] = data[:taken]
            self._tls.buffer_updated(taken)
            data = data[taken:]

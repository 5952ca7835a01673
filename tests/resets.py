"""Ending a connection so that its other side sees a reset."""

from __future__ import annotations

import asyncio
import socket
import struct

AT_ONCE = struct.pack("ii", 1, 0)


def reset(end: socket.socket | asyncio.BaseTransport) -> None:
    """Close this end without its end in good order: it lingers for no time at all."""
    if isinstance(end, socket.socket):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        end.close()
    else:
        end.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        assert isinstance(end, asyncio.WriteTransport)
        end.abort()

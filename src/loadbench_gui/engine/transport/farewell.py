"""Whether the end of a connection was announced: over TLS anybody on the way can end TCP, only the server can say so.

uvloop tells a protocol of an end of file only after close_notify. asyncio also does when TCP merely ended, so there
the TLS object itself is asked.
"""

from __future__ import annotations

import asyncio
import ssl


def is_announced(transport: asyncio.BaseTransport) -> bool:
    """Whether the server took its leave; call it in `eof_received`. Without TLS the end of file is all there is."""
    tls: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
    if tls is None:
        return True
    try:
        # After close_notify there is nothing to read, for ever; before it, there is nothing to read yet.
        return not tls.read(1)
    except ssl.SSLZeroReturnError:
        return True
    except ssl.SSLError:
        return False

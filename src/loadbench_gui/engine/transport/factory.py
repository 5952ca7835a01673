"""Which class of connection carries a load: by its protocol and client, and by who decides when to send."""

from __future__ import annotations

from typing import Final

from loadbench_gui.core.plan import Load, LoadShape, OpenLoad
from loadbench_gui.engine.transport.carrier import Maker
from loadbench_gui.engine.transport.hot import ClosedConnection, ClosedMixConnection, OpenConnection, OpenMixConnection
from loadbench_gui.engine.transport.upload import has_uploads
from loadbench_gui.engine.transport.upload_connection import UploadConnection
from loadbench_gui.errors import UserError


def maker(load: Load, *, mixed: bool) -> Maker:
    """Return what makes the connections of `load`. httpx and websockets are imported only where they are used.

    mixed: requests differ from one to the next, so each has to be drawn.
    """
    if load.workload.kind == "stream":
        if load.client.name != "fast":
            raise UserError("httpx does not do streams.", 'Leave client = "httpx" out.')
        from loadbench_gui.engine.transport.stream_connection import StreamConnection

        return StreamConnection
    if load.client.name == "httpx":
        from loadbench_gui.engine.transport.httpx_connection import carriers

        return carriers(load)
    if load.workload.kind == "ws":
        from loadbench_gui.engine.transport.websocket.modes import carriers as sockets

        return sockets(load)
    if has_uploads(load.workload):
        return UploadConnection
    return _FAST[is_scheduled(load.workload.shape), mixed]


def is_scheduled(shape: LoadShape) -> bool:
    """Whether requests have a due time of their own; otherwise they are due when they are sent."""
    return isinstance(shape, OpenLoad) or shape.think_s > 0


_FAST: Final[dict[tuple[bool, bool], Maker]] = {
    (False, False): ClosedConnection,
    (False, True): ClosedMixConnection,
    (True, False): OpenConnection,
    (True, True): OpenMixConnection,
}
"""By whether requests are scheduled, and whether they are mixed."""

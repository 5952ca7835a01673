"""Which class of connection carries a load: by its client, and by who decides when to send."""

from __future__ import annotations

from loadbench_gui.core.plan import Load, OpenLoad
from loadbench_gui.engine.transport.carrier import Maker
from loadbench_gui.engine.transport.hot import ClosedConnection, OpenConnection


def maker(load: Load) -> Maker:
    """Return what makes the connections of `load`. httpx is imported only where it is asked for."""
    if load.client.name == "httpx":
        from loadbench_gui.engine.transport.httpx_connection import HttpxConnection

        return HttpxConnection
    return OpenConnection if isinstance(load.workload.shape, OpenLoad) else ClosedConnection

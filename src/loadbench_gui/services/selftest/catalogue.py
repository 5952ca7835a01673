"""Every check that needs no window, in the order in which they are run. One line here adds one.

What a check tries is imported when its turn comes: the names must be known at once, and the window's first paint must
not wait for anything else.
"""

from __future__ import annotations

from importlib import import_module
from typing import Final

from loadbench_gui.services.selftest.outcome import Check, Probe
from loadbench_gui.services.selftest.scratch import Scratch


def of(module: str, function: str) -> Probe:
    """Return the function of a module beside this one, imported when it is called."""

    async def call(place: Scratch) -> str:
        tried: Probe = getattr(import_module(f"{__package__}.{module}"), function)
        return await tried(place)

    return call


CHECKS: Final = (
    Check("version", "Version", "The program and its metadata are of one version.", of("shipped", "version")),
    Check("files", "Files that ship", "Profiles, resources and migrations are all there.", of("shipped", "files")),
    Check("folders", "Places to write", "The history can be kept where it belongs.", of("shipped", "folders")),
    Check("profiles", "Profiles", "Each reads back as it was written.", of("profiles", "round_trip")),
    Check("history", "History", "What is kept reads back as it was.", of("history", "create_and_read_back")),
    Check("migrations", "Migrations", "Older histories are migrated, newer ones refused.", of("history", "migrate")),
    Check("svg", "Charts as SVG", "Each series has its colour, and only with data.", of("pictures", "to_svg")),
    Check("report", "HTML report", "A clear difference is called by its name.", of("reports", "report")),
    Check("authorities", "Certificate authorities", "https targets can be verified.", of("tls", "authorities")),
    Check("tls", "TLS", "A certificate that nobody vouches for is refused.", of("tls", "encrypted_traffic")),
    Check("memory", "Process-tree memory", "It is read, children included.", of("processes", "memory_is_read")),
    Check("worker", "Worker process", "It is spawned, and has no Qt in it.", of("processes", "worker_spawns"), 30.0),
    Check("http-workers", "HTTP, worker processes", "Both sides count alike.", of("traffic", "through_workers"), 45.0),
    Check("http-in-app", "HTTP, in the app", "Both sides count alike.", of("traffic", "in_app"), 30.0),
    Check("sse", "Server-sent events", "Each comes, and is counted.", of("events", "streams"), 30.0),
    Check("websocket", "WebSocket", "Each message comes back.", of("events", "echoes"), 30.0),
    Check("comparison", "Three-way comparison", "Real servers get a verdict.", of("comparison", "three_way"), 120.0),
)  # fmt: skip

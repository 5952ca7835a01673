"""Every check that needs no window, in the order in which they are run. One line here adds one."""

from __future__ import annotations

from typing import Final

from loadbench_gui.services.selftest import comparison, history, pictures, processes, profiles, reports, shipped, tls
from loadbench_gui.services.selftest.outcome import Check
from loadbench_gui.services.selftest.traffic import in_app, through_workers

CHECKS: Final = (
    Check("version", "Version", "The program and its metadata are of one version.", shipped.version),
    Check("files", "Files that ship", "Profiles, resources and migrations are all there.", shipped.files),
    Check("folders", "Places to write", "The history can be kept where it belongs.", shipped.folders),
    Check("profiles", "Profiles", "Each reads back as it was written.", profiles.round_trip),
    Check("history", "History", "What is kept reads back as it was.", history.create_and_read_back),
    Check("migrations", "Migrations", "Older histories are migrated, newer ones refused.", history.migrate),
    Check("svg", "Charts as SVG", "Each series' colour is there with data and absent without.", pictures.to_svg),
    Check("report", "HTML report", "A clear difference is called by its name, in one file.", reports.report),
    Check("authorities", "Certificate authorities", "https targets can be verified.", tls.authorities),
    Check("tls", "TLS", "A certificate that nobody vouches for is refused.", tls.encrypted_traffic),
    Check("memory", "Process-tree memory", "It is read, children included.", processes.memory_is_read),
    Check("worker", "Worker process", "It is spawned, and has no Qt in it.", processes.worker_spawns, 30.0),
    Check("http-workers", "HTTP, worker processes", "Both sides count the same requests.", through_workers, 45.0),
    Check("http-in-app", "HTTP, in the app", "Both sides count the same requests.", in_app, 30.0),
    Check("sse", "Server-sent events", "Streams come with a later version."),
    Check("websocket", "WebSocket", "WebSockets come with a later version."),
    Check("comparison", "Three-way comparison", "Three real servers get a verdict.", comparison.three_way, 120.0),
)  # fmt: skip

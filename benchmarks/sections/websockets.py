"""WebSockets: round trips, held connections, planted faults, and the bundled servers compared on fan-out."""

from __future__ import annotations

from benchmarks.document import Section
from benchmarks.options import Options
from benchmarks.sockets import echo, fanout, held, planted

PARTS = {"echo": echo.measure, "held": held.measure, "planted": planted.measure, "fan-out": fanout.measure}


def measure(options: Options) -> Section:
    """Measure one part after the other."""
    parts = [measure_part(options) for measure_part in PARTS.values()]
    return Section(
        "websockets",
        "WebSockets",
        f"`{options.command('websockets')}`; what each part does is said in it.",
        "\n\n".join(part.text() for part in parts),
        tuple(limit for part in parts for limit in part.limits),
    )

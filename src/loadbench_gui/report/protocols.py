"""What only runs of one protocol have, as the result document says it: `stream`, `websocket`.

Both are null for other protocols. Inside, a Q without samples says so, and what a load never did counts zero.
"""

from __future__ import annotations

from loadbench_gui.core.plan import SocketSettings
from loadbench_gui.core.quantiles import summarise
from loadbench_gui.core.run import Run
from loadbench_gui.core.streaming import StreamTally
from loadbench_gui.core.verdict import Metric
from loadbench_gui.core.websocket import SocketTally
from loadbench_gui.report.figure import finite, q
from loadbench_gui.report.sent import Json
from loadbench_gui.stats.kinds import kind_of
from loadbench_gui.stats.sample import metric_value


def protocols(run: Run) -> Json:
    """Return the keys `stream` and `websocket` of a run."""
    kind = run.workload.kind
    return {"stream": _stream(run) if kind == "stream" else None, "websocket": _socket(run) if kind == "ws" else None}


def throughput_rps(run: Run) -> float | None:
    """Return the run's throughput; null for loads that have none, such as connections that are only held."""
    return None if kind_of(run.workload).throughput else run.throughput_rps


def _stream(run: Run) -> Json:
    tally = run.measured.stream or StreamTally()
    return {
        "kind": run.workload.stream.kind if run.workload.stream else None,
        "headers_us": q(summarise(tally.headers)),
        "first_event_us": q(summarise(tally.first_event)),
        "first_content_us": q(summarise(tally.first_content)),
        "gap_us": q(summarise(tally.gap)),
        "longest_stall_us": tally.longest_stall_us,
        "events": tally.events,
        "events_per_s": _per_second(tally.events, run),
        "events_per_read": q(summarise(tally.per_read)),
        "complete": tally.complete,
        "truncated": tally.truncated,
        "left": tally.left,
        "reconnected": tally.reconnected,
    }


def _socket(run: Run) -> Json:
    tally = run.measured.websocket or SocketTally()
    settings = run.workload.websocket or SocketSettings()
    # Where nobody knows how many there should have been, none is no figure.
    known = tally.knows_losses(settings.mode)
    return {
        "mode": run.workload.websocket.mode if run.workload.websocket else None,
        "handshake_us": q(summarise(run.traffic.upgrade)),
        "rtt_us": q(summarise(tally.rtt)),
        "ping_us": q(summarise(tally.ping)),
        "gap_us": q(summarise(tally.gap)),
        "fanout_us": q(summarise(tally.fanout)),
        "skew_us": q(summarise(tally.skew)),
        "messages_sent": tally.sent,
        "messages_received": tally.received,
        "messages_received_per_s": _per_second(tally.received, run),
        "lost": tally.lost if known else None,
        "duplicated": tally.duplicated if known else None,
        "reordered": tally.reordered if known else None,
        "stray": tally.stray,
        "pings_unanswered": tally.pings_unanswered if settings.ping_every_s > 0 else None,
        "longest_silence_us": tally.longest_silence_us if settings.mode == "push" else None,
        "close_codes": {str(code): n for code, n in sorted(tally.close_codes.items())},
        "memory_per_connection_bytes": finite(metric_value(run, Metric.MEMORY_PER_CONNECTION)),
    }


def _per_second(n: int, run: Run) -> float | None:
    return n / run.duration_s if run.duration_s > 0 else None

"""What streams and WebSockets put into an interval of a live run, made up: plain intervals with what only they have."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.plan import SocketSettings, StreamSettings, Workload
from loadbench_gui.core.run import Interval
from loadbench_gui.core.snapshot import Tally
from loadbench_gui.core.streaming import StreamTally
from loadbench_gui.core.websocket import SocketTally

EVENTS_EACH = 20
GAP_US = 10_000


def of_kind(rng: np.random.Generator, plain: Interval, workload: Workload, *, stalled: bool = False) -> Interval:
    """Return the interval as a load of this kind would have it; stalled: events come eight times as far apart."""
    slow = 8 if stalled else 1
    match workload.kind:
        case "http":
            return plain
        case "stream":
            made = [_streamed(rng, t, workload, slow) for t in (plain.measured, plain.warmup)]
            traffic = plain.traffic
        case "ws":
            made = [_on_sockets(rng, t, workload, slow) for t in (plain.measured, plain.warmup)]
            opened = plain.traffic.opened
            traffic = replace(plain.traffic, upgrade=Histogram.of(rng.integers(300, 2_500, opened)), reused=0)
    return replace(plain, measured=made[0], warmup=made[1], traffic=traffic)


def _streamed(rng: np.random.Generator, tally: Tally, workload: Workload, slow: int) -> Tally:
    if not tally.issued:
        return tally
    settings = workload.stream or StreamSettings()
    n, cut = tally.succeeded, tally.failed + tally.timed_out
    gaps = _spread(rng, GAP_US * slow, n * (EVENTS_EACH - 1))
    stream = StreamTally(
        headers=tally.first_byte,
        first_event=tally.service,
        first_content=tally.service,
        gap=gaps,
        per_read=Histogram.of(rng.integers(1, 3, n * EVENTS_EACH * 2 // 3)),
        longest_stall_us=int(gaps.max_us or 0) + 400,
        events=n * EVENTS_EACH,
        complete=0 if settings.endless else n,
        truncated=cut,
    )
    return _silent(tally, stream=stream) if settings.endless else replace(tally, stream=stream)


def _on_sockets(rng: np.random.Generator, tally: Tally, workload: Workload, slow: int) -> Tally:
    if not tally.issued:
        return tally
    settings, n = workload.websocket or SocketSettings(), tally.succeeded
    subscribers = workload.shape.connections
    match settings.mode:
        case "echo":
            return replace(tally, websocket=SocketTally(rtt=tally.service, sent=n, received=n))
        case "push":
            gaps = _spread(rng, 2 * GAP_US * slow, n)
            return replace(_silent(tally), succeeded=n, issued=n, websocket=SocketTally(gap=gaps, received=n))
        case "fanout":
            each, skew = _spread(rng, 1_200 * slow, n * subscribers), _spread(rng, 900 * slow, n)
            return replace(tally, websocket=SocketTally(fanout=each, skew=skew, sent=n, received=n * subscribers))
        case "hold":
            return _silent(tally, websocket=SocketTally(ping=_spread(rng, 300 * slow, 64)))


def _silent(tally: Tally, *, stream: StreamTally | None = None, websocket: SocketTally | None = None) -> Tally:
    """Requests that take the whole run, or no time at all."""
    return Tally(failed=tally.failed, timed_out=tally.timed_out, issued=tally.failed + tally.timed_out,
                 errors=tally.errors, stream=stream, websocket=websocket)  # fmt: skip


def _spread(rng: np.random.Generator, middle_us: int, count: int) -> Histogram:
    drawn = middle_us * np.exp(rng.normal(0.0, 0.25, count))
    return Histogram.of(np.asarray(np.where(rng.random(count) < 0.004, drawn * 5, drawn), np.int64))

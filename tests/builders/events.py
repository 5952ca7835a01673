"""Runs of streams and WebSockets: made of plain ones, with what only they have put in, so that all counts agree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from builders.runs import ARMS, OPEN, Arm, make_run, make_workload
from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.plan import LoadShape, Request, SocketMode, SocketSettings, StreamSettings, Workload
from loadbench_gui.core.run import Interval, Run
from loadbench_gui.core.shape import ClosedLoad
from loadbench_gui.core.snapshot import ErrorKind, Tally
from loadbench_gui.core.streaming import StreamTally
from loadbench_gui.core.websocket import SocketTally

EVENTS_EACH = 20
"""How many events a made-up stream has, 10 ms apart."""
SUBSCRIBERS = 64


def make_stream_workload(
    name: str = "events", shape: LoadShape = OPEN, *, settings: StreamSettings | None = None
) -> Workload:
    """A stream of twenty server-sent events."""
    settings = settings or StreamSettings("sse", events=EVENTS_EACH, content="text")
    return replace(make_workload(name, shape), kind="stream", request=Request("GET", f"/{name}"), stream=settings)


def make_socket_workload(
    mode: SocketMode = "echo", shape: LoadShape | None = None, *, settings: SocketSettings | None = None
) -> Workload:
    """A WebSocket load; pushing and holding are closed."""
    shape = shape or (OPEN if mode in ("echo", "fanout") else ClosedLoad(SUBSCRIBERS))
    settings = settings or SocketSettings(mode)
    return replace(make_workload(mode, shape), kind="ws", request=Request("GET", "/ws"), websocket=settings)


def make_stream_run(
    arm: Arm = ARMS[0],
    *,
    workload: Workload | None = None,
    errors: dict[ErrorKind, int] | None = None,
    order: int = 0,
    round: int = 0,  # noqa: A002 - the contract's word
    rate_rps: float = 400.0,
) -> Run:
    """A run of streams; those of `errors` were cut after their first event."""
    workload = workload or make_stream_workload()
    plain = make_run(arm, workload=workload, errors=errors, order=order, round=round, rate_rps=rate_rps)
    rng = np.random.default_rng(order)
    return _with_intervals(plain, [_streaming(rng, interval) for interval in plain.intervals])


def make_socket_run(
    mode: SocketMode = "echo",
    arm: Arm = ARMS[0],
    *,
    workload: Workload | None = None,
    planted: Mapping[str, int] | None = None,
    close_codes: Mapping[int, int] | None = None,
    order: int = 0,
    round: int = 0,  # noqa: A002 - the contract's word
    rate_rps: float = 400.0,
) -> Run:
    """A run of WebSockets. planted: counts (lost, duplicated...) that the last interval adds."""
    workload = workload or make_socket_workload(mode)
    plain = make_run(arm, workload=workload, order=order, round=round, rate_rps=rate_rps)
    rng = np.random.default_rng(order)
    made = [_on_sockets(rng, mode, interval) for interval in plain.intervals]
    if mode == "hold":
        made = _held(made, workload.shape.connections)
    last = made[-1]
    odd = replace(SocketTally(close_codes=close_codes or {}), **(planted or {}))  # type: ignore[arg-type]
    made[-1] = replace(last, measured=last.measured + Tally(websocket=odd))
    traffic = replace(made[0].traffic, upgrade=Histogram.of(rng.integers(300, 900, workload.shape.connections)))
    made[0] = replace(made[0], traffic=traffic)
    return _with_intervals(plain, made)


def _with_intervals(run: Run, intervals: list[Interval]) -> Run:
    measured = sum((i.measured for i in intervals), Tally())
    traffic = replace(sum((i.traffic for i in intervals[1:]), intervals[0].traffic), open_connections=0)
    connections = run.workload.shape.connections
    return replace(
        run,
        intervals=tuple(intervals),
        measured=measured,
        traffic=replace(traffic, open_connections=connections),
        peak_connections=connections,
        requests_per_process=None,
    )


def _streaming(rng: np.random.Generator, interval: Interval) -> Interval:
    return replace(interval, measured=_stream_tally(rng, interval.measured), warmup=_stream_tally(rng, interval.warmup))


def _stream_tally(rng: np.random.Generator, tally: Tally) -> Tally:
    if not tally.issued:
        return tally
    cut = tally.failed + tally.timed_out
    first = tally.service + Histogram.of([2_000] * cut)
    gaps = Histogram.of(np.asarray(rng.normal(10_000, 400, tally.succeeded * (EVENTS_EACH - 1)), np.int64))
    reads = Histogram.of(rng.integers(1, 4, max(1, tally.succeeded * EVENTS_EACH // 2)))
    return replace(
        tally,
        download=Histogram.of([10_000 * (EVENTS_EACH - 1)] * tally.succeeded),
        stream=StreamTally(
            headers=tally.first_byte,
            first_event=first,
            first_content=first,
            gap=gaps,
            per_read=reads,
            longest_stall_us=int(gaps.max_us or 0) + 4_000,
            events=tally.succeeded * EVENTS_EACH + cut,
            complete=tally.succeeded,
            truncated=cut,
        ),
    )


def _on_sockets(rng: np.random.Generator, mode: SocketMode, interval: Interval) -> Interval:
    def tally(of: Tally) -> Tally:
        return _socket_tally(rng, mode, of) if of.issued else of

    return replace(interval, measured=tally(interval.measured), warmup=tally(interval.warmup))


def _socket_tally(rng: np.random.Generator, mode: SocketMode, tally: Tally) -> Tally:
    bare = replace(tally, first_byte=Histogram(), download=Histogram(), status_codes={})
    silent = replace(
        bare, service=Histogram(), scheduled=Histogram(), dispatch_lag=Histogram(), connection_wait=Histogram()
    )
    n = tally.succeeded
    match mode:
        case "echo":
            return replace(bare, websocket=SocketTally(rtt=tally.service, sent=n, received=n))
        case "push":
            gaps = Histogram.of(np.asarray(rng.normal(20_000, 900, n), np.int64))
            return replace(silent, websocket=SocketTally(gap=gaps, received=n))
        case "fanout":
            each = Histogram.of(rng.integers(400, 2_500, n * SUBSCRIBERS))
            skew = Histogram.of(rng.integers(900, 1_500, n))
            return replace(bare, websocket=SocketTally(fanout=each, skew=skew, sent=n, received=n * SUBSCRIBERS))
        case "hold":
            pings = Histogram.of(rng.integers(150, 400, 64))
            return replace(silent, issued=0, succeeded=0, websocket=SocketTally(ping=pings))


def _held(intervals: list[Interval], connections: int) -> list[Interval]:
    """All connections are issued at once and have succeeded at the end."""
    made = [replace(i, traffic=replace(i.traffic, completed=0, reused=0)) for i in intervals]
    last = made[-1]
    held = replace(last.measured, issued=connections, succeeded=connections)
    made[-1] = replace(last, measured=held, traffic=replace(last.traffic, completed=connections))
    return made

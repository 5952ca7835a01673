"""How figures are written, in one place and one locale: the report, the terminal and the window agree to the letter.

Commas group thousands, a point is decimal, a narrow no-break space stands before a unit, and minus is a minus sign.
What is not known is a dash.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from loadbench_gui.core.plan import ClosedLoad, LoadShape, OpenLoad, SocketSettings, StreamSettings, Workload
from loadbench_gui.core.verdict import Metric, Verdict
from loadbench_gui.stats import notation
from loadbench_gui.stats.kinds import kind_of
from loadbench_gui.stats.wording import beyond

NARROW: Final = "\u202f"
MINUS: Final = notation.MINUS
UNKNOWN: Final = "\u2013"
MIB: Final = 1024 * 1024
_SHORT_S: Final = 0.01  # Below this, seconds have too many zeros to be read.

METRIC_LABELS: Final[dict[Metric, str]] = {
    Metric.THROUGHPUT: "Throughput",
    Metric.P50: "p50, scheduled",
    Metric.P90: "p90, scheduled",
    Metric.P99: "p99, scheduled",
    Metric.P99_9: "p99.9, scheduled",
    Metric.SERVICE_P50: "p50, service",
    Metric.SERVICE_P99: "p99, service",
    Metric.FIRST_EVENT_P50: "First event, p50",
    Metric.GAP_P99: "Gap, p99",
    Metric.RTT_P50: "Round trip, p50",
    Metric.RTT_P99: "Round trip, p99",
    Metric.FANOUT_P50: "Fan-out, p50",
    Metric.FANOUT_P99: "Fan-out, p99",
    Metric.MEMORY_PEAK: "Memory, peak",
    Metric.MEMORY_IDLE: "Memory, idle",
    Metric.MEMORY_PER_CONNECTION: "Memory per connection",
    Metric.CPU_PER_1K: "CPU per 1,000",
    Metric.STARTUP: "Start-up",
}

VERDICT_WORDS: Final[dict[Verdict, str]] = {**{v: v.value for v in Verdict}, Verdict.NONE: "no verdict"}

VERDICT_TONES: Final[dict[Verdict, str]] = {
    Verdict.FASTER: "good",
    Verdict.LESS: "good",
    Verdict.SLOWER: "error",
    Verdict.MORE: "error",
    Verdict.EQUIVALENT: "muted",
    Verdict.MEASURABLE: "text",
    Verdict.INCONCLUSIVE: "warning",
    Verdict.NONE: "warning",
    Verdict.UNDETERMINED: "warning",
}
"""The colour role of a verdict's pill. The word always stands beside it."""


significant = notation.significant
latency_parts = notation.duration_parts
rate_figure = notation.rate


def latency(us: float | None) -> str:
    """Write a latency given in us: "850 µs", "1.42 ms", "12.0 s"."""
    return UNKNOWN if us is None else NARROW.join(latency_parts(us))


def seconds(s: float | None) -> str:
    """Write a length of time given in seconds: "1.60 ms", "0.25 s", "4 s", "3 min 10 s"."""
    if s is None:
        return UNKNOWN
    if 0 < s < _SHORT_S:
        return latency(s * 1e6)
    if s < 60:
        return f"{s:.3g}{NARROW}s"
    minutes, rest = divmod(round(s), 60)
    return f"{minutes}{NARROW}min" + (f" {rest}{NARROW}s" if rest else "")


def cpu_seconds(s: float | None) -> str:
    """Write CPU seconds per 1,000 requests: "0.112 s", "1.12 ms"."""
    if s is None:
        return UNKNOWN
    return latency(s * 1e6) if 0 < s < _SHORT_S else f"{significant(s)}{NARROW}s"


def memory_parts(count_bytes: float) -> tuple[str, str]:
    """Split bytes into figure and unit: ("51.3", "MiB")."""
    mib = count_bytes / MIB
    return (f"{mib:,.1f}", "MiB") if mib < 10_240 else (f"{mib / 1024:,.1f}", "GiB")


def memory(count_bytes: float | None) -> str:
    """Write bytes: "51.3 MiB"."""
    return UNKNOWN if count_bytes is None else NARROW.join(memory_parts(count_bytes))


def size(count_bytes: float | None) -> str:
    """Write bytes in the unit that suits: "32 B", "12.3 KiB", "51.3 MiB"."""
    if count_bytes is None:
        return UNKNOWN
    if count_bytes < 1024:
        return f"{count_bytes:.0f}{NARROW}B"
    return memory(count_bytes) if count_bytes >= MIB else f"{significant(count_bytes / 1024)}{NARROW}KiB"


def count(n: int | None) -> str:
    """Write a count: "48,120"."""
    return UNKNOWN if n is None else f"{n:,}"


def rate(rps: float | None, counted: str = "requests") -> str:
    """Write how many a second: "2,000 requests/s"."""
    return UNKNOWN if rps is None else f"{rate_figure(rps)}{NARROW}{counted}/s"


def percent(fraction: float | None) -> str:
    """Write a fraction as a percentage: "2.1 %", "23 %", "0 %"."""
    return UNKNOWN if fraction is None else notation.percent(fraction).replace(" ", NARROW)


def _signed(ratio: float) -> str:
    """Write a difference with a decimal below ten, which others under it in the column align with: +4.0, −12."""
    value = (ratio - 1) * 100
    text = f"{abs(value):.1f}" if abs(value) < 9.95 else f"{abs(value):,.0f}"
    if -100 < value <= -99.5:  # What is not all of it never reads as 100 %.
        text = notation.percent(1 - ratio).removesuffix(" %")
    if text == "0.0":
        return "0"
    return f"{MINUS if value < 0 else '+'}{text}"


def change(ratio: float | None) -> str:
    """Write a ratio as the difference it makes: 0.77 -> "−23 %", 1.042 -> "+4.2 %"."""
    return UNKNOWN if ratio is None else f"{_signed(ratio)}{NARROW}%"


def change_interval(interval: tuple[float, float] | None) -> str:
    """Write an interval of ratios as differences: "−27 to −19 %"; one that says nothing as "< −99 to > +900 %"."""
    if interval is None:
        return UNKNOWN
    low, high = interval
    return f"{_bound(low, high)} to {_bound(high, low)}{NARROW}%"


def _bound(ratio: float, other: float) -> str:
    """Write a bound; beyond what a reader can picture, only that it lies beyond, as sentences do."""
    if ratio < 0.005:  # There is no room here for what distinguishes 99.8 from 99.9 %.
        return f"<{NARROW}{MINUS}99"
    return f">{NARROW}+900" if beyond(ratio, other) else _signed(ratio)


def p_value(p: float | None) -> str:
    """Write a p-value; below a thousandth only that it is."""
    if p is None:
        return UNKNOWN
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def metric_value(metric: Metric, value: float | None, counted: str = "requests") -> str:
    """Write a value in the metric's own unit (us, requests/s, bytes, s). counted: what a throughput is made of."""
    if value is None:
        return UNKNOWN
    match metric:
        case Metric.THROUGHPUT:
            return rate(value, counted)
        case Metric.MEMORY_PEAK | Metric.MEMORY_IDLE:
            return memory(value)
        case Metric.MEMORY_PER_CONNECTION:
            return size(value)
        case Metric.CPU_PER_1K:
            return cpu_seconds(value)
        case Metric.STARTUP:
            return seconds(value)
        case _:
            return latency(value)


def moment(iso: str) -> str:
    """Write an ISO 8601 time for people: "22 Nov 2026 12:44". What does not parse is shown as it is."""
    try:
        when = datetime.fromisoformat(iso)
    except ValueError:
        return iso
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    zone = " UTC" if when.utcoffset() is not None and not when.utcoffset() else ""
    return f"{when.day} {months[when.month - 1]} {when.year} {when:%H:%M}{zone}"


def shape(load: LoadShape, counted: str = "requests") -> str:
    """Say how the load is shaped: "open loop, 0 → 2,000 requests/s, constant arrivals, 64 connections"."""
    match load:
        case ClosedLoad():
            about = "about " if load.thinking == "exponential" else ""
            pause = f", thinking {about}{_pause(load.think_s)} between {counted}" if load.think_s else ""
            return f"closed loop, {plural(load.connections, 'connection')}{pause}"
        case OpenLoad():
            path = " → ".join(map(rate_figure, _rates(load)))
            pace = f"{path}{NARROW}{counted}/s, {load.arrival} arrivals"
            return f"open loop, {pace}, {plural(load.connections, 'connection')}"


def _pause(s: float) -> str:
    """Write a pause in the unit that suits: "200 ms", "1.5 s"."""
    return latency(s * 1e6) if s < 1 else seconds(s)


def _rates(load: OpenLoad) -> Iterator[float]:
    """Yield the rates that stages move through, level stretches left out."""
    reached = load.rate_rps
    yield reached
    for stage in load.stages:
        if stage.rate_rps != reached:
            reached = stage.rate_rps
            yield reached


def load(w: Workload) -> str:
    """Say how hard a workload asks: closed loops without a request of ours to wait for are only connections."""
    kind = kind_of(w)
    return shape(w.shape, kind.counted) if kind.paced else plural(w.shape.connections, "connection")


def workload(w: Workload) -> str:
    """Say what is asked and how hard, in one line."""
    warm = f"{seconds(w.warmup_s)} warm-up, then " if w.warmup_s else ""
    others = f" and {plural(len(w.also), 'other request')}" if w.also else ""
    parts = (f"{_asked(w)}{others}", *read_as(w), load(w), f"{warm}{seconds(w.duration_s)} measured")
    return " · ".join(parts)


def _asked(w: Workload) -> str:
    """A WebSocket's handshake is always a GET, and nothing is asked for with it."""
    return f"WebSocket {w.request.path}" if w.kind == "ws" else f"{w.request.method} {w.request.path}"


def read_as(w: Workload) -> Iterator[str]:
    """Yield what is done with the answer, where it is no plain one: "100 server-sent events", "echo of 32 B"."""
    if w.stream is not None:
        yield _stream(w.stream)
    if w.websocket is not None:
        yield _socket(w.websocket)


_STREAMS: Final = {"chunked": "chunks", "sse": "server-sent events", "ndjson": "lines of JSON"}


def _stream(asked: StreamSettings) -> str:
    """Say how a body is read: "100 server-sent events", "lines of JSON, endless"."""
    name = _STREAMS[asked.kind]
    return (f"{count(asked.events)} {name}" if asked.events else name) + (", endless" if asked.endless else "")


def _socket(asked: SocketSettings) -> str:
    """Say what is done on a WebSocket: "echo of 32 B", "fan-out of 32 B from 1 publisher"."""
    written = f"{size(asked.length_bytes)}{', compressed' if asked.compress else ''}"
    match asked.mode:
        case "echo":
            return f"echo of {written}"
        case "fanout":
            return f"fan-out of {written} from {plural(asked.publishers, 'publisher')}"
        case "push":
            return "pushed messages"
        case "hold":
            return f"held, pinged every {_pause(asked.ping_every_s)}" if asked.ping_every_s else "held"


def plural(n: int, noun: str) -> str:
    """Write a count with its noun: "1 run", "12 runs"."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"

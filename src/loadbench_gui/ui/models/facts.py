"""The counts of the stream and WebSocket panel, as words: what came, what is missing, how it ended."""

from __future__ import annotations

from dataclasses import dataclass

from loadbench_gui.core.plan import SocketSettings, StreamSettings, Workload
from loadbench_gui.core.quantiles import supported_quantile
from loadbench_gui.report import words
from loadbench_gui.report.palette import Role
from loadbench_gui.stats.sample import LEAST_CONNECTIONS
from loadbench_gui.ui.models.live import LiveModel
from loadbench_gui.ui.models.panel import Totals

MANY_CODES = 3
NOT_KNOWN = "not known"
"""Of messages that carry no numbers nobody can say how many there should have been."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A count or a time of the run so far; role colours what is wrong, which its name says as well."""

    name: str
    value: str
    role: Role = Role.TEXT


def facts(model: LiveModel) -> tuple[Fact, ...]:
    """Return the facts of the run that is on: always the same ones for one workload, so that nothing jumps."""
    workload = model.workload_of(model.label)
    if workload is None or model.run is None or model.run.panel is None:
        return ()
    total = model.run.panel.total
    if workload.kind == "stream":
        return _of_streams(total, workload.stream or StreamSettings())
    return _of_sockets(total, workload, _per_connection(model, total))


def _of_streams(total: Totals, settings: StreamSettings) -> tuple[Fact, ...]:
    ended = (
        Fact("left at the end", words.count(total.left))
        if settings.endless
        else Fact("reconnected", words.count(total.reconnected))
    )
    per_read = words.significant(total.read_events / total.reads, 2) if total.reads else words.UNKNOWN
    return (
        Fact("complete", words.count(total.complete)),
        _bad("truncated", total.truncated),
        ended,
        Fact("events", words.count(total.events)),
        Fact("longest stall", words.latency(total.longest_stall_us or None)),
        Fact("events a read", per_read),
    )


def _of_sockets(total: Totals, workload: Workload, per_connection: str) -> tuple[Fact, ...]:
    settings = workload.websocket or SocketSettings()
    wanted = words.count(workload.shape.connections)
    always = (
        Fact("open", f"{words.count(total.open)} of {wanted}"),
        Fact("handshake p50", words.latency(supported_quantile(total.handshakes, 0.5))),
        Fact("memory each", per_connection),
        Fact("closed", _closed(total.close_codes), Role.ERROR if total.close_codes else Role.TEXT),
    )
    pings = (_bad("pings unanswered", total.pings_unanswered),) if settings.ping_every_s else ()
    if settings.mode == "hold":
        return (*pings, *always)
    known = total.knows_losses(settings.mode)
    silence = (Fact("longest silence", words.latency(total.longest_silence_us or None)),)
    return (
        _bad("lost", total.lost if known else None),
        _bad("duplicated", total.duplicated if known else None),
        _bad("reordered", total.reordered if known else None),
        _bad("stray", total.stray),
        *(silence if settings.mode == "push" else ()),
        *pings,
        *always,
    )


def _bad(name: str, count: int | None) -> Fact:
    if count is None:
        return Fact(name, NOT_KNOWN)
    return Fact(name, words.count(count), Role.ERROR if count else Role.TEXT)


def _closed(codes: dict[int, int]) -> str:
    """Say how the server closed connections: "1000 × 3, 1006 × 1"."""
    if not codes:
        return "none"
    most = sorted(codes.items(), key=lambda item: (-item[1], item[0]))
    said = ", ".join(f"{code} × {words.count(count)}" for code, count in most[:MANY_CODES])
    return said if len(most) <= MANY_CODES else f"{said}, …"


def _per_connection(model: LiveModel, total: Totals) -> str:
    """Say what each connection takes at the server: the growth of its memory over the most that were open at once."""
    watched = model.targets.get(model.label.deployment) if model.label else None
    if watched is None or watched.idle_bytes is None or watched.peak_bytes is None:
        return words.UNKNOWN
    if total.most_open < LEAST_CONNECTIONS:
        return words.UNKNOWN
    return words.size((watched.peak_bytes - watched.idle_bytes) / total.most_open)

"""Quantiles side by side with the server's own log, for delays drawn from known distributions."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from benchmarks import rated, truth
from benchmarks.document import Limit, Section
from benchmarks.machine import GENERATOR_CPU, SERVER_CPU
from benchmarks.options import Options
from benchmarks.quantiles import HEAD, cells, quantiles
from benchmarks.tables import number, table

DISTRIBUTIONS = {
    "constant 5 ms": "constant:5",
    "exponential, mean 5 ms": "exponential:5",
    "lognormal, mean 5 ms, sigma 1": "lognormal:5:1",
    "bimodal, four in five 2 ms, the others 17 ms": "bimodal:2:17:0.2",
}
INSTANT_LIMITS_US = (120.0, 60.0)
CLOSED = frozenset({"wrk"})


@dataclass(frozen=True)
class Row:
    """One claim beside the truth of the same requests, both in microseconds."""

    name: str
    clock: str
    count: int
    claimed: rated.Quantiles
    true: dict[str, float]


def measure(options: Options) -> Section:
    """Ask one server after the other; in each distribution the generators take turns."""
    seconds, rounds = options.pick_seconds(11.0, 2.0), options.pick_rounds(5, 1)
    instant_s = 4.0 if not options.quick else 2.0
    chosen, missing = rated.available(options.wants)
    parts = []
    for title, delay in DISTRIBUTIONS.items():
        rows = [row for one in chosen for row in _ask(one, delay, seconds)]
        parts += [f"### {title}", table(("generator", "clock", "requests", *HEAD), map(_cells, rows))]
    instant = [one for one in chosen if one.name not in CLOSED]
    rows = [row for _ in range(rounds) for one in instant for row in _ask(one, "instant", instant_s)]
    parts += ["### a server that answers at once", _instant_table(rows), *missing]
    above = _above([r for r in rows if (r.name, r.clock) == ("loadbench", "scheduled")])
    what = f"scheduled p50 of an instant server at {rated.RATE_RPS:,}/s above its own, median of {rounds}"
    return Section(
        "truth",
        "Quantiles beside the truth",
        _commands(options, chosen, seconds, rounds, instant_s),
        "\n\n".join([EXPLANATION, *parts]),
        (Limit(what, *INSTANT_LIMITS_US, above, " us", higher_is_better=False, digits=0),),
    )


EXPLANATION = """\
Each figure is what the generator claims in milliseconds, and in brackets by how much it is above the same quantile of
the server's own log of the same requests (arrival read to answer written). Every generator meets a fresh server with
the same drawn delays. Service time counts from the actual sending; scheduled latency from the moment at which the
request was due. What is above the log is the way there and back through the kernel, and the generator's own error; the
bare control, which does nothing but send on schedule and stamp, shows how much of it nobody can avoid. A dash: too few
samples for an honest figure, or none given."""


def _ask(one: rated.Rated, delay: str, seconds: float) -> list[Row]:
    """Let one generator ask a fresh server."""
    with truth.serving(delay, cpu=SERVER_CPU) as server:
        claims = one.ask(server, seconds)
        log = server.log()
    rows = []
    for claim in claims:
        part = log.last(claim.last_s) if claim.last_s else log
        rows.append(Row(one.name, claim.clock, part.count, claim.figures, quantiles(part.latencies_us())))
    for row in rows:
        print(f"{delay:18} {row.name:12} {row.clock:9} {row.count:7,} {' '.join(_cells(row)[3:])}", flush=True)
    return rows


def _cells(row: Row) -> list[str]:
    return [row.name, row.clock, number(row.count), *cells(row.claimed, row.true)]


def _above(rows: list[Row]) -> float | None:
    """Return the median of p50 claimed minus p50 true, in microseconds."""
    found = [row.claimed["p50"] - row.true["p50"] for row in rows if row.claimed["p50"] is not None]
    return statistics.median(found) if found else None


def _instant_table(rows: list[Row]) -> str:
    """One line a generator and clock: medians over the rounds of what it is above the server's log."""
    kinds = list(dict.fromkeys((row.name, row.clock) for row in rows))
    lines = []
    for name, clock in kinds:
        mine = [row for row in rows if (row.name, row.clock) == (name, clock)]
        server = statistics.median(row.true["p50"] for row in mine)
        each = [row.claimed["p50"] - row.true["p50"] for row in mine if row.claimed["p50"] is not None]
        above = number(_above(mine))
        lines.append([name, clock, number(server), above, f"{number(min(each))} to {number(max(each))}"])
    return table(("generator", "clock", "server's own p50, us", "p50 above it, us", "lowest to highest"), lines)


def _commands(options: Options, chosen: tuple[rated.Rated, ...], seconds: float, rounds: int, instant_s: float) -> str:
    lines = [
        f"`{options.command('truth')}`: {seconds:g} s for each distribution and"
        f" generator (wrk2 {rated.WRK2_CALIBRATION_S:g} s longer, for its calibration, which is left out of both"
        f" sides); the instant server {rounds} rounds of {instant_s:g} s. Server on core {SERVER_CPU}, generators on"
        f" core {GENERATOR_CPU}.",
        "",
        *(f"- {one.name}: `{one.shown}`" for one in chosen),
    ]
    return "\n".join(lines)

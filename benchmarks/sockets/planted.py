"""Servers that draw, plant and log: round trips, pushed messages and fan-out beside what the server knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from benchmarks import rhythm, shipped
from benchmarks.document import Limit
from benchmarks.machine import SERVER_CPU
from benchmarks.options import Options
from benchmarks.quantiles import HEAD, Floats, beside, cells, quantiles
from benchmarks.sockets.part import Part
from benchmarks.tables import number, table

SEED = ("--seed", "7")
FAULTS = ("--lose", "0.02", "--repeat", "0.02")
STALL_S = 0.5


@dataclass(frozen=True)
class Case:
    """One server and one load. server: its kind and options; load: the command's; seconds are its own."""

    title: str
    server: tuple[str, ...]
    load: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class Seen:
    """What came of it. ours: `websocket` of the result document."""

    case: Case
    ours: dict[str, Any]
    requests: dict[str, int]
    log: rhythm.Log


ECHO = Case(
    "echo: delays drawn, 5 ms on average; one in fifty lost, one in fifty twice",
    ("echo", "--rhythm", "exponential:5", *FAULTS),
    ("--mode", "echo", "-c", "16", "-r", "25", "--timeout", "1s"), 6.0,
)  # fmt: skip
PUSH = Case(
    "push: gaps drawn, 5 ms on average, half a second once; the same faults",
    ("push", "--rhythm", "exponential:5", "--stall", f"500:{STALL_S:g}", *FAULTS, "--plant", "2:5"),
    ("--mode", "push", "-c", "8"), 8.0,
)  # fmt: skip
FANOUT = Case(
    "fan-out: 20 subscribers, 0.2 ms from one to the next",
    ("fanout", "--rhythm", "constant:0.2"),
    ("--mode", "fanout", "-c", "20", "-r", "20", "--timeout", "1s"), 6.0,
)  # fmt: skip
LOSSY = Case(
    "fan-out: the same, one delivery in 500 lost, one in 500 twice",
    ("fanout", "--rhythm", "constant:0.2", "--lose", "0.002", "--repeat", "0.002"),
    FANOUT.load, 6.0,
)  # fmt: skip


def measure(options: Options) -> Part:
    """Take one case after the other."""
    seen = [_see(case, 0.5 if options.quick and case is not PUSH else 1.0) for case in (ECHO, PUSH, FANOUT, LOSSY)]
    echo, push, fanout, lossy = seen
    times = [
        *_row(echo, "round trip", "rtt_us", echo.log.delays_us()),
        *_row(push, "gap", "gap_us", push.log.gaps_us()),
        *_row(fanout, "publication to each subscriber", "fanout_us", fanout.log.delays_us()),
        *_row(fanout, "first to last subscriber", "skew_us", fanout.log.skews_us()),
    ]
    faulty = [echo, push, lossy]
    body = "\n\n".join([TEXT, _commands(seen), table(COLUMNS, times), FAULT_TEXT, _fault_table(faulty)])
    skew = abs(fanout.ours["skew_us"]["max"] - fanout.log.skews_us().max()) / 1e3
    return Part("Beside what the server knows", body, (*_limits(faulty), Limit(
        "longest skew of a fan-out, off the server's log", 5.0, 1.0, skew, " ms", higher_is_better=False,
    )))  # fmt: skip


def _see(case: Case, share: float) -> Seen:
    with rhythm.keeping(*case.server, *SEED, cpu=SERVER_CPU) as server:
        found = shipped.run(server.url, *case.load, "-d", f"{case.seconds * share:g}s", kind="ws")
        seen = Seen(case, found.document["websocket"], dict(found.requests), server.log())
    print(f"{case.title}: {seen.requests} {_faults(seen)}", flush=True)
    return seen


TEXT = """\
The server draws its delays and gaps, plants its faults, and logs what it wrote and when; nothing in the log comes from
us. Milliseconds, and in brackets by how much ours is above the server's: the way there and back, our own error, and
what the server's own turn took. Of pushed messages the log holds a little more than the measured window."""

FAULT_TEXT = """\
What was planted, and what was reported. A message lost on the way back of an echo is one that does not come within the
timeout; of what is pushed, one whose number is passed over; of a fan-out, a delivery."""

COLUMNS = ("server", "what", "by the server", "by us", *HEAD, "longest")


def _row(seen: Seen, what: str, key: str, true: Floats) -> list[list[str]]:
    claimed = seen.ours[key]
    figures = [*cells(claimed, quantiles(true)), beside(claimed["max"], float(true.max()))]
    return [[seen.case.title, what, number(len(true)), number(claimed["count"]), *figures]]


def _faults(seen: Seen) -> list[tuple[str, int, int]]:
    return [("lost", seen.log.lost, seen.ours["lost"]), ("sent twice", seen.log.repeated, seen.ours["duplicated"])]


def _fault_table(faulty: list[Seen]) -> str:
    rows = [
        [seen.case.title, what, number(planted), number(reported)]
        for seen in faulty
        for what, planted, reported in _faults(seen)
    ]
    return table(("server", "what", "planted", "reported"), rows)


def _limits(faulty: list[Seen]) -> tuple[Limit, ...]:
    off = {"lost": 0, "sent twice": 0}
    for seen in faulty:
        for what, planted, reported in _faults(seen):
            off[what] = max(off[what], abs(planted - reported))
    return tuple(
        Limit(f"messages {what} that were planted and not reported, or the other way round", 2, 0, count, "",
              higher_is_better=False, digits=0)
        for what, count in off.items()
    )  # fmt: skip


def _commands(seen: list[Seen]) -> str:
    lines = []
    for case in (one.case for one in seen):
        command = shipped.shown(*case.load, "-d", f"{case.seconds:g}s", kind="ws")
        lines.append(f"- `rhythm_server.py LOG {' '.join(case.server)}`, `{command}`")
    return "\n".join(lines)

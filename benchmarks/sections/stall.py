"""A server that stands still for one second: does the scheduled latency say what arithmetic says?

Two arithmetics, both without us. *The stall alone*: a request due while the server stood still waits until it ended,
any other takes no time. *The server's log*: the moment the k-th answer was written, less the moment the k-th request
was due on the grid of the constant rate; that has the way through the backlog in it.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass

import numpy as np

from benchmarks import shipped, truth
from benchmarks.document import Limit, Section
from benchmarks.machine import SERVER_CPU
from benchmarks.options import Options
from benchmarks.quantiles import quantiles
from benchmarks.tables import milliseconds, number, table

RATE_RPS, CONNECTIONS = 200, 8
WINDOW_S = 6.0
"""One second in six: a sixth of the requests meet the stall, so that p90 is two fifths of it and p99 nearly all."""

STALL_S = (2.5, 1.0)
WITHIN = 0.03
SMALL_SERVICE_MS = 20.0


@dataclass(frozen=True)
class Queued:
    """One run in which what met the stall waited. Latencies in microseconds."""

    stall_s: float
    scheduled: dict[str, float | None]
    service_p99: float | None
    by_log: dict[str, float]
    by_stall: dict[str, float]
    dropped: int
    missing: int


@dataclass(frozen=True)
class Dropped:
    """One run in which what found no connection was dropped. Counts; expected by arithmetic."""

    stall_s: float
    issued: int
    answered: int
    dropped: int
    expected: int
    served: int


def measure(options: Options) -> Section:
    """Freeze a server in some runs of either kind."""
    rounds = options.pick_rounds(3, 1)
    queued, dropped = [], []
    for _ in range(rounds):
        queued.append(queue_run())
        print(queued[-1], flush=True)
        dropped.append(drop_run())
        print(dropped[-1], flush=True)
    return Section(
        "stall",
        "A server that stands still for a second",
        _commands(options, rounds),
        "\n\n".join([QUEUE_TEXT, _queue_table(queued), DROP_TEXT, _drop_table(dropped)]),
        _limits(queued, dropped),
    )


def queue_run() -> Queued:
    """Let requests wait."""
    log, found = _run("queue")
    due = log.due_ns(RATE_RPS)
    begin, end = log.stall_ns
    met = (due >= begin) & (due < end)
    alone = np.where(met, (end - due) / 1e3, 0.0)
    return Queued(
        (end - begin) / 1e9,
        {name: found.scheduled_us[name] for name in ("p90", "p99")},
        found.service_us["p99"],
        quantiles(log.scheduled_us(RATE_RPS)),
        quantiles(alone),
        found.requests["dropped"],
        found.requests["issued"] - log.count,
    )


def drop_run() -> Dropped:
    """Let requests that find no connection be dropped: the first of the stall take the connections, the rest go."""
    log, found = _run("drop")
    due = log.due_ns(RATE_RPS, found.requests["issued"])
    begin, end = log.stall_ns
    expected = max(0, int(np.count_nonzero((due >= begin) & (due < end))) - CONNECTIONS)
    requests = found.requests
    return Dropped(
        (end - begin) / 1e9, requests["issued"], requests["succeeded"], requests["dropped"], expected, log.count
    )


def _run(when_busy: str) -> tuple[truth.Log, shipped.Figures]:
    with truth.serving(stall=STALL_S, cpu=SERVER_CPU) as server:
        found = shipped.run(server.url, *_options(when_busy))
        return server.log(), found


def _options(when_busy: str) -> tuple[str, ...]:
    return "-c", str(CONNECTIONS), "-r", str(RATE_RPS), "-d", f"{WINDOW_S:g}s", "--when-busy", when_busy


QUEUE_TEXT = "What finds no free connection waits (`--when-busy queue`). Milliseconds:"
DROP_TEXT = "What finds no free connection is dropped and counted (`--when-busy drop`):"


def _queue_table(runs: list[Queued]) -> str:
    head = ("run", "quantile", "scheduled", "by the server's log", "ours / that", "by the stall alone", "ours / that")
    rows = [
        [
            f"{index + 1} (stood {run.stall_s:.3f} s)", name, milliseconds(run.scheduled[name]),
            milliseconds(run.by_log[name]), _quotient(run, run.by_log, name),
            milliseconds(run.by_stall[name]), _quotient(run, run.by_stall, name),
        ]
        for index, run in enumerate(runs)
        for name in ("p90", "p99")
    ]  # fmt: skip
    service = ", ".join(milliseconds(run.service_p99) for run in runs)
    return f"{table(head, rows)}\n\nService p99 of these runs: {service} ms."


def _quotient(run: Queued, arithmetic: dict[str, float], name: str) -> str:
    claimed = run.scheduled[name]
    return "–" if claimed is None else f"{claimed / arithmetic[name]:.3f}"


def _drop_table(runs: list[Dropped]) -> str:
    head = ("run", "issued", "answered", "by the server's count", "dropped", "by arithmetic")
    rows = [
        [f"{index + 1} (stood {run.stall_s:.3f} s)", *map(number, _counts(run))]
        for index, run in enumerate(runs)
    ]  # fmt: skip
    return table(head, rows)


def _counts(run: Dropped) -> tuple[int, ...]:
    return run.issued, run.answered, run.served, run.dropped, run.expected


def _off(queued: list[Queued], name: str, arithmetic: str) -> float:
    """Return the median distance of a quantile from an arithmetic, in hundredths of it."""
    tables = [run.by_log if arithmetic == "by_log" else run.by_stall for run in queued]
    return statistics.median(
        100 * abs((run.scheduled[name] or 0.0) / table_[name] - 1) for run, table_ in zip(queued, tables, strict=True)
    )


def _limits(queued: list[Queued], dropped: list[Dropped]) -> tuple[Limit, ...]:
    service = max((run.service_p99 or float("inf")) / 1e3 for run in queued)
    return (
        *(
            Limit(f"scheduled {name} in a stall, off {words}", 100 * WITHIN, 0.0, _off(queued, name, key), " %",
                  higher_is_better=False)
            for key, words in (("by_log", "the server's log"), ("by_stall", "the bare stall"))
            for name in ("p90", "p99")
        ),
        Limit("service p99 in a stall", SMALL_SERVICE_MS, 1.0, service, " ms", higher_is_better=False),
        Limit("requests dropped or missing in a stall", 0, 0, max(run.dropped + abs(run.missing) for run in queued),
              higher_is_better=False, digits=0),
        Limit("dropped with when_busy = drop, off arithmetic", 2, 0,
              max(abs(run.dropped - run.expected) for run in dropped), higher_is_better=False, digits=0),
        Limit("answered with when_busy = drop, off the server's count", 0, 0,
              max(abs(run.answered - run.served) for run in dropped), higher_is_better=False, digits=0),
    )  # fmt: skip


def _commands(options: Options, rounds: int) -> str:
    return (
        f"`{options.command('stall')}`: {rounds} runs of either kind of"
        f" `{shipped.shown(*_options('queue|drop'))}` against a truth server that answers at once, but"
        f" {STALL_S[0]:g} s after the first request sleeps for {STALL_S[1]:g} s and logs when. Its log has no word of"
        " ours in it: the grid of due times is the one on which the arrivals before the stall lie."
    )

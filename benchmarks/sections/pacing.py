"""What pacing costs: CPU and dispatch lag of the kernel's timer and of spinning."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass

from benchmarks import sampling, shipped
from benchmarks.document import Section
from benchmarks.machine import SERVER_CPU
from benchmarks.nginx import Nginx, nginx
from benchmarks.options import Options
from benchmarks.tables import median, number, table

RATES_RPS = (1000, 5000)
PACINGS = ("timer", "spin")
CONNECTIONS = 64
EDGE_S = 1.0


@dataclass(frozen=True)
class Paced:
    """One run. cores: CPU of the worker by the kernel's account, over real time; lags in microseconds."""

    cores: float
    lag_p50_us: float | None
    lag_p99_us: float | None
    scheduled_p50_us: float | None
    service_p50_us: float | None


def measure(options: Options) -> Section:
    """Alternate the ways of pacing at either rate."""
    rounds, seconds = options.pick_rounds(3, 1), options.pick_seconds(5.0, 3.0)
    runs: dict[tuple[int, str], list[Paced]] = {(rate, how): [] for rate in RATES_RPS for how in PACINGS}
    with nginx(SERVER_CPU) as server:
        for _ in range(rounds):
            for rate, how in runs:
                runs[rate, how].append(_run(server, rate, how, seconds))
                print(f"{rate}/s {how}: {runs[rate, how][-1]}", flush=True)
    command = shipped.shown("-c", str(CONNECTIONS), "-r", "RATE", "--pacing", "HOW", "-d", f"{seconds:g}s")
    return Section(
        "pacing",
        "What pacing costs",
        f"`{options.command('pacing')}`: {rounds} rounds of `{command}`, nginx on the other core. Medians.",
        f"{_table(runs)}\n\n{TEXT}",
    )


TEXT = """\
CPU is the worker's, by the kernel's account, in cores. Dispatch lag is the time from the moment a request was due to
the moment it was taken up: our own fault alone. Spinning takes the whole core whatever the rate, and is chosen only
where nothing else needs it."""


def _run(server: Nginx, rate: int, how: str, seconds: float) -> Paced:
    options = ("-c", str(CONNECTIONS), "-r", str(rate), "--pacing", how, "-d", f"{seconds:g}s")
    before = server.requests()
    with shipped.started(server.url, *options) as command:
        worker = command.worker()
        while server.requests() - before < rate * EDGE_S / 2 and not command.is_over:
            time.sleep(0.05)
        first = sampling.cpu_s(worker), time.monotonic()
        time.sleep(max(0.5, seconds - 2 * EDGE_S))
        last = sampling.cpu_s(worker), time.monotonic()
        found = command.end()[1]
    shipped.require_clean(found, f"{rate}/s with {how}")
    return Paced(
        (last[0] - first[0]) / (last[1] - first[1]),
        found.dispatch_lag_us["p50"],
        found.dispatch_lag_us["p99"],
        found.scheduled_us["p50"],
        found.service_us["p50"],
    )


def _table(runs: dict[tuple[int, str], list[Paced]]) -> str:
    head = ("rate, pacing", "cores", "dispatch lag p50, us", "p99, us", "scheduled p50, us", "service p50, us")
    return table(head, [[f"{rate:,}/s, {how}", *_cells(found)] for (rate, how), found in runs.items()])


def _cells(found: list[Paced]) -> list[str]:
    columns = ("lag_p50_us", "lag_p99_us", "scheduled_p50_us", "service_p50_us")
    lags = [median(getattr(run, column) for run in found) for column in columns]
    return [f"{statistics.median(run.cores for run in found):.2f}", *(number(lag) for lag in lags)]

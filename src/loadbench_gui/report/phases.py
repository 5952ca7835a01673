"""Where the time of a request goes, and who answered: the parts of a latency, and each server process's share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.quantiles import samples_needed, supported_quantile
from loadbench_gui.core.run import Run
from loadbench_gui.report import words
from loadbench_gui.report.charts import swatch
from loadbench_gui.report.page import Cell, Table

_PHASES: Final[tuple[tuple[str, Callable[[Run], Histogram]], ...]] = (
    ("dispatch lag", lambda run: run.measured.dispatch_lag),
    ("connection wait", lambda run: run.measured.connection_wait),
    ("name look-up", lambda run: Histogram.of([round(run.lookup_s * 1e6)] if run.lookup_s is not None else [])),
    ("connect", lambda run: run.traffic.connect),
    ("TLS", lambda run: run.traffic.tls),
    ("first byte", lambda run: run.measured.first_byte),
    ("download", lambda run: run.measured.download),
)
"""In the order in which a request goes through them; look-up, connect and TLS once a connection at most."""
_ALWAYS: Final = frozenset({"dispatch lag", "connection wait", "first byte", "download"})
_OF_ANSWERS: Final = frozenset({"first byte", "download"})
"""What comes over a WebSocket has tables of its own, in its own words."""


def phases_table(runs: Sequence[Run], deployments: Sequence[str]) -> Table | None:
    """One row per deployment, one column per phase that any of its requests or connections went through, if any."""
    by_name = [(i, name, [r for r in runs if r.label.deployment == name]) for i, name in enumerate(deployments)]
    merged = [
        (i, name, mine, {title: sum(map(of, mine), Histogram()) for title, of in _PHASES})
        for i, name, mine in by_name
        if mine
    ]
    sockets = all(run.workload.kind == "ws" for run in runs)
    shown = [phase for phase in _PHASES if not (sockets and phase[0] in _OF_ANSWERS)]
    titles = [t for t, _ in shown if (t in _ALWAYS and not sockets) or any(times[t].total for *_, times in merged)]
    if not titles:
        return None
    shares = any(len(run.requests_per_process or ()) > 1 for run in runs)
    head = (
        Cell("Deployment"),
        *(Cell(t, number=True) for t in titles),
        *([Cell("Server processes")] if shares else []),
    )
    rows = tuple(
        (
            Cell(name, strong=True, swatch=swatch(i)),
            *(_times(times[title]) for title in titles),
            *([Cell(_shares(mine))] if shares else []),
        )
        for i, name, mine, times in merged
    )
    return Table("Where the time goes, median over all requests or connections", head, rows)


def _times(times: Histogram) -> Cell:
    """Write the median with p99 beneath it, both only where the samples support them."""
    p50, p99 = supported_quantile(times, 0.5), supported_quantile(times, 0.99)
    if p50 is None:
        few = f"needs {samples_needed(0.5)} samples; longest {words.latency(times.max_us)}" if times.total else ""
        return Cell(words.UNKNOWN, number=True, note=few)
    return Cell(words.latency(p50), number=True, note=f"p99 {words.latency(p99)}" if p99 is not None else "")


def _shares(runs: Sequence[Run]) -> str:
    """Say how evenly the last run that tells spread over the server's processes."""
    known = [run.requests_per_process for run in runs if run.requests_per_process]
    if not known:
        return words.UNKNOWN
    counts = sorted(known[-1].values(), reverse=True)
    total = sum(counts)
    return f"{len(counts)}: " + ", ".join(words.percent(count / total) for count in counts)

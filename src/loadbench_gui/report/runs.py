"""The table of all runs, in the order in which they were made."""

from __future__ import annotations

from collections.abc import Sequence

from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.quantiles import summarise
from loadbench_gui.core.run import Run
from loadbench_gui.core.snapshot import Tally
from loadbench_gui.core.verdict import Metric
from loadbench_gui.report import words
from loadbench_gui.report.charts import swatch
from loadbench_gui.report.endings import ending
from loadbench_gui.report.page import Cell, Pill, Table
from loadbench_gui.report.tables import SERVICE_OF, doubt_of
from loadbench_gui.stats.kinds import kind_of

_TONES = {"valid": "good", "suspect": "warning", "invalid": "error"}


def runs_table(runs: Sequence[Run], deployments: Sequence[str]) -> Table:
    """One row per run, in the order they were made."""
    counted = {kind_of(run.workload).counted for run in runs if not kind_of(run.workload).throughput}
    rate = f"{counted.pop()}/s" if len(counted) == 1 else "rate"
    numbers = (rate, "p50", "p99", "samples", "errors", "memory")
    texts = (Cell("Run", number=True), Cell("Deployment"), Cell("Load"))
    head = (*texts, *(Cell(t, number=True) for t in numbers), Cell("Generator"))
    ordered = sorted(runs, key=lambda run: run.label.order)
    return Table("Every run, in order", head, tuple(_run_row(run, deployments) for run in ordered))


def _run_row(run: Run, deployments: Sequence[str]) -> tuple[Cell, ...]:
    tally, label, fitness = run.measured, run.label, run.fitness
    bad = tally.failed + tally.timed_out + tally.dropped
    state = ending(run.stop_reason, sealed=run.sealed)
    return (
        Cell(f"{label.order + 1}", number=True, note=f"round {label.round + 1}" if label.comparison_id else ""),
        Cell(label.deployment, strong=True, swatch=swatch(deployments.index(label.deployment)), note=state),
        Cell(label.workload, note="" if label.phase == "load" else label.phase),
        Cell(
            _rate(run),
            number=True,
            note=words.seconds(run.duration_s),
            doubt=doubt_of([run], Metric.THROUGHPUT),
        ),
        _both_clocks(run, Metric.P50),
        _both_clocks(run, Metric.P99),
        Cell(words.count(tally.succeeded), number=True, note=f"of {words.count(tally.issued)}"),
        Cell(words.count(bad), number=True, tone="error" if bad else "", note=_ends(tally)),
        Cell(words.memory(run.target.peak_bytes if run.target else None), number=True),
        Cell(pill=Pill(fitness.verdict, _TONES[fitness.verdict]), note=f"CPU {words.percent(fitness.cpu_fraction)}"),
    )


def _rate(run: Run) -> str:
    return words.UNKNOWN if kind_of(run.workload).throughput else words.rate_figure(run.throughput_rps)


def _both_clocks(run: Run, metric: Metric) -> Cell:
    """Write the scheduled latency with the service time beneath it."""

    def written(histogram: Histogram) -> str:
        return words.latency(getattr(summarise(histogram), metric.value))

    if not run.measured.scheduled.total and kind_of(run.workload).latency:
        return Cell(words.UNKNOWN, number=True)
    note, doubt = f"service {written(run.measured.service)}", doubt_of([run], metric, SERVICE_OF[metric])
    return Cell(written(run.measured.scheduled), number=True, note=note, doubt=doubt)


def _ends(tally: Tally) -> str:
    named = (("timed out", tally.timed_out), ("dropped", tally.dropped), ("in flight", tally.censored))
    return ", ".join(f"{words.count(n)} {word}" for word, n in named if n)

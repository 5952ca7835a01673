"""What a terminal shows when a run or a comparison is over: figures, a percentile spectrum, verdicts, doubts."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from loadbench_gui.core.plan import ClosedLoad
from loadbench_gui.core.quantiles import Q, adjusted, summarise
from loadbench_gui.core.run import Run
from loadbench_gui.core.verdict import Comparison, Gate, Metric, MetricVerdict, Verdict
from loadbench_gui.report import words

SPECTRUM = ("p50", "p75", "p90", "p99", "p99_9", "p99_99", "max")
BAR_WIDTH = 40
FIGURES_WIDTH = 50
"""Columns that the percentiles take beside their bars."""
VERDICT_STYLE = {
    Verdict.FASTER: "green",
    Verdict.LESS: "green",
    Verdict.SLOWER: "red",
    Verdict.MORE: "red",
    Verdict.MEASURABLE: "yellow",
    Verdict.INCONCLUSIVE: "yellow",
    Verdict.NONE: "yellow",
    Verdict.UNDETERMINED: "yellow",
    Verdict.EQUIVALENT: "",
}


def percentile_name(name: str) -> str:
    """Write a field of Q for people: p99_9 -> "p99.9"."""
    return name.replace("_", ".")


def print_run(console: Console, run: Run) -> None:
    """Print one run: throughput, both clocks, spectrum, outcomes, memory, and whether to believe it."""
    tally = run.measured
    load = (
        "closed loop" if isinstance(run.workload.shape, ClosedLoad) else f"open loop {run.workload.shape.rate_rps:g}/s"
    )
    who = "" if run.label.deployment in run.url else f"{run.label.deployment}  "
    console.print(
        Text(f"\n{who}{run.url}{run.workload.request.path}", style="bold"),
        Text(f"{load}, {run.workload.shape.connections} connections, {words.seconds(run.duration_s)}", style="dim"),
    )
    console.print(f"{words.rate(run.throughput_rps)}, {_outcomes(run)}")
    if tally.succeeded:
        _print_latencies(console, run)
    for kind, count in sorted(tally.errors.items(), key=lambda item: -item[1]):
        console.print(Text(f"  {words.count(count)} × {kind.value}", style="red"))
    if run.target is not None:
        target = run.target
        console.print(
            f"memory ({target.kind.upper()}) idle {words.memory(target.idle_bytes)}, "
            f"peak {words.memory(target.peak_bytes)}"
        )
    print_fitness(console, run)


def _print_latencies(console: Console, run: Run) -> None:
    console.print(_latency_table(run, min(BAR_WIDTH, console.width - FIGURES_WIDTH)))
    worst = adjusted(run.measured)
    infinite = [percentile_name(name) for name in SPECTRUM if name in worst.infinite]
    if infinite:
        are = "is" if len(infinite) == 1 else "are"
        named = ", ".join(infinite)
        console.print(Text(f"With failures counted as never answered, {named} {are} infinite.", style="yellow"))


def _outcomes(run: Run) -> str:
    tally = run.measured
    parts = [f"{words.count(tally.issued)} requests", f"{words.count(tally.succeeded)} succeeded"]
    for name in ("failed", "timed_out", "censored", "dropped"):
        count = getattr(tally, name)
        if count:
            parts.append(f"{words.count(count)} {name.replace('_', ' ')}")
    return ", ".join(parts)


def _latency_table(run: Run, bar_width: int) -> Table:
    scheduled, service = summarise(run.measured.scheduled), summarise(run.measured.service)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("latency")
    table.add_column("scheduled", justify="right")
    table.add_column("service", justify="right")
    table.add_column("")
    longest = scheduled.max or 1.0
    for name in SPECTRUM:
        value = getattr(scheduled, name)
        bar = "" if value is None else "▏" + "█" * round(bar_width * value / longest)
        table.add_row(percentile_name(name), _cell(scheduled, name), _cell(service, name), Text(bar, "dim"))
    return table


def _cell(q: Q, name: str) -> Text:
    value = getattr(q, name)
    if value is not None:
        return Text(words.latency(value))
    return Text("too few samples" if name in q.unsupported else "–", style="dim")


def print_fitness(console: Console, run: Run) -> None:
    """Print the generator's verdict on itself, with its reasons."""
    style = {"valid": "green", "suspect": "yellow", "invalid": "red"}[run.fitness.verdict]
    cpu = f"CPU {100 * run.fitness.cpu_fraction:.0f} %, {run.fitness.workers} worker(s)"
    console.print(Text("generator ", "") + Text(run.fitness.verdict, style) + Text(f" ({cpu})", "dim"))
    for caveat in run.fitness.caveats:
        console.print(Text(f"  {caveat.message} {caveat.hint}", style="dim"))


def print_comparison(console: Console, comparison: Comparison) -> None:
    """Print the verdict: the sentence, one line a metric, then the gates that did not hold."""
    console.print()
    console.print(Text(comparison.summary, style="bold"))
    workloads = tuple(dict.fromkeys(metric.workload for metric in comparison.metrics))
    for workload in workloads:
        if len(workloads) > 1:
            console.print(Text(f"\n{workload}", style="bold"))
        console.print(_verdict_table(comparison, workload))
    print_gates(console, comparison.gates)


def _verdict_table(comparison: Comparison, workload: str) -> Table:
    """One row a verdict, the primary metric first; a metric is named once for all its deployments."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    # Where there is little room, names are broken and figures are not.
    table.add_column("metric")
    table.add_column("deployment")
    for heading in (comparison.baseline, "value", "change", "95 % CI"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True, min_width=12)
    named = None
    for metric in comparison.metrics:
        if metric.workload != workload:
            continue
        name = metric.metric.value.replace("p99_9", "p99.9").replace("_", " ")
        shown = "" if name == named else name
        named = name
        table.add_row(Text(shown, "bold" if metric.primary else ""), *_verdict_cells(metric))
    return table


def _verdict_cells(metric: MetricVerdict) -> tuple[Text, ...]:
    return (
        Text(metric.deployment),
        Text(_value(metric.metric, metric.baseline_value), style="dim"),
        Text(_value(metric.metric, metric.value)),
        Text(words.change(metric.ratio)),
        Text(words.change_interval(metric.ci95)),
        Text("no verdict" if metric.verdict is Verdict.NONE else metric.verdict.value, VERDICT_STYLE[metric.verdict]),
    )


def _value(metric: Metric, value: float | None) -> str:
    return words.metric_value(metric, value).replace(f"{words.NARROW}requests/s", "/s")


def print_gates(console: Console, gates: Sequence[Gate]) -> None:
    """Print what stops or qualifies a verdict, and whom it concerns; gates that hold are one line."""
    held = dict.fromkeys(f"✓ {gate.name} {gate.figure}".rstrip() for gate in gates if gate.passed)
    if held:
        console.print(Text("   ".join(held), style="green"))
    everyone = set().union(*(gate.deployments for gate in gates))
    several = len({gate.workload for gate in gates if gate.workload}) > 1
    for gate in dict.fromkeys(gate for gate in gates if not gate.passed):
        style = "red" if gate.passed is False else "yellow"
        named = set(gate.deployments) == everyone or gate.detail.startswith(gate.deployments)
        concerned = "" if named else ", ".join(gate.deployments)
        where = " ".join(filter(None, (gate.workload if several else "", concerned)))
        head = f"{'✗' if gate.passed is False else '!'} {gate.name}{where and f' ({where})'}: "
        console.print(Text(head, style) + Text(gate.detail))

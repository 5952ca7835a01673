"""The tables of the report: what each deployment did, how sure we are, every run, every gate."""

from __future__ import annotations

import math
from collections.abc import Sequence

from loadbench_gui.core.caveats import doubted
from loadbench_gui.core.plan import Workload
from loadbench_gui.core.quantiles import samples_needed
from loadbench_gui.core.run import Run
from loadbench_gui.core.snapshot import Tally
from loadbench_gui.core.verdict import Comparison, Difference, Gate, Metric, MetricVerdict
from loadbench_gui.report import series, words
from loadbench_gui.report.charts import headline, swatch
from loadbench_gui.report.page import Cell, Pill, Table
from loadbench_gui.stats.kinds import kind_of
from loadbench_gui.stats.sample import POPULATIONS, Missing, measure
from loadbench_gui.stats.wording import metric_name

_BASELINE = Pill("baseline")


def pill(metric: MetricVerdict) -> Pill:
    """Return the verdict as a word with its tone."""
    return Pill(words.VERDICT_WORDS[metric.verdict], words.VERDICT_TONES[metric.verdict])


def overview(
    runs: Sequence[Run], deployments: Sequence[str], metrics: Sequence[MetricVerdict], baseline: str | None
) -> Table:
    """One row per deployment: the figures that matter, what they are made of, and the verdict on each."""
    verdicts = {(m.metric, m.deployment): m for m in metrics}
    shown, counted = _shown_metrics(metrics, runs[0].workload), kind_of(runs[0].workload).counted
    judged = {m.metric for m in metrics}
    head = [Cell("Deployment")]
    for metric in shown:
        head += [Cell(_column(metric, counted), number=True), *([Cell()] if metric in judged else [])]
    rows = []
    for index, name in enumerate(deployments):
        mine = [run for run in runs if run.label.deployment == name]
        if mine:
            mark = _BASELINE if name == baseline else None
            row = [Cell(name, strong=True, swatch=swatch(index), pill=mark, note=_made_of(mine))]
            for metric in shown:
                verdict = _pill_of(verdicts.get((metric, name)))
                row += [_figure(metric, mine), *([Cell(pill=verdict, tight=True)] if metric in judged else [])]
            rows.append(tuple(row))
    caption = "Figures by deployment" + (", geometric mean over rounds" if len(runs) > 1 else "")
    return Table(caption, tuple(head), tuple(rows))


def _column(metric: Metric, counted: str) -> str:
    return f"{counted.capitalize()}/s" if metric is Metric.THROUGHPUT else words.METRIC_LABELS[metric]


def _pill_of(metric: MetricVerdict | None) -> Pill | None:
    return pill(metric) if metric else None


def _shown_metrics(metrics: Sequence[MetricVerdict], workload: Workload) -> tuple[Metric, ...]:
    """Return the usual columns, with the primary metric first where it is another."""
    primary = [m.metric for m in metrics if m.primary]
    return tuple(dict.fromkeys((*primary, *headline(workload))))


def _made_of(runs: Sequence[Run]) -> str:
    samples = sum(run.measured.succeeded for run in runs)
    return f"{words.count(samples)}\u00a0samples"


def _figure(metric: Metric, runs: Sequence[Run]) -> Cell:
    peak = [run for run in runs if run.label.phase == "peak"] if metric is Metric.THROUGHPUT else []
    used = peak or [run for run in runs if run.label.phase == "load"] or list(runs)
    mean = geometric_mean([series.value(run, metric) for run in used])
    written = words.metric_value(metric, mean)
    if metric is Metric.THROUGHPUT and mean is not None:
        written = words.rate_figure(mean)
    if metric is Metric.MEMORY_PER_CONNECTION:
        written = words.size(mean)
    both = (metric, *filter(None, (SERVICE_OF.get(metric),)))
    return Cell(written, number=True, note=_note(metric, used, mean), doubt=doubt_of(used, *both))


SERVICE_OF = {Metric.P50: Metric.SERVICE_P50, Metric.P99: Metric.SERVICE_P99}


def doubt_of(runs: Sequence[Run], *metrics: Metric) -> str:
    """Say why the figures of a cell may be wrong: each metric's gravest reason in any of the runs, "" for none."""
    reasons = doubted(caveat for run in runs for caveat in run.fitness.caveats)
    said: dict[str, list[str]] = {}
    for metric in metrics:
        if (reason := reasons.get(metric.value)) is not None:
            said.setdefault(reason.message, []).append(metric_name(metric))
    return " ".join(f"{', '.join(names)}: {message}" for message, names in said.items())


def _note(metric: Metric, runs: Sequence[Run], value: float | None) -> str:
    """Say what a figure is made of, or why there is none."""
    service = SERVICE_OF.get(metric)
    if service is not None:
        if value is None:
            if all(run.label.phase == "peak" for run in runs):
                return "not compared at peak"
            return f"needs {words.count(samples_needed(0.99 if metric is Metric.P99 else 0.5))} samples a run"
        return f"service {words.latency(geometric_mean([series.value(run, service) for run in runs]))}"
    match metric:
        case Metric.THROUGHPUT:
            offered = series.offered_rps(runs)
            if offered:
                return f"offered {words.rate_figure(offered)}"
            return "closed loop" if kind_of(runs[0].workload).paced else ""
        case Metric.GAP_P99 | Metric.FANOUT_P99 if value is None:
            return f"needs {words.count(samples_needed(0.99))} {POPULATIONS[metric]} a run"
        case Metric.MEMORY_PER_CONNECTION if value is None:
            return _why(metric, runs)
        case Metric.MEMORY_PEAK:
            idle = words.memory(geometric_mean([series.value(run, Metric.MEMORY_IDLE) for run in runs]))
            kinds = {run.target.kind.upper() for run in runs if run.target}
            return f"{'/'.join(sorted(kinds))}, idle {idle}" if kinds else "not watched"
        case Metric.CPU_PER_1K:
            return "" if value is not None else "not watched"
        case _:
            return ""


def _why(metric: Metric, runs: Sequence[Run]) -> str:
    """Return why the first run that has no value of `metric` has none."""
    return next((found.reason for run in runs if isinstance(found := measure(run, metric), Missing)), "")


def geometric_mean(values: Sequence[float | None]) -> float | None:
    """Return the geometric mean, None unless every value is known and positive (a zero makes it zero)."""
    known = [value for value in values if value is not None]
    if not known or len(known) < len(values):
        return None
    if min(known) <= 0:
        return 0.0
    return math.exp(sum(map(math.log, known)) / len(known))


def metrics_table(
    metrics: Sequence[MetricVerdict], deployments: Sequence[str], baseline: str, counted: str = "requests"
) -> Table:
    """One row per verdict, with interval and p-values. counted: what a throughput is made of."""
    titles = (baseline, "value", "difference", "95 % interval", "threshold", "p", "p (Holm)", "p (sign flip)")
    head = (Cell("Metric"), Cell("Deployment"), *(Cell(t, number=True) for t in titles), Cell("Verdict"))
    rows = []
    for m in metrics:
        figures = (
            words.metric_value(m.metric, m.baseline_value, counted),
            words.metric_value(m.metric, m.value, counted),
            words.change(m.ratio),
            words.change_interval(m.ci95),
            words.percent(m.delta),
            words.p_value(m.p_value),
            words.p_value(m.p_holm),
            words.p_value(m.sign_flip_p),
        )
        metric = Cell(words.METRIC_LABELS[m.metric], strong=m.primary, note="primary" if m.primary else "")
        name = Cell(m.deployment, swatch=swatch(deployments.index(m.deployment)))
        rows.append((metric, name, *(Cell(text, number=True) for text in figures), Cell(pill=pill(m))))
    return Table(f"Every metric against {baseline}", head, tuple(rows))


_SIGNS = {True: ("✓", "good", "holds"), False: ("✕", "error", "failed"), None: ("!", "warning", "caveat")}


def sign(gate: Gate) -> tuple[str, str, str]:
    """Return sign, tone and word of a gate."""
    return _SIGNS[gate.passed]


def gates_table(gates: Sequence[Gate]) -> Table | None:
    """One row per gate: whether it holds, its figure, what it means and whom it concerns."""
    head = tuple(Cell(text) for text in ("Gate", "Result", "Figure", "Meaning", "Concerns"))
    several = len({gate.workload for gate in gates if gate.workload}) > 1
    rows = []
    for gate in gates:
        mark, tone, word = sign(gate)
        concerned = f"{gate.workload}: {_concerned(gate)}" if several and gate.workload else _concerned(gate)
        cells = (Cell(gate.figure), Cell(gate.detail), Cell(concerned))
        rows.append((Cell(gate.name, strong=True), Cell(f"{mark}\u00a0{word}", tone=tone), *cells))
    return Table("Gates: without them there is no verdict", head, tuple(rows)) if rows else None


_FAMILIES = {Metric.THROUGHPUT: "throughput", Metric.MEMORY_PEAK: "memory", Metric.MEMORY_IDLE: "memory",
             Metric.MEMORY_PER_CONNECTION: "memory", Metric.CPU_PER_1K: "CPU", Metric.STARTUP: "start-up"}  # fmt: skip


def _concerned(gate: Gate) -> str:
    """Name the deployments and the families of metrics that a gate is about."""
    metrics = dict.fromkeys(_FAMILIES.get(metric, "latency") for metric in gate.metrics)
    return " · ".join(filter(None, (", ".join(gate.deployments), ", ".join(metrics)))) or "everything"


def differences_table(differences: Sequence[Difference], deployments: Sequence[str]) -> Table | None:
    """One row per thing in which deployments differ, or were checked not to."""
    head = (Cell("What"), *(Cell(name, swatch=swatch(i)) for i, name in enumerate(deployments)), Cell(""))
    rows = []
    for difference in differences:
        values = dict(difference.values)
        cells = (Cell(values.get(name, words.UNKNOWN)) for name in deployments)
        verdict = Cell(pill=Pill("matters", "warning")) if difference.matters else Cell("for information", tone="muted")
        rows.append((Cell(difference.what, strong=True), *cells, verdict))
    return Table("What differed besides the framework", head, tuple(rows)) if rows else None


def errors_table(runs: Sequence[Run], deployments: Sequence[str]) -> Table | None:
    """One row per kind of error, one column per deployment; None when all went well."""
    totals = [sum((r.measured for r in runs if r.label.deployment == name), Tally()) for name in deployments]
    kinds = sorted({kind for tally in totals for kind in tally.errors})
    head = (Cell("Error"), *(Cell(name, number=True, swatch=swatch(i)) for i, name in enumerate(deployments)))
    rows = [
        (Cell(k.value.replace("_", " "), strong=True), *(_count(t.errors.get(k, 0)) for t in totals)) for k in kinds
    ]
    for word, counts in (("dropped", [t.dropped for t in totals]), ("still in flight", [t.censored for t in totals])):
        if any(counts):
            rows.append((Cell(word, strong=True), *(_count(n) for n in counts)))
    return Table("Requests without a good answer", head, tuple(rows)) if rows else None


def _count(n: int) -> Cell:
    return Cell(words.count(n), number=True, tone="error" if n else "muted")


def environment_table(facts: Sequence[tuple[str, str]]) -> Table:
    """What the machine and its software were."""
    rows = tuple((Cell(name, strong=True), Cell(value)) for name, value in facts)
    return Table("Machine and versions", (Cell("What"), Cell("Value")), rows)


def more_rounds(comparison: Comparison) -> int:
    """Return how many more rounds would settle the primary metric, 0 when it is settled; others are not promised."""
    return max((metric.more_rounds or 0 for metric in comparison.metrics if metric.primary), default=0)


def noise_note(comparison: Comparison) -> str:
    """Say how much this machine differs from itself, where that was measured."""
    floor = comparison.noise_floor
    if floor is None:
        return "The noise floor of this machine was not measured."
    return f"Noise floor of this machine {words.percent(floor)}."

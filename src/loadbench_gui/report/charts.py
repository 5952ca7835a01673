"""The charts of one workload, each in its card with its legend and the table behind it."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from markupsafe import Markup

from loadbench_gui.core.plan import Workload
from loadbench_gui.core.quantiles import PERCENTILES, summarise
from loadbench_gui.core.run import Run
from loadbench_gui.core.verdict import Comparison, Metric, MetricVerdict
from loadbench_gui.report import series, words
from loadbench_gui.report.figures import axis, forest, overtime, runorder, spectrum
from loadbench_gui.report.figures.legend import swatch as swatch_scene
from loadbench_gui.report.figures.overtime import Curve
from loadbench_gui.report.figures.scene import Scene, Size
from loadbench_gui.report.figures.svg import svg
from loadbench_gui.report.page import Cell, Figure, LegendEntry, Table
from loadbench_gui.report.series import Arm
from loadbench_gui.stats.kinds import kind_of
from loadbench_gui.stats.sample import MEMORY

_COSTS = (Metric.MEMORY_PEAK, Metric.CPU_PER_1K)


def headline(workload: Workload) -> tuple[Metric, ...]:
    """Return what is shown in pictures and in the first table; the rest stands in the table of all metrics."""
    kind = kind_of(workload)
    own = tuple(m for m in (Metric.GAP_P99, Metric.FANOUT_P99) if m in kind.own)
    latency = (Metric.P99,) if kind.latency else (Metric.P99, Metric.P50)
    if Metric.MEMORY_PER_CONNECTION in kind.own and kind.throughput:
        return (Metric.MEMORY_PER_CONNECTION, Metric.MEMORY_PEAK, Metric.MEMORY_IDLE)
    return (*(() if kind.latency else latency), *own, *(() if kind.throughput else (Metric.THROUGHPUT,)), *_COSTS)


HALF, WIDE = 508.0, 1048.0
_CHART_HEIGHT = 250.0
_HALF, _ACROSS = Size(HALF, _CHART_HEIGHT), Size(WIDE, _CHART_HEIGHT)


def swatch(index: int) -> Markup:
    """Return the line of a deployment as inline SVG, a decoration beside its name."""
    # The scene is ours and holds no text from outside.
    return Markup(svg(swatch_scene(index), None))  # noqa: S704


def charts(
    key: str, runs: Sequence[Run], deployments: Sequence[str], metrics: Sequence[MetricVerdict], primary: Metric
) -> tuple[Figure, ...]:
    """Return the charts of one workload. key: prefix of element ids; metrics: its verdicts, if it was compared."""
    of, time = series.arms(runs, deployments), series.span(runs)
    rounds, workload = max(len(arm.runs) for arm in of), runs[0].workload
    metrics = [m for m in metrics if m.primary or m.metric in headline(workload)]
    height = max(_CHART_HEIGHT, forest.height_for(metrics)) if metrics else _CHART_HEIGHT
    figures = [_forest(key, metrics, deployments, height)] if metrics else []
    for spectrum_of in _spectra(workload):
        beside = len(figures) == 1 and bool(metrics)
        figures.append(_spectrum(key, of, rounds, spectrum_of, Size(HALF, height) if beside else _ACROSS))
    figures += _over_time(key, of, time, rounds, workload, beside=len(figures) == 1 and bool(metrics))
    if len(runs) > 1:
        figures.append(_run_order(key, runs, deployments, primary, workload))
    return tuple(figures)


@dataclass(frozen=True, slots=True)
class _SpectrumOf:
    """What a spectrum shows. metric: one of its percentiles. name: of the element; caption: what the times are."""

    metric: Metric
    name: str
    title: str
    caption: str
    counted: str


_LATENCIES: Final[dict[str, str]] = {
    "stream": "scheduled, to the first event",
    "echo": "scheduled, to the echo",
    "fanout": "scheduled, to the last subscriber",
}
_OTHERS: Final = (
    _SpectrumOf(Metric.GAP_P99, "gaps", "Gaps by percentile", "from one event to the next", "gaps"),
    _SpectrumOf(Metric.FANOUT_P99, "fanout", "Fan-out by percentile", "to each subscriber", "deliveries"),
)


def _spectra(workload: Workload) -> Iterator[_SpectrumOf]:
    """Yield what has a distribution in a load of this kind: latencies first, then what its protocol adds."""
    kind = kind_of(workload)
    if not kind.latency:
        said = _LATENCIES.get(workload.websocket.mode if workload.websocket else workload.kind, "scheduled")
        yield _SpectrumOf(Metric.P99, "spectrum", "Latency by percentile", said, kind.counted)
    yield from (other for other in _OTHERS if other.metric in kind.own)


def _figure(
    name: str,
    scene: Scene,
    caption: str,
    indices: Sequence[tuple[int, str]],
    table: Table | None,
    *,
    wide: bool = False,
) -> Figure:
    entries = tuple(LegendEntry(swatch(index), label) for index, label in indices)
    # svg() escapes every text it writes.
    return Figure(scene.title, caption, Markup(svg(scene, name)), entries, scene.description, table, wide)  # noqa: S704


def _forest(key: str, metrics: Sequence[MetricVerdict], deployments: Sequence[str], height: float) -> Figure:
    scene = forest.forest(metrics, deployments, Size(HALF, height))
    named = [(i, name) for i, name in enumerate(deployments) if any(m.deployment == name for m in metrics)]
    head = tuple(Cell(text) for text in ("Metric", "Deployment", "Difference", "95 % interval"))
    rows = tuple(tuple(Cell(text) for text in row) for row in forest.rows_as_text(metrics))
    caption = "95 % intervals; band: threshold"
    return _figure(f"{key}-forest", scene, caption, named, Table("Difference from the baseline", head, rows))


def _spectrum(key: str, of: Sequence[Arm], rounds: int, shown: _SpectrumOf, size: Size) -> Figure:
    spectra = series.spectra(of, shown.metric)
    scene = spectrum.spectrum(spectra, size, shown.title, shown.counted)
    quantiles = [summarise(one.histogram) for one in spectra]
    head = (Cell("Percentile"), *(Cell(one.name, number=True) for one in spectra))
    names = [*(name for name, _ in PERCENTILES), "max"]
    rows = [
        (Cell(name.replace("_", ".")), *(Cell(words.latency(getattr(q, name)), number=True) for q in quantiles))
        for name in names
    ]
    rows.append((Cell("samples"), *(Cell(words.count(q.count), number=True) for q in quantiles)))
    title = "Scheduled latency by percentile" if shown.metric is Metric.P99 else shown.title
    table = Table(f"{title}, all rounds merged", head, tuple(rows))
    caption = shown.caption + (", all rounds" if rounds > 1 else "")
    return _figure(f"{key}-{shown.name}", scene, caption, _names(of), table, wide=size.width > HALF)


def _over_time(
    key: str, of: Sequence[Arm], time: overtime.TimeSpan, rounds: int, workload: Workload, *, beside: bool
) -> Iterator[Figure]:
    """Yield the charts over time that a load of this kind has: no latency or throughput where there is none.

    beside: a chart of half the width comes before them, and waits for one at its side.
    """
    kind, over = kind_of(workload), f", {words.plural(rounds, 'round')} overlaid" if rounds > 1 else ""
    if not kind.latency:
        yield _latency(key, of, time, over)
    if not kind.throughput:
        yield _throughput(key, of, time, over, kind.counted)
    memory, kinds = series.memory(of, time), {s.kind.upper() for arm in of for r in arm.runs for s in r.target_samples}
    yield _timed(
        key,
        of,
        "memory",
        overtime.memory_over_time(memory, time, _ACROSS if kind.throughput and not beside else _HALF),
        f"{', '.join(sorted(kinds))} of the process tree{over}" if kinds else "not measured",
        _extremes(memory, words.memory),
    )


def _latency(key: str, of: Sequence[Arm], time: overtime.TimeSpan, over: str) -> Figure:
    latencies = series.latencies(of, time)
    window = f"p50, p99 over {latencies.window_s} s" if latencies.window_s else "p50; too few samples for p99"
    scene = overtime.latency_over_time(latencies.curves, time, _ACROSS)
    return _timed(key, of, "latency", scene, f"log; {window}{over}", _extremes(latencies.curves, words.latency))


def _throughput(key: str, of: Sequence[Arm], time: overtime.TimeSpan, over: str, counted: str) -> Figure:
    rates, offered_rps = series.throughput(of, time), series.offered_rps([r for arm in of for r in arm.runs])
    scene = overtime.throughput_over_time(rates, series.errors(of, time), time, _HALF, offered_rps, counted)
    caption = f"{'successes' if counted == 'requests' else counted}/s{over}"
    return _timed(key, of, "throughput", scene, caption, _extremes(rates, partial(words.rate, counted=counted)))


def _timed(key: str, of: Sequence[Arm], name: str, scene: Scene, caption: str, table: Table | None) -> Figure:
    return _figure(f"{key}-{name}", scene, caption, _names(of), table, wide=scene.size.width > HALF)


def _extremes(curves: Sequence[Curve], written: Callable[[float | None], str]) -> Table | None:
    """Say in a table how low, usual and high each curve was."""
    rows = []
    for curve in curves:
        values = [value for _, value in curve.points if value is not None]
        if values:
            figures = (min(values), statistics.median(values), max(values))
            cells = (Cell(written(value), number=True) for value in figures)
            rows.append((Cell(f"{curve.name} {curve.label}".strip()), *cells))
    head = (Cell("Curve"), *(Cell(text, number=True) for text in ("lowest", "median", "highest")))
    return Table("Lowest, median and highest point of each curve", head, tuple(rows)) if rows else None


def _run_order(
    key: str, runs: Sequence[Run], deployments: Sequence[str], primary: Metric, workload: Workload
) -> Figure:
    points = series.run_points(runs, deployments, primary)
    label, written = _written(primary, kind_of(workload).counted)
    unit = {Metric.MEMORY_PER_CONNECTION: 1024.0}.get(primary, words.MIB if primary in MEMORY else 1.0)
    scene = runorder.run_order(points, Size(WIDE, 200), label=label, words=written, unit=unit)
    head = (Cell("Run", number=True), Cell("Round", number=True), Cell("Deployment"), Cell("Value", number=True))
    rows = tuple(
        (Cell(f"{p.order + 1}", True), Cell(f"{p.round + 1}", True), Cell(p.deployment), Cell(written(p.value), True))
        for p in points
    )
    table = Table(f"{words.METRIC_LABELS[primary]} by run", head, rows)
    names = list(dict.fromkeys((p.index, p.deployment) for p in points))
    return _figure(f"{key}-order", scene, words.METRIC_LABELS[primary], sorted(names), table, wide=True)


def _written(
    metric: Metric, counted: str
) -> tuple[Callable[[Sequence[float]], Sequence[str]], Callable[[float | None], str]]:
    """Return how to write the ticks of an axis of `metric`, and one of its values."""
    match metric:
        case Metric.MEMORY_PEAK | Metric.MEMORY_IDLE:
            return axis.memory_labels, words.memory
        case Metric.MEMORY_PER_CONNECTION:
            return axis.size_labels, words.size
        case Metric.THROUGHPUT | Metric.CPU_PER_1K | Metric.STARTUP:
            return axis.plain_labels, partial(words.metric_value, metric, counted=counted)
        case _:
            return axis.latency_labels, words.latency


def _names(of: Sequence[Arm]) -> list[tuple[int, str]]:
    return [(arm.index, arm.name) for arm in of]


def primary_of(comparison: Comparison | None, workload: Workload) -> Metric:
    """Return the metric that was chosen before the first run; the first one shown where nothing was compared."""
    return comparison.primary if comparison else headline(workload)[0]

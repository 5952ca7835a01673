"""The words of a verdict: one place, so that window, terminal and report say the same sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from loadbench_gui.core.plan import ClosedLoad, Workload
from loadbench_gui.core.verdict import Gate, Metric, MetricVerdict, Verdict
from loadbench_gui.stats.kinds import HTTP, kind_of
from loadbench_gui.stats.notation import percent

_PROPER: Final[dict[str, str]] = {
    name.lower().replace(" ", ""): name
    for name in (
        "FastAPI", "Starlette", "Sanic", "Flask", "Django", "Quart", "Litestar", "Falcon", "Tornado", "Bottle",
        "BlackSheep", "Robyn", "aiohttp", "Pyramid", "nginx", "uvicorn", "Hypercorn", "Granian", "gunicorn", "Caddy",
    )
}  # fmt: skip

_METRICS: Final[dict[Metric, str]] = {
    Metric.THROUGHPUT: "throughput",
    Metric.P99_9: "p99.9",
    Metric.SERVICE_P50: "service p50",
    Metric.SERVICE_P99: "service p99",
    Metric.FIRST_EVENT_P50: "p50 of the first event",
    Metric.GAP_P99: "p99 of the gaps",
    Metric.RTT_P50: "round trip p50",
    Metric.RTT_P99: "round trip p99",
    Metric.FANOUT_P50: "fan-out p50",
    Metric.FANOUT_P99: "fan-out p99",
    Metric.MEMORY_PEAK: "peak memory",
    Metric.MEMORY_IDLE: "idle memory",
    Metric.MEMORY_PER_CONNECTION: "memory per connection",
    Metric.CPU_PER_1K: "CPU per 1,000 {counted}",
    Metric.STARTUP: "start-up time",
}

_AS_FACTOR: Final = 3.0
_SAME: Final = 0.0005
"""Differences below this are not worth a figure."""
_LEAST: Final = 0.005
_MOST: Final = 10.0
"""Bounds of an interval below and above these lie beyond what a reader can picture."""
_RESOURCE: Final[dict[Metric, str]] = {
    Metric.MEMORY_PEAK: "memory",
    Metric.MEMORY_IDLE: "memory when idle",
    Metric.MEMORY_PER_CONNECTION: "memory per connection",
    Metric.CPU_PER_1K: "CPU",
}


def display_name(deployment: str) -> str:
    """Return a deployment's name as people write it: `fastapi` is FastAPI; names of one's own stay as they are."""
    return _PROPER.get(deployment, deployment)


def metric_name(metric: Metric, counted: str = HTTP.counted) -> str:
    """Return a metric's name inside a sentence. counted: what the load's requests are called (`stats.kinds`)."""
    return _METRICS.get(metric, metric.value.replace("_", " ")).format(counted=counted)


def spoken(metric: str, counted: str = HTTP.counted) -> str:
    """Return the name of a metric, or of a percentile that is none: service_p99_9 -> "service p99.9"."""
    if metric in tuple(Metric):
        return metric_name(Metric(metric), counted)
    return re.sub(r"(p\d+)_(\d)", r"\1.\2", metric).replace("_", " ")


def at_load(workload: Workload) -> str:
    """Return under which load a figure holds ("at 1,200 requests/s", "with 64 connections")."""
    shape, counted = workload.shape, kind_of(workload).counted
    if isinstance(shape, ClosedLoad):
        return f"with {shape.connections:,} {'connection' if shape.connections == 1 else 'connections'}"
    if shape.stages:
        return f"in stages of up to {max(shape.rate_rps, *(s.rate_rps for s in shape.stages)):,.10g} {counted}/s"
    return f"at {shape.rate_rps:,.10g} {counted}/s"


def change(ratio: float) -> str:
    """Return a ratio in words: "23 % lower", "1.4 % higher", "4.2 times as high", "the same"."""
    if ratio >= _AS_FACTOR:
        return f"{_factor(ratio)} times as high"
    by = abs(ratio - 1)
    return "the same" if by < _SAME else f"{percent(by)} {'lower' if ratio < 1 else 'higher'}"


def interval(low: float, high: float) -> str:
    """Return the bounds of a ratio in the words that `change` uses ("19–27 %", "3 % lower to 12 % higher").

    A bound that is `beyond` is only said to be: "20 % lower to more than 10 times as high".
    """
    if (low < 1) != (high < 1):
        return f"{_bound(low, high)} to {_bound(high, low)}"
    if beyond(low, high) or beyond(high, low):
        return _half_open(low, high)
    if high >= _AS_FACTOR:
        return f"{_factor(low)}–{_factor(high)} times"
    near, far = sorted((abs(low - 1), abs(high - 1)))
    return f"{percent(near).removesuffix(' %')}–{percent(far)}" if percent(near) != percent(far) else percent(near)


def beyond(bound: float, other: float) -> bool:
    """Return whether a bound of an interval of ratios is a number only in name, as after very few rounds.

    Where both bounds lie as far and close together, they say something: 97 to 105 times.
    """
    near, far = sorted((bound, other))
    is_narrow = near > 0 and far <= _MOST * near and (near > _MOST or far < _LEAST)
    return (bound < _LEAST or bound > _MOST) and not is_narrow


def sentence(v: MetricVerdict, baseline: str, load: str, counted: str = HTTP.counted) -> str:
    """Return the sentence of a verdict that has an interval.

    load: under which it holds, or "". counted: what the load's requests are called.
    """
    if v.ratio is None or v.ci95 is None:
        raise ValueError("a verdict without an interval has a reason, not a sentence of figures")
    name, base, metric = display_name(v.deployment), display_name(baseline), metric_name(v.metric, counted)
    figures = f"{metric} {change(v.ratio)} (95 % CI {interval(*v.ci95)}), {v.rounds} rounds{load and ', ' + load}"
    match v.verdict:
        case Verdict.EQUIVALENT:
            return f"{name} and {base} are equivalent within {percent(v.delta)}: {figures}."
        case Verdict.INCONCLUSIVE:
            more = f"about {v.more_rounds:,}" if v.more_rounds is not None else "more than 1,000"
            noun = "round" if v.more_rounds == 1 else "rounds"
            return f"{name} against {base} is inconclusive; {more} more {noun} needed: {figures}."
        case Verdict.MEASURABLE:
            claim = _claim(v.metric, better=_is_better(v), measurably=True).format(base=base)
            return f"{name} {claim}, but the gap may be under your {percent(v.delta)} threshold: {figures}."
        case _:
            return f"{name} {_claim(v.metric, better=_is_better(v), measurably=False).format(base=base)}: {figures}."


def brief(v: MetricVerdict) -> tuple[str, str]:
    """Return a settled verdict as verb and rest: ("uses", "26 % less memory"), ("has", "throughput 85 % higher")."""
    if v.ratio is None:
        raise ValueError("a verdict without a ratio has no brief form")
    if v.metric not in _RESOURCE:
        return "has", f"{metric_name(v.metric)} {change(v.ratio)}"
    resource = _RESOURCE[v.metric]
    if v.ratio >= _AS_FACTOR:
        return "uses", f"{_factor(v.ratio)} times the {resource}"
    return "uses", f"{percent(abs(v.ratio - 1))} {'less' if v.ratio < 1 else 'more'} {resource}"


def without_verdict(v: MetricVerdict, reason: str, counted: str = HTTP.counted) -> str:
    """Return the sentence of a verdict that could not be given. counted: what the load's requests are called."""
    kind = "undetermined" if v.verdict is Verdict.UNDETERMINED else "no verdict"
    return f"{display_name(v.deployment)}, {metric_name(v.metric, counted)}: {kind}: {reason.rstrip('.')}."


def gate_words(gate: Gate, among: Sequence[Gate]) -> str:
    """Return a gate's name and figure, and whom it concerns where another one of that name says the same of others.

    Its workload is named where the gate of that name says something else of another workload.
    """
    named = [g for g in among if g.name == gate.name]
    alike = [g for g in named if (g.workload, g.passed) == (gate.workload, gate.passed)]
    others = {(g.passed, g.figure) for g in named if g.workload != gate.workload}
    where = gate.workload if others - {(gate.passed, gate.figure)} else ""
    return f"{gate.name} {_figure(gate, of_several=len(alike) > 1, where=where)}".strip()


def gates_words(gates: Sequence[Gate]) -> str:
    """Return gates as one list in a sentence; those of one name say it once."""
    by_name: dict[str, dict[str, None]] = {}
    for gate in gates:
        alike = sum(other.name == gate.name for other in gates)
        by_name.setdefault(gate.name, {})[_figure(gate, of_several=alike > 1)] = None
    return ", ".join(f"{name} {listed(list(figures))}".strip() for name, figures in by_name.items())


def _figure(gate: Gate, *, of_several: bool, where: str = "") -> str:
    whom = ", ".join(filter(None, (where, *(map(display_name, gate.deployments) if of_several else ()))))
    return " ".join(filter(None, ("" if gate.figure == gate.name else gate.figure, whom and f"({whom})")))


def listed(parts: Sequence[str]) -> str:
    """Return words as a list in a sentence: "p50, p90 and p99"."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _is_better(v: MetricVerdict) -> bool:
    above = (v.ratio or 1.0) > 1
    return above if v.metric is Metric.THROUGHPUT else not above


def _claim(metric: Metric, *, better: bool, measurably: bool) -> str:
    adverb = "measurably " if measurably else ""
    if metric in _RESOURCE:
        # "uses measurably less memory than FastAPI"
        return f"uses {adverb}{'less' if better else 'more'} {_RESOURCE[metric]} than {{base}}"
    verb = "starts" if metric is Metric.STARTUP else "is"
    return f"{verb} {adverb}{'faster' if better else 'slower'} than {{base}}"


def _bound(bound: float, other: float) -> str:
    if not beyond(bound, other):
        return change(bound)
    return f"more than {_MOST:g} times as high" if bound > 1 else "more than 99 % lower"


def _half_open(low: float, high: float) -> str:
    """Write an interval on one side of "the same" whose far bound is beyond; perhaps the near one as well."""
    if low < 1:
        return "more than 99 %" if beyond(high, low) else f"{percent(1 - high).removesuffix(' %')} to more than 99 %"
    most = f"more than {_MOST:g} times"
    return most if beyond(low, high) else f"{_factor(low)} to {most}"


def _factor(ratio: float) -> str:
    """Write a ratio to three digits, large ones with all their places: 4.24, 97.6, 9,760."""
    return f"{ratio:.3g}" if ratio < 999.5 else f"{float(f'{ratio:.3g}'):,.0f}"

"""The strip of key figures and the round strip, worked out from the live model: values and words, no widgets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from loadbench_gui.core.plan import LoadShape, OpenLoad
from loadbench_gui.core.quantiles import samples_needed
from loadbench_gui.core.trailing import Reading
from loadbench_gui.report import words
from loadbench_gui.report.palette import Role
from loadbench_gui.ui.format import rate
from loadbench_gui.ui.models.kinds import Kind, holds, kind_of
from loadbench_gui.ui.models.live import LiveModel
from loadbench_gui.ui.models.series import offered_at

Step: TypeAlias = Literal["done", "cut short", "running", "to come"]
_VERDICT_ROLES = {"valid": Role.GOOD, "suspect": Role.WARNING, "invalid": Role.ERROR}
FIGURES = ("Throughput", "p50", "p99", "Errors", "Memory", "Generator")


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """A figure with its unit and what it is made of; role colours a status that is a word as well."""

    name: str
    value: str = words.UNKNOWN
    unit: str = ""
    made_of: tuple[str, ...] = ()
    role: Role = Role.TEXT


@dataclass(frozen=True, slots=True)
class Segment:
    """One run of the round strip: its round from 0, its deployment's place in profile order, how far it is (0 to 1)."""

    round: int
    deployment: str
    index: int
    step: Step
    progress: float = 0.0


def key_figures(model: LiveModel) -> tuple[KeyFigure, ...]:
    """Return the six figures of the strip, in order."""
    return (_throughput(model), _p50(model), _p99(model), _errors(model), _memory(model), _generator(model))


def _throughput(model: LiveModel) -> KeyFigure:
    run, workload = model.run, model.workload_of(model.label)
    kind = kind_of(workload)
    if run is None or workload is None:
        return KeyFigure(kind.throughput, unit="" if holds(workload) else kind.rate_short)
    if holds(workload) and run.panel is not None:
        wanted = f"of {words.count(workload.shape.connections)} open"
        opening = f"{words.rate_figure(run.rate_rps)} opened/s" if run.rate_rps else "all are held"
        return KeyFigure(kind.throughput, words.count(run.panel.total.open), "", (wanted, opening))
    offered = offered_at(workload.shape, max(0.0, run.end_s - 0.5))
    made_of = ("closed loop", words.plural(workload.shape.connections, "connection"))
    if offered:
        met = words.percent(min(1.0, run.rate_rps / offered))
        made_of = (f"offered {words.rate_figure(offered)}", f"met {met}")
    return KeyFigure(kind.throughput, words.rate_figure(run.rate_rps), kind.rate_short, made_of)


def _latency(name: str, reading: Reading, q: float, kind: Kind, *made_of: str) -> KeyFigure:
    if reading.value_us is None:
        return KeyFigure(name, unit="ms", made_of=(f"needs {words.count(samples_needed(q))} {_samples(kind)}",))
    value, unit = words.latency_parts(reading.value_us)
    return KeyFigure(name, value, unit, made_of)


def _samples(kind: Kind) -> str:
    return "samples" if kind.samples == "requests" else kind.samples


def _p50(model: LiveModel) -> KeyFigure:
    kind = kind_of(model.workload_of(model.label))
    if model.run is None:
        return KeyFigure(kind.percentile("p50"), unit="ms")
    reading = model.run.latency()[0]
    first = kind.clock
    if kind.scheduled:
        first = f"service {words.latency(model.run.service_p50().value_us)}"
    return _latency(kind.percentile("p50"), reading, 0.5, kind, first, f"over {reading.window_s} s")


def _p99(model: LiveModel) -> KeyFigure:
    kind = kind_of(model.workload_of(model.label))
    if model.run is None:
        return KeyFigure(kind.percentile("p99"), unit="ms")
    reading = model.run.latency()[2]
    samples = f"{words.count(reading.samples)} {_samples(kind)}"
    return _latency(kind.percentile("p99"), reading, 0.99, kind, samples, f"over {reading.window_s} s")


def _errors(model: LiveModel) -> KeyFigure:
    if model.run is None:
        return KeyFigure("Errors")
    counts = model.run.counts
    return KeyFigure(
        "Errors",
        words.count(counts.errors),
        "",
        (f"{words.count(counts.dropped)} dropped", f"{words.count(counts.timed_out)} timed out"),
        Role.ERROR if counts.errors else Role.TEXT,
    )


def _memory(model: LiveModel) -> KeyFigure:
    watched = model.targets.get(model.label.deployment) if model.label else None
    if watched is None or watched.now_bytes is None:
        return KeyFigure("Memory", unit="MiB")
    value, unit = words.memory_parts(watched.now_bytes)
    idle, peak = (words.memory_parts(b or 0)[0] for b in (watched.idle_bytes, watched.peak_bytes))
    return KeyFigure(f"Memory ({watched.kind.upper()})", value, unit, (f"idle {idle}", f"peak {peak}"))


def _generator(model: LiveModel) -> KeyFigure:
    if model.run is None:
        return KeyFigure("Generator")
    lag = words.latency(model.run.lag_p99().value_us)
    made_of = (f"CPU {words.percent(model.run.work_cpu_fraction)}", f"lag p99 {lag}")
    return KeyFigure("Generator", model.verdict, "", made_of, _VERDICT_ROLES[model.verdict])


def segments(model: LiveModel) -> tuple[Segment, ...]:
    """Return the round strip as it stands."""
    if model.schedule is None:
        return ()
    places = {name: i for i, name in enumerate(model.deployments)}
    running = model.label.order if model.label and model.active else None
    broken_off = model.label.order if model.label and model.over else None
    made = []
    for entry in model.schedule.entries:
        step: Step = "to come"
        if entry.order in model.ended:
            step = "done" if model.ended[entry.order] else "cut short"
        elif entry.order == running:
            step = "running"
        elif entry.order == broken_off:
            step = "cut short"
        progress = model.progress_of_current() if step == "running" else 0.0
        made.append(Segment(entry.round, entry.deployment, places.get(entry.deployment, 0), step, progress))
    return tuple(made)


def subtitle(model: LiveModel) -> str:
    """Say in one line what is going on: round, deployment, load, state."""
    label, workload = model.label, model.workload_of(model.label)
    if model.comparison is not None:
        return "over" if model.comparison.complete else "stopped; what was measured is kept"
    if model.over:
        return model.over
    if label is None or model.schedule is None:
        return "getting ready"
    parts = [f"round {label.round + 1} of {model.schedule.rounds}", f"{label.deployment} {model.state.value}"]
    if workload is not None:
        parts += [workload.name] if len(_workloads(model)) > 1 else []
        parts += _load_words(workload.shape, kind_of(workload))
    return " · ".join(parts)


def _load_words(shape: LoadShape, kind: Kind) -> list[str]:
    connections = words.plural(shape.connections, "connection")
    if isinstance(shape, OpenLoad):
        pace = "in stages" if shape.stages else rate(shape.rate_rps, kind.rate)
        return [f"open loop {pace}", connections]
    return ["closed loop", connections]


def _workloads(model: LiveModel) -> set[str]:
    return {entry.workload for entry in model.schedule.entries} if model.schedule else set()

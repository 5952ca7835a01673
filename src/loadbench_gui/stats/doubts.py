"""The generator's own judgement on itself, turned into gates: invalid stops verdicts, suspect is said aloud."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from loadbench_gui.core.caveats import Caveat, GeneratorVerdict
from loadbench_gui.core.run import Run
from loadbench_gui.core.verdict import Gate, Metric
from loadbench_gui.stats.sample import LOADED, TIMING, parse_metric

_SHARED_CPU_CODES: Final = frozenset({"cpu-shared", "cpu-siblings", "single-cpu", "unpinned"})
"""Caveats of `deploy.placement` that say that server and generator are not on cores of their own."""


def generator_gates(workload: str, runs: Sequence[Run]) -> tuple[Gate, ...]:
    """Return the gate on the generators' verdicts, and one for each metric that a generator calls invalid."""
    invalid = [run for run in runs if run.fitness.verdict == "invalid"]
    general = Gate("generator valid", True, "", "The generator found itself fit in every run.", workload)
    if invalid:
        reasons = dict.fromkeys(c.message for run in invalid for c in run.fitness.caveats if c.severity == "invalid")
        hints = dict.fromkeys(c.hint for run in invalid for c in run.fitness.caveats if c.severity == "invalid")
        general = Gate(
            "generator valid",
            False,
            f"{len(invalid)} of {len(runs)} runs invalid",
            _sentences(("the generator found itself unfit", *reasons), hints),
            workload,
            _deployments(invalid),
            LOADED,
        )
    single = [
        Gate(f"generator valid for {_named(group)}", False, _share(group, runs), _said(group), workload,
             _deployments_of(group), _metrics(group))
        for group in _by_code(runs, "invalid")
        if all(doubt.caveat.metric is not None for doubt in group)
    ]  # fmt: skip
    return (general, *single)


def caveat_gates(workload: str, runs: Sequence[Run]) -> tuple[Gate, ...]:
    """Return one caveat for each kind of doubt the generators raised, and whether server and generator had own CPUs."""
    doubts = _by_code(runs, "suspect")
    shared = any(group[0].caveat.code in _SHARED_CPU_CODES for group in doubts)
    own = () if shared else (Gate("own CPUs", True, "", "Server and generator were not seen to share.", workload),)
    return (
        *own,
        *(
            Gate(_name(group[0].caveat.code), None, _share(group, runs), _said(group), workload,
                 _deployments_of(group), _metrics(group))
            for group in doubts
        ),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Doubt:
    caveat: Caveat
    run: Run


def _by_code(runs: Sequence[Run], severity: GeneratorVerdict) -> list[list[_Doubt]]:
    """Group what the generators doubt by its code, whichever metrics and runs it concerns."""
    groups: dict[str, list[_Doubt]] = {}
    for run in runs:
        for caveat in run.fitness.caveats:
            if caveat.severity == severity:
                groups.setdefault(caveat.code, []).append(_Doubt(caveat, run))
    return list(groups.values())


def _name(code: str) -> str:
    return "own CPUs" if code in _SHARED_CPU_CODES else code.replace("-", " ").replace("_", " ")


def _metrics(group: Sequence[_Doubt]) -> tuple[Metric, ...]:
    """Return the metrics concerned; a doubt without a metric, or with one that is not compared, concerns all timing."""
    named = dict.fromkeys(metric for doubt in group for metric in _metrics_of(doubt.caveat.metric))
    return tuple(metric for metric in Metric if metric in named)


def _metrics_of(name: str | None) -> tuple[Metric, ...]:
    # A percentile of the service clock that is not compared itself still says something of the scheduled one.
    for candidate in (name or "", (name or "").removeprefix("service_")):
        if candidate in (*Metric, "memory"):
            return (parse_metric(candidate),)
    return TIMING


def _named(group: Sequence[_Doubt]) -> str:
    return ", ".join(metric.value for metric in _metrics(group))


def _deployments(runs: Sequence[Run]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(run.label.deployment for run in runs))


def _deployments_of(group: Sequence[_Doubt]) -> tuple[str, ...]:
    return _deployments([doubt.run for doubt in group])


def _share(group: Sequence[_Doubt], runs: Sequence[Run]) -> str:
    affected = len({id(doubt.run) for doubt in group})
    return f"{affected} of {len(runs)} runs"


def _said(group: Sequence[_Doubt]) -> str:
    """The first message stands for all: they differ in figures only."""
    return _sentences((group[0].caveat.message,), (group[0].caveat.hint,))


def _sentences(reasons: Sequence[str], hints: Sequence[str] | dict[str, None]) -> str:
    whole = "; ".join(reason.rstrip(".") for reason in reasons if reason)
    return ". ".join(part.rstrip(".") for part in (whole, *hints) if part) + "."

"""The generator's own judgement on itself, turned into gates: invalid stops verdicts, suspect is said aloud."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Final

from loadbench_gui.core.caveats import Caveat
from loadbench_gui.core.run import Run
from loadbench_gui.core.verdict import Gate, Metric
from loadbench_gui.stats.sample import LOADED, TIMING, parse_metric

_OWN_CPU_WORDS: Final = ("shared-cpu", "sibling", "single-cpu", "unpinn", "own-cpu", "same-cpu", "placement")


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
        Gate(f"generator valid for {caveat.metric}", False, _share(group, runs), _said(caveat), workload,
             _deployments(group), _metrics(caveat))
        for caveat, group in _by_code(runs)
        if caveat.severity == "invalid" and caveat.metric is not None
    ]  # fmt: skip
    return (general, *single)


def caveat_gates(workload: str, runs: Sequence[Run]) -> tuple[Gate, ...]:
    """Return one caveat for each doubt that the generators raised, and whether server and generator had own CPUs."""
    doubts = [(caveat, group) for caveat, group in _by_code(runs) if caveat.severity == "suspect"]
    shared = any(_is_about_cpus(caveat.code) for caveat, _ in doubts)
    own = (
        () if shared else (Gate("own CPUs", True, "", "Nothing says that server and generator shared CPUs.", workload),)
    )
    return (
        *own,
        *(
            Gate(
                "own CPUs" if _is_about_cpus(caveat.code) else caveat.code.replace("-", " ").replace("_", " "),
                None,
                _share(group, runs),
                _said(caveat),
                workload,
                _deployments(group),
                _metrics(caveat),
            )
            for caveat, group in doubts
        ),
    )


def _by_code(runs: Sequence[Run]) -> list[tuple[Caveat, list[Run]]]:
    """Group the runs by what they doubt; the first message of each stands for all."""
    said = [(caveat, run) for run in runs for caveat in run.fitness.caveats if caveat.severity != "valid"]
    said.sort(key=lambda pair: _kind(pair[0]))
    grouped = [list(group) for _, group in groupby(said, key=lambda pair: _kind(pair[0]))]
    return [(group[0][0], [run for _, run in group]) for group in grouped]


def _kind(caveat: Caveat) -> tuple[str, str, str]:
    return caveat.code, caveat.metric or "", caveat.severity


def _is_about_cpus(code: str) -> bool:
    return any(word in code.replace("_", "-").lower() for word in _OWN_CPU_WORDS)


def _metrics(caveat: Caveat) -> tuple[Metric, ...]:
    if caveat.metric is None:
        return TIMING
    try:
        return (parse_metric(caveat.metric),)
    except ValueError:
        return TIMING


def _deployments(runs: Sequence[Run]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(run.label.deployment for run in runs))


def _share(group: Sequence[Run], runs: Sequence[Run]) -> str:
    affected = len({id(run) for run in group})
    return f"{affected} of {len(runs)} runs"


def _said(caveat: Caveat) -> str:
    return _sentences((caveat.message,), (caveat.hint,))


def _sentences(reasons: Sequence[str], hints: Sequence[str] | dict[str, None]) -> str:
    whole = "; ".join(reason.rstrip(".") for reason in reasons if reason)
    return ". ".join(part.rstrip(".") for part in (whole, *hints) if part) + "."

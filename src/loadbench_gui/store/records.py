"""What lists show of the history without unpacking anything that was measured."""

from __future__ import annotations

from dataclasses import dataclass

from loadbench_gui.core.run import Phase
from loadbench_gui.core.verdict import Schedule


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One line of the history. started_at: ISO 8601. duration_s: how much of the measured window was covered.

    intervals: how many are stored. sealed: it ended as planned. final: its end was recorded, planned or not.
    stop_reason: as in the run itself.
    """

    run_id: str
    comparison_id: str | None
    profile: str
    deployment: str
    workload: str
    phase: Phase
    round: int
    order: int
    started_at: str
    duration_s: float
    intervals: int
    final: bool
    sealed: bool
    tags: tuple[str, ...] = ()
    stop_reason: str = ""


@dataclass(frozen=True, slots=True)
class Headline:
    """The verdict on the primary metric of one deployment in one workload, in the contract's words."""

    workload: str
    metric: str
    deployment: str
    verdict: str


@dataclass(frozen=True, slots=True)
class ComparisonRecord:
    """One comparison of the history. rounds: as planned. summary and headlines are empty until there is a verdict."""

    comparison_id: str
    profile: str
    started_at: str
    baseline: str
    command: str
    rounds: int
    runs: int
    summary: str
    complete: bool
    deployments: tuple[str, ...]
    headlines: tuple[Headline, ...]
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ComparisonStart:
    """What was decided before the first run; enough to repeat the comparison. profile_text: the TOML as it was."""

    comparison_id: str
    profile: str
    profile_text: str
    schedule: Schedule
    started_at: str
    command: str
    baseline: str

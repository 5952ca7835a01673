"""What was measured before, for Home, History, Compare and reports: the reading side of the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from loadbench_gui.core.run import Phase, Run
from loadbench_gui.core.verdict import Comparison
from loadbench_gui.store.records import ComparisonRecord, ComparisonStart, RunRecord
from loadbench_gui.store.store import Store

HISTORY_SCHEMA: Final = "loadbench.history/1"


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One run in a list. started_at: ISO 8601. duration_s: covered part of the measured window. intervals: stored."""

    run_id: str
    comparison_id: str | None
    profile: str
    deployment: str
    workload: str
    phase: Phase
    started_at: str
    duration_s: float
    intervals: int
    sealed: bool
    tags: tuple[str, ...]
    stop_reason: str = ""


@dataclass(frozen=True, slots=True)
class VerdictWord:
    """The verdict on the primary metric, in the contract's word ("faster", "equivalent", ...)."""

    workload: str
    metric: str
    deployment: str
    verdict: str


@dataclass(frozen=True, slots=True)
class ComparisonSummary:
    """One comparison in a list. rounds: as planned; runs: as stored. headline: the sentence, "" while there is none."""

    comparison_id: str
    profile: str
    started_at: str
    baseline: str
    deployments: tuple[str, ...]
    rounds: int
    runs: int
    complete: bool
    headline: str
    verdicts: tuple[VerdictWord, ...]
    command: str
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """What an id led to: one run, or a comparison (None while it has no verdict) with its runs in schedule order."""

    entry_id: str
    comparison: Comparison | None
    runs: tuple[Run, ...]


class Library:
    """The history, read. Every method may raise the store's `EnvironmentFault`; those with an id, `UserError`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def runs(self, limit: int | None = None) -> tuple[RunSummary, ...]:
        """Newest first."""
        return tuple(_run_summary(record) for record in (await self._store.list_runs())[:limit])

    async def comparisons(self, limit: int | None = None) -> tuple[ComparisonSummary, ...]:
        """Newest first."""
        return tuple(_comparison_summary(record) for record in (await self._store.list_comparisons())[:limit])

    async def load(self, prefix: str) -> Entry:
        """Load what an id, or the beginning of one, means: a run or a comparison."""
        kind, name = await self._store.find(prefix)
        if kind == "run":
            return Entry(name, None, (await self._store.load_run(name),))
        comparison, runs = await self._store.load_comparison(name)
        return Entry(name, comparison, runs)

    async def start_of(self, prefix: str) -> ComparisonStart:
        """What was decided before a comparison began, profile text included: enough to repeat it."""
        return await self._store.load_start(prefix)

    async def delete(self, prefix: str) -> str:
        """Delete a run, or a comparison with its runs; returns the full id."""
        return await self._store.delete(prefix)

    async def tag(self, prefix: str, tags: Sequence[str]) -> str:
        """Replace the tags; returns the full id."""
        return await self._store.set_tags(prefix, tags)

    async def history_document(self) -> dict[str, Any]:
        """Return the contract's `loadbench.history/1`, ready for `json.dumps`."""
        return {
            "schema": HISTORY_SCHEMA,
            "runs": [_run_entry(run) for run in await self.runs()],
            "comparisons": [_comparison_entry(comparison) for comparison in await self.comparisons()],
        }


def _run_summary(record: RunRecord) -> RunSummary:
    return RunSummary(
        run_id=record.run_id,
        comparison_id=record.comparison_id,
        profile=record.profile,
        deployment=record.deployment,
        workload=record.workload,
        phase=record.phase,
        started_at=record.started_at,
        duration_s=record.duration_s,
        intervals=record.intervals,
        sealed=record.sealed,
        tags=record.tags,
        stop_reason=record.stop_reason,
    )


def _comparison_summary(record: ComparisonRecord) -> ComparisonSummary:
    return ComparisonSummary(
        comparison_id=record.comparison_id,
        profile=record.profile,
        started_at=record.started_at,
        baseline=record.baseline,
        deployments=record.deployments,
        rounds=record.rounds,
        runs=record.runs,
        complete=record.complete,
        headline=record.summary,
        verdicts=tuple(VerdictWord(h.workload, h.metric, h.deployment, h.verdict) for h in record.headlines),
        command=record.command,
        tags=record.tags,
    )


def _run_entry(run: RunSummary) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "started_at": run.started_at,
        "deployment": run.deployment,
        "profile": run.profile,
        "duration_s": run.duration_s,
        "intervals": run.intervals,
        "sealed": run.sealed,
        "tags": list(run.tags),
        "comparison_id": run.comparison_id,
        "workload": run.workload,
        "phase": run.phase,
    }


def _comparison_entry(comparison: ComparisonSummary) -> dict[str, Any]:
    return {
        "comparison_id": comparison.comparison_id,
        "started_at": comparison.started_at,
        "profile": comparison.profile,
        "baseline": comparison.baseline,
        "deployments": list(comparison.deployments),
        "rounds": comparison.rounds,
        "runs": comparison.runs,
        "complete": comparison.complete,
        "summary": comparison.headline,
        "verdicts": [
            {"workload": v.workload, "metric": v.metric, "deployment": v.deployment, "verdict": v.verdict}
            for v in comparison.verdicts
        ],
        "command": comparison.command,
        "tags": list(comparison.tags),
    }

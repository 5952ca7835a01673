"""What a comparison says: values only. `stats.compare` computes them; reports, store and pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Metric(StrEnum):
    """What can be compared (contract). Latencies are scheduled unless the name says service."""

    THROUGHPUT = "throughput"
    P50 = "p50"
    P90 = "p90"
    P99 = "p99"
    P99_9 = "p99_9"
    SERVICE_P50 = "service_p50"
    SERVICE_P99 = "service_p99"
    FIRST_EVENT_P50 = "first_event_p50"
    GAP_P99 = "gap_p99"
    RTT_P50 = "rtt_p50"
    RTT_P99 = "rtt_p99"
    FANOUT_P50 = "fanout_p50"
    FANOUT_P99 = "fanout_p99"
    MEMORY_PEAK = "memory_peak"
    MEMORY_IDLE = "memory_idle"
    MEMORY_PER_CONNECTION = "memory_per_connection"
    CPU_PER_1K = "cpu_per_1k"
    STARTUP = "startup"


class Verdict(StrEnum):
    """What may be said of one metric of one deployment against the baseline (contract)."""

    FASTER = "faster"
    SLOWER = "slower"
    LESS = "less"
    MORE = "more"
    EQUIVALENT = "equivalent"
    MEASURABLE = "measurable"
    INCONCLUSIVE = "inconclusive"
    NONE = "none"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True, slots=True)
class Gate:
    """A condition without which there is no verdict on what it concerns.

    name: short words ("same answers"). figure: what was measured ("reuse 1.000"). detail: a sentence, with what to
    do when it failed. passed False stops the verdicts on `metrics` (empty: all) of `deployments` (empty: all);
    passed None is a caveat: worth saying, stops nothing.
    """

    name: str
    passed: bool | None
    figure: str
    detail: str
    workload: str = ""
    deployments: tuple[str, ...] = ()
    metrics: tuple[Metric, ...] = ()


@dataclass(frozen=True, slots=True)
class MetricVerdict:
    """One metric of one deployment against the baseline, in one workload.

    ratio: geometric mean of deployment / baseline over rounds. ci95: its interval, widened for the number of
    verdicts unless primary. sign_flip_p: exact, unadjusted. baseline_value, value: geometric means over rounds in
    the metric's own unit (us, requests/s, bytes, s). rounds: pairs used.
    """

    workload: str
    metric: Metric
    deployment: str
    verdict: Verdict
    sentence: str
    ratio: float | None = None
    ci95: tuple[float, float] | None = None
    p_value: float | None = None
    p_holm: float | None = None
    sign_flip_p: float | None = None
    baseline_value: float | None = None
    value: float | None = None
    rounds: int = 0
    delta: float = 0.05
    primary: bool = False
    more_rounds: int | None = None
    caveats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ScheduleEntry:
    """One run of the schedule."""

    order: int
    round: int
    deployment: str
    workload: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """Every run of a comparison in the order it is made: randomised complete blocks from a recorded seed."""

    entries: tuple[ScheduleEntry, ...]
    rounds: int
    seed: int
    estimate_s: float


@dataclass(frozen=True, slots=True)
class Difference:
    """Something other than the declared factor in which deployments differ. `matters`: not like for like."""

    what: str
    values: tuple[tuple[str, str], ...]
    matters: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """The answer, with its evidence. `run_ids` in schedule order; `summary` is the sentence on top."""

    comparison_id: str
    profile: str
    started_at: str
    baseline: str
    deployments: tuple[str, ...]
    primary: Metric
    schedule: Schedule
    metrics: tuple[MetricVerdict, ...]
    gates: tuple[Gate, ...]
    differences: tuple[Difference, ...]
    summary: str
    like_for_like: bool = True
    noise_floor: float | None = None
    run_ids: tuple[str, ...] = ()
    complete: bool = True
    command: str = ""

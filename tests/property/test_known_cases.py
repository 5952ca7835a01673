"""The statistics must be right about cases whose truth is known: simulated comparisons at the seam of metric values.

Each simulated comparison goes through everything from paired values to verdicts. "Differs" means a verdict that
claims a difference: faster, slower, less, more or measurable. It is counted twice: with the thresholds that profiles
have by default, where the limits hold as they are, and with thresholds of a hair, so that "equivalent" cannot hide a
false claim and the whole error of the intervals is seen.

There, a limit of 5 % on 2,000 comparisons is checked with the slack of a binomial count: a procedure that errs in
exactly 5 % is seen above 5 % half of the time, so the test fails beyond 5 % + 3 standard errors (0.05 + 3 x 0.0049 =
6.5 %; for 6 %: 7.6 %). `make test` makes a fifth of them, with the slack of so many.
Seeds are fixed, so that the outcome does not change from run to run.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import Final

import numpy as np
import pytest
from numpy.typing import NDArray

from builders import make_workload
from loadbench_gui.core.plan import ComparisonSettings, Deployment, Launch, Plan
from loadbench_gui.core.verdict import Metric, MetricVerdict, Verdict
from loadbench_gui.stats.compare import verdicts_from
from loadbench_gui.stats.families import Pairs
from loadbench_gui.stats.intervals import Effect
from loadbench_gui.stats.judge import DIFFERENT, decide
from thorough import part_of

pytestmark = pytest.mark.matrix

SIMULATIONS: Final = part_of(2_000)
METRICS: Final = (Metric.P99, Metric.P50, Metric.P90, Metric.SERVICE_P50, Metric.MEMORY_PEAK, Metric.CPU_PER_1K)
HAIR: Final = tuple((metric.value, 1e-9) for metric in METRICS)

Floats = NDArray[np.float64]
Noise = Callable[[np.random.Generator, int], Floats]
"""Draws ln values of shape (metric, arm, round) for one comparison of so many rounds."""


def plan(rounds: int, thresholds: tuple[tuple[str, float], ...] | None = None) -> Plan:
    deployments = tuple(Deployment(name, Launch(("serve",))) for name in ("a", "b"))
    settings = ComparisonSettings("a", "p99", rounds)
    if thresholds is not None:
        settings = ComparisonSettings("a", "p99", rounds, thresholds)
    return Plan("simulated", deployments, (make_workload(),), settings)


def judge(the_plan: Plan, logs: Floats) -> tuple[MetricVerdict, ...]:
    """Judge ln values of shape (metric, arm, round)."""
    values = np.exp(logs)
    rounds = tuple(range(logs.shape[2]))
    return verdicts_from(
        the_plan,
        [
            Pairs("json", metric, "b", metric is Metric.P99, rounds, tuple(base.tolist()), tuple(other.tolist()))
            for metric, (base, other) in zip(METRICS, values, strict=True)
        ],
    )


def normal(rng: np.random.Generator, rounds: int) -> Floats:
    return rng.normal(0, 0.04, (len(METRICS), 2, rounds))


def heavy_tailed(rng: np.random.Generator, rounds: int) -> Floats:
    return 0.04 * rng.standard_t(2.5, (len(METRICS), 2, rounds))


def drifting(rng: np.random.Generator, rounds: int) -> Floats:
    """The machine gets slower from run to run, by 40 % in all; each round runs its arms in an order of its own."""
    order = np.stack([rng.permutation(2) for _ in range(rounds)], axis=1)
    run_number = 2 * np.arange(rounds) + order
    return 0.4 * run_number / (2 * rounds) + rng.normal(0, 0.04, (len(METRICS), 2, rounds))


def slack(limit: float) -> float:
    return limit + 3 * math.sqrt(limit * (1 - limit) / SIMULATIONS)


@pytest.mark.parametrize(("noise", "rounds"), [(normal, 4), (normal, 10), (heavy_tailed, 10), (drifting, 10)])
def test_a_deployment_compared_with_itself_differs_in_no_more_than_five_per_cent(noise: Noise, rounds: int) -> None:
    rng, hair, default = np.random.default_rng(20261122), plan(rounds, HAIR), plan(rounds)
    excluding, claiming = [], []
    for _ in range(SIMULATIONS):
        found = judge(hair, noise(rng, rounds))
        excluding.append([v.primary for v in found if v.verdict in DIFFERENT])
        claiming.append([v.primary for v in found if rejudged(default, v) in DIFFERENT])
    assert sum(map(any, excluding)) / SIMULATIONS <= slack(0.05)
    assert sum(map(bool, excluding)) / SIMULATIONS <= slack(0.06)
    # What people are told, with the thresholds that a profile has by default: no slack needed.
    assert sum(map(any, claiming)) / SIMULATIONS <= 0.05
    assert sum(map(bool, claiming)) / SIMULATIONS <= 0.06


def rejudged(the_plan: Plan, found: MetricVerdict) -> Verdict:
    """Return the verdict that the same interval has under the thresholds of `the_plan`."""
    assert found.ratio is not None
    assert found.ci95 is not None
    effect = Effect(found.ratio, *found.ci95, found.p_value or 0.0, found.sign_flip_p, 0.0, found.rounds)
    return decide(effect, the_plan.comparison.threshold(found.metric.value), found.metric)


@cache
def planted(slow_down: float, simulations: int = 500) -> list[MetricVerdict]:
    """Return the primary verdicts of quick comparisons (10 rounds, 4 % noise) of a deployment that is slower."""
    rng, the_plan = np.random.default_rng(7), plan(10)
    found = []
    for _ in range(simulations):
        logs = normal(rng, 10)
        logs[0, 1] += math.log1p(slow_down)
        found += [v for v in judge(the_plan, logs) if v.primary]
    return found


def share(found: Sequence[MetricVerdict], holds: Callable[[MetricVerdict], bool]) -> float:
    return sum(map(holds, found)) / len(found)


def test_a_planted_ten_per_cent_slow_down_is_seen_in_nine_of_ten_quick_comparisons() -> None:
    found = planted(0.10)
    assert share(found, lambda v: v.ci95 is not None and v.ci95[0] > 1) >= 0.90
    assert share(found, lambda v: v.verdict is Verdict.FASTER) == 0


def test_a_planted_quarter_is_called_slower_in_nine_of_ten_quick_comparisons() -> None:
    assert share(planted(0.25), lambda v: v.verdict is Verdict.SLOWER) >= 0.90


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    found = planted(0.10)
    inside = share(found, lambda v: v.ci95 is not None and v.ci95[0] <= 1.10 <= v.ci95[1])
    # 95 % of 500, with three standard errors either way.
    assert inside == pytest.approx(0.95, abs=3 * math.sqrt(0.95 * 0.05 / 500))


def test_where_the_primary_metric_differs_the_others_are_judged_with_its_share() -> None:
    rng, the_plan = np.random.default_rng(1), plan(10)
    logs = rng.normal(0, 0.04, (len(METRICS), 2, 10))
    alone = judge(the_plan, logs)
    logs[0, 1] += math.log(2)
    beside = judge(the_plan, logs)
    widths = [[v.ci95[1] / v.ci95[0] for v in found if v.ci95 and not v.primary] for found in (alone, beside)]
    assert all(narrow < wide for wide, narrow in zip(*widths, strict=True))

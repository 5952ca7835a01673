"""From an interval to a verdict: where it lies against no difference and against the difference that matters."""

from __future__ import annotations

from loadbench_gui.core.verdict import Metric, Verdict
from loadbench_gui.stats.intervals import Effect
from loadbench_gui.stats.sample import COSTS

DIFFERENT = frozenset({Verdict.FASTER, Verdict.SLOWER, Verdict.LESS, Verdict.MORE, Verdict.MEASURABLE})
"""Verdicts that claim a difference."""


def decide(effect: Effect, delta: float, metric: Metric) -> Verdict:
    """Return the verdict on `metric`; `delta` is the relative difference that matters (0.05 for 5 %).

    Wholly beyond delta: a direction. Wholly within: equivalent, even where it excludes no difference by a hair.
    Excludes no difference but crosses delta: measurable. Else inconclusive.
    """
    if effect.high < 1 - delta:
        return _below(metric)
    if effect.low > 1 + delta:
        return _above(metric)
    if effect.low >= 1 - delta and effect.high <= 1 + delta:
        return Verdict.EQUIVALENT
    if effect.high < 1 or effect.low > 1:
        return Verdict.MEASURABLE
    return Verdict.INCONCLUSIVE


def _below(metric: Metric) -> Verdict:
    if metric in COSTS:
        return Verdict.LESS
    return Verdict.SLOWER if metric is Metric.THROUGHPUT else Verdict.FASTER


def _above(metric: Metric) -> Verdict:
    if metric in COSTS:
        return Verdict.MORE
    return Verdict.FASTER if metric is Metric.THROUGHPUT else Verdict.SLOWER

"""Paired log-ratios, their geometric mean with an interval, and what many of them together may claim.

Each round gives one ln(deployment / baseline), so that whatever a round has in common (the machine's mood, the
arrivals) cancels. The interval is Student's t on those; the exact sign-flip test (Fisher 1935) stands beside it
because it assumes nothing about their shape.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

PRIMARY_ALPHA: Final = 0.05
"""How often the primary metric of an A/A comparison may differ: its interval is a plain 95 % one."""

OTHERS_ALPHA: Final = 0.01
"""How often any of the other verdicts may, all together, where the primary does not: with its 5 % that makes 6 %."""

_EXACT_ROUNDS: Final = 40
_LARGEST_LOG: Final = 700.0


@dataclass(frozen=True, slots=True)
class Effect:
    """A paired comparison: geometric mean of the ratios, its interval, and two tests of no difference.

    log_sd: standard deviation of the log-ratios. sign_flip_p: None beyond 40 rounds.
    """

    ratio: float
    low: float
    high: float
    p_value: float
    sign_flip_p: float | None
    log_sd: float
    rounds: int


class NoEffect(ValueError):
    """The ratio cannot be computed; the message says why."""


def log_ratios(baseline: Sequence[float], values: Sequence[float]) -> list[float]:
    """Return ln(value / baseline) of each pair. Raises `NoEffect` where a value is not a positive number."""
    if len(baseline) != len(values):
        raise NoEffect(f"{len(baseline)} values of the baseline, {len(values)} of the deployment")
    if any(not (math.isfinite(x) and x > 0) for x in (*baseline, *values)):
        raise NoEffect("a value is zero or not a number, which has no ratio")
    return [math.log(value / base) for base, value in zip(baseline, values, strict=True)]


def paired_effect(logs: Sequence[float], alpha: float) -> Effect:
    """Return the geometric mean ratio of `logs` with its 1 - alpha t-interval.

    Without any variance the interval is the ratio. Raises `NoEffect` below two rounds and for absurd ratios.
    """
    n = len(logs)
    if n < 2:
        raise NoEffect(f"{n} complete {'round' if n == 1 else 'rounds'}; an interval needs at least two")
    mean = math.fsum(logs) / n
    sd = math.sqrt(math.fsum((x - mean) ** 2 for x in logs) / (n - 1))
    if sd <= 1e-12:
        half, p_value = 0.0, 1.0 if abs(mean) <= 1e-12 else 0.0
    else:
        error = sd / math.sqrt(n)
        half, p_value = _student_t(n - 1, 1 - alpha / 2) * error, _student_p(n - 1, mean / error)
    if abs(mean) > _LARGEST_LOG:
        raise NoEffect("the ratio is larger or smaller than can be computed with")
    low, high = (math.exp(max(-_LARGEST_LOG, min(mean + side * half, _LARGEST_LOG))) for side in (-1, 1))
    return Effect(math.exp(mean), low, high, p_value, sign_flip_p(logs), sd, n)


def sign_flip_p(logs: Sequence[float]) -> float | None:
    """Return the exact two-sided p of no difference, by flipping every sign: the share of all 2^n sums as extreme.

    Counted from two sorted halves (Horowitz and Sahni 1974), so 40 rounds take 2^20 sums and not 2^40. None beyond.
    """
    n = len(logs)
    if not n or n > _EXACT_ROUNDS:
        return None
    extreme = abs(math.fsum(logs))
    # Sums that are equal but for rounding count as equally extreme.
    extreme -= 1e-9 * math.fsum(map(abs, logs))
    first, second = _signed_sums(logs[: n // 2]), np.sort(_signed_sums(logs[n // 2 :]))
    above = len(second) - np.searchsorted(second, extreme - first, side="left")
    below = np.searchsorted(second, -extreme - first, side="right")
    return min(1.0, float((above + below).sum()) / 2.0**n)


def holm(p_values: Sequence[float]) -> list[float]:
    """Return Holm's adjusted p-values, in the given order (Holm 1979)."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    adjusted, highest = [0.0] * len(p_values), 0.0
    for rank, position in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[position]))
        adjusted[position] = highest
    return adjusted


def rounds_needed(effect: Effect, delta: float, alpha: float, most: int = 1000) -> int | None:
    """Return about how many more rounds would settle an inconclusive effect, or None beyond `most`.

    Settled is whichever comes first if mean and spread stay what they are: an interval that excludes no difference,
    or one that lies within delta.
    """
    mean = math.log(effect.ratio)
    room = min(math.log1p(delta) - mean, mean - math.log1p(-delta))
    width = max(abs(mean), room)

    def settled(more: int) -> bool:
        n = effect.rounds + more
        return _student_t(n - 1, 1 - alpha / 2) * effect.log_sd / math.sqrt(n) < width

    # The interval only narrows with more rounds, so the first that settles it is found by halving.
    more = bisect_left(range(1, most + 1), True, key=settled) + 1
    return more if more <= most else None


def _signed_sums(values: Sequence[float]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    sums = np.zeros(1)
    for value in values:
        sums = np.concatenate((sums + value, sums - value))
    return sums


def _student_t(freedom: int, q: float) -> float:
    from scipy.special import stdtrit  # a quarter of a second to import: only when a distribution is needed

    return float(stdtrit(freedom, q))


def _student_p(freedom: int, t: float) -> float:
    from scipy.special import stdtr

    return 2 * float(stdtr(freedom, -abs(t)))

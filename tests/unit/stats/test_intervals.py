"""Paired effects against scipy.stats as the oracle, and cases that can be counted by hand."""

from __future__ import annotations

import itertools
import math
import subprocess
import sys

import numpy as np
import pytest
import scipy.stats

from loadbench_gui.stats.intervals import Effect, NoEffect, holm, log_ratios, paired_effect, rounds_needed, sign_flip_p

LOGS = np.random.default_rng(4).normal(-0.2, 0.05, 9).tolist()


@pytest.mark.parametrize("alpha", [0.05, 0.001])
def test_the_interval_and_its_p_are_students(alpha: float) -> None:
    effect = paired_effect(LOGS, alpha)
    oracle = scipy.stats.ttest_1samp(LOGS, 0.0)
    bounds = oracle.confidence_interval(1 - alpha)
    assert effect.ratio == pytest.approx(math.exp(np.mean(LOGS)))
    assert (effect.low, effect.high) == pytest.approx((math.exp(bounds.low), math.exp(bounds.high)))
    assert effect.p_value == pytest.approx(oracle.pvalue)
    assert effect.rounds == 9


def test_the_sign_flip_p_is_the_share_of_all_flips_as_extreme() -> None:
    extreme = abs(sum(LOGS[:6])) - 1e-12
    flips = [
        abs(sum(s * x for s, x in zip(signs, LOGS[:6], strict=True))) for signs in itertools.product((1, -1), repeat=6)
    ]
    assert sign_flip_p(LOGS[:6]) == sum(flip >= extreme for flip in flips) / 64


def test_six_rounds_that_agree_cannot_go_below_a_sign_flip_p_of_three_per_cent() -> None:
    assert sign_flip_p([0.1, 0.2, 0.3, 0.1, 0.2, 0.3]) == 2 / 2**6 == 0.03125


def test_forty_rounds_are_still_counted_exactly_and_more_are_not() -> None:
    assert sign_flip_p([0.1] * 40) == 2 / 2**40
    assert sign_flip_p([0.1] * 41) is None


def test_no_difference_at_all_has_a_sign_flip_p_of_one() -> None:
    assert sign_flip_p([0.0, 0.0, 0.0]) == 1.0


def test_without_variance_the_interval_is_the_ratio() -> None:
    effect = paired_effect([math.log(2)] * 4, 0.05)
    assert (effect.low, effect.high) == pytest.approx((2.0, 2.0))
    assert effect.p_value == 0.0
    assert paired_effect([0.0] * 4, 0.05).p_value == 1.0


@pytest.mark.parametrize(
    ("logs", "why"), [([], "0 complete rounds"), ([0.1], "1 complete round;"), ([800.0, 800.0], "larger or smaller")]
)
def test_what_cannot_be_computed_says_why(logs: list[float], why: str) -> None:
    with pytest.raises(NoEffect, match=why):
        paired_effect(logs, 0.05)


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf])
def test_only_positive_numbers_have_a_ratio(value: float) -> None:
    with pytest.raises(NoEffect, match="zero or not a number"):
        log_ratios([1.0, 2.0], [1.0, value])


def test_pairs_must_be_pairs() -> None:
    with pytest.raises(NoEffect, match="2 values of the baseline, 1 of the deployment"):
        log_ratios([1.0, 2.0], [1.0])


def test_holm_steps_down_and_never_falls() -> None:
    # By hand: 0.01 x 4, max(0.04, 0.02 x 3), max(0.06, 0.03 x 2), max(0.06, 0.9).
    assert holm([0.03, 0.01, 0.9, 0.02]) == pytest.approx([0.06, 0.04, 0.9, 0.06])
    assert holm([]) == []


def effect(ratio: float, log_sd: float, rounds: int = 4) -> Effect:
    return Effect(ratio, 0.0, 0.0, 1.0, None, log_sd, rounds)


def test_the_rounds_that_are_missing_make_the_interval_just_narrow_enough() -> None:
    more = rounds_needed(effect(1.03, 0.05), 0.05, 0.05)
    assert more is not None
    half = [scipy.stats.t.ppf(0.975, 4 + n - 1) * 0.05 / math.sqrt(4 + n) for n in (more - 1, more)]
    assert half[1] < math.log(1.03) <= half[0]


def test_an_effect_of_nothing_needs_rounds_to_become_equivalent() -> None:
    more = rounds_needed(effect(1.0, 0.05), 0.05, 0.05)
    assert more is not None
    assert scipy.stats.t.ppf(0.975, 3 + more) * 0.05 / math.sqrt(4 + more) < math.log(1.05)


def test_a_hopeless_effect_names_no_number() -> None:
    assert rounds_needed(effect(1.0, 5.0), 0.05, 0.05) is None


def test_importing_the_statistics_loads_no_scipy() -> None:
    code = "import sys, loadbench_gui.stats.compare; sys.exit('scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

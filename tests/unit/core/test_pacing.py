"""When arrivals are due."""

from __future__ import annotations

import tracemalloc
from itertools import islice

import numpy as np
import pytest

from loadbench_gui.core.pacing import CHUNK, arrivals, expected_arrivals, peak_rate_rps
from loadbench_gui.core.plan import OpenLoad, Stage
from loadbench_gui.errors import Bug

SECOND = 1_000_000_000


def due(shape: OpenLoad, seconds: float, seed: int = 1) -> list[int]:
    return [ns for chunk in arrivals(shape, seed, round(seconds * SECOND), 0, 1) for ns in chunk]


def test_a_constant_rate_spaces_arrivals_evenly_from_the_start() -> None:
    assert due(OpenLoad(1, 4.0), 1.0) == [0, SECOND // 4, SECOND // 2, 3 * SECOND // 4]


def test_a_constant_rate_does_not_drift_over_an_hour() -> None:
    whole = list(arrivals(OpenLoad(1, 3.0), 1, 3600 * SECOND, 0, 1))
    assert whole[-1][-1] == round((3600 * 3 - 1) * SECOND / 3)
    assert sum(map(len, whole)) == 3600 * 3


def test_poisson_gaps_have_the_mean_and_spread_of_an_exponential() -> None:
    # 100,000 gaps: the standard error of the mean is 0.32 %, of the standard deviation 0.45 %; five of each.
    gaps = np.diff(due(OpenLoad(1, 10_000.0, "poisson"), 10.0)) / SECOND
    assert gaps.mean() == pytest.approx(1e-4, rel=0.016)
    assert gaps.std() == pytest.approx(1e-4, rel=0.023)


def test_poisson_counts_vary_as_much_as_their_mean() -> None:
    # 2,000 windows with 50 arrivals each: the index of dispersion is 1 with a standard error of sqrt(2 / 1999).
    counts = np.histogram(due(OpenLoad(1, 5_000.0, "poisson"), 20.0), bins=2_000, range=(0, 20 * SECOND))[0]
    assert counts.var(ddof=1) / counts.mean() == pytest.approx(1.0, abs=5 * (2 / 1999) ** 0.5)


def test_the_same_seed_draws_the_same_arrivals_and_another_seed_others() -> None:
    shape = OpenLoad(1, 500.0, "poisson")
    assert due(shape, 1.0, seed=5) == due(shape, 1.0, seed=5)
    assert due(shape, 1.0, seed=5) != due(shape, 1.0, seed=6)


def test_a_ramp_from_nothing_is_the_root_of_its_integral() -> None:
    # The rate rises to 200/s within 2 s: n arrivals are expected after sqrt(n / 50) seconds.
    ramp = OpenLoad(1, 0.0, stages=(Stage(2.0, 200.0),))
    assert due(ramp, 2.0) == [round((n / 50) ** 0.5 * SECOND) for n in range(200)]


def test_after_the_last_stage_the_rate_stays() -> None:
    assert due(OpenLoad(1, 10.0, stages=(Stage(1.0, 10.0),)), 3.0) == [n * SECOND // 10 for n in range(30)]


def test_a_step_is_a_stage_of_no_duration() -> None:
    step = OpenLoad(1, 10.0, stages=(Stage(1.0, 10.0), Stage(0.0, 100.0), Stage(1.0, 100.0)))
    times = due(step, 2.0)
    assert len([ns for ns in times if ns < SECOND]) == 10
    assert len([ns for ns in times if ns >= SECOND]) == 100


def test_a_pause_has_no_arrivals_and_the_next_one_comes_when_it_ends() -> None:
    pause = OpenLoad(1, 10.0, stages=(Stage(1.0, 10.0), Stage(0.0, 0.0), Stage(5.0, 0.0), Stage(0.0, 10.0)))
    times = due(pause, 7.0)
    assert times[9:12] == [9 * SECOND // 10, 6 * SECOND, 6 * SECOND + SECOND // 10]


def test_a_load_that_fades_out_ends_by_itself() -> None:
    fade = OpenLoad(1, 100.0, "poisson", stages=(Stage(1.0, 0.0),))
    times = due(fade, 1000.0)
    assert times[-1] < SECOND
    # 50 are expected, with a standard deviation of 7.
    assert 50 - 35 < len(times) < 50 + 35


def test_no_rate_means_no_arrivals() -> None:
    assert due(OpenLoad(1, 0.0), 10.0) == due(OpenLoad(1, 0.0, "poisson"), 10.0) == []


def test_a_poisson_ramp_thickens_as_its_rate_grows() -> None:
    # Rate 0 -> 4,000/s in 2 s: 1,000 are expected in the first second and 3,000 in the second.
    times = np.array(due(OpenLoad(1, 0.0, "poisson", stages=(Stage(2.0, 4_000.0),)), 2.0))
    first, second = int((times < SECOND).sum()), int((times >= SECOND).sum())
    assert first == pytest.approx(1_000, abs=5 * 1_000**0.5)
    assert second == pytest.approx(3_000, abs=5 * 3_000**0.5)


@pytest.mark.parametrize("arrival", ["constant", "poisson"])
def test_a_day_of_arrivals_is_drawn_chunk_by_chunk_in_bounded_memory(arrival: str) -> None:
    shape = OpenLoad(1, 50_000.0, "poisson" if arrival == "poisson" else "constant")
    drawn = arrivals(shape, 1, 86_400 * SECOND, 0, 2)
    next(drawn)
    tracemalloc.start()
    try:
        assert all(0 < len(chunk) <= CHUNK for chunk in islice(drawn, 50))
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak_bytes < 2_000_000


def test_a_share_that_does_not_exist_is_our_bug() -> None:
    with pytest.raises(Bug, match="share 2 of 2"):
        next(arrivals(OpenLoad(1, 1.0), 1, SECOND, 2, 2))


def test_expected_arrivals_integrate_the_rate() -> None:
    shape = OpenLoad(1, 0.0, stages=(Stage(2.0, 100.0), Stage(1.0, 100.0)))
    assert expected_arrivals(shape, 1.0) == pytest.approx(25.0)
    assert expected_arrivals(shape, 4.0) == pytest.approx(300.0)
    assert peak_rate_rps(shape) == 100.0
    assert peak_rate_rps(OpenLoad(1, 7.0)) == 7.0

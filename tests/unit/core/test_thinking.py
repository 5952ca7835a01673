"""Pauses of thinking users: known beforehand, and the same for everyone who asks."""

from __future__ import annotations

from itertools import islice

import pytest

from loadbench_gui.core.plan import ClosedLoad
from loadbench_gui.core.thinking import pauses

MS = 1_000_000


def first(count: int, shape: ClosedLoad, user: int, *, seed: int = 1) -> list[int]:
    return list(islice(pauses(shape, seed, user, shape.connections), count))


def test_users_with_constant_pauses_begin_evenly_spread_over_one_pause() -> None:
    shape = ClosedLoad(4, think_s=0.2)
    assert [first(3, shape, user) for user in range(4)] == [
        [begin * MS, 200 * MS, 200 * MS] for begin in (0, 50, 100, 150)
    ]


def test_exponential_pauses_have_the_mean_that_was_asked_for_and_its_spread() -> None:
    shape = ClosedLoad(2, think_s=0.05, thinking="exponential")
    drawn = first(20_000, shape, 1)
    mean = sum(drawn) / len(drawn)
    assert mean == pytest.approx(50 * MS, rel=0.03)
    assert sum(pause > mean for pause in drawn) / len(drawn) == pytest.approx(0.368, abs=0.02)
    assert min(drawn) >= 0


def test_exponential_pauses_depend_on_the_seed_and_the_user_alone() -> None:
    shape = ClosedLoad(3, think_s=0.05, thinking="exponential")
    assert first(40, shape, 2) == first(40, shape, 2)
    assert first(40, shape, 2) != first(40, shape, 2, seed=2)
    assert not set(first(40, shape, 0)) & set(first(40, shape, 1))

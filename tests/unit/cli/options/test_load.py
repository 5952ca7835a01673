"""Which loop the options ask for, how long it lasts, and what does not go together."""

from __future__ import annotations

from typing import Any

import pytest

from loadbench_gui.cli.options import load
from loadbench_gui.core.shape import ClosedLoad, LoadShape, OpenLoad, Stage
from loadbench_gui.errors import UserError

RAMP = (Stage(10.0, 500.0), Stage(0.0, 1000.0), Stage(5.0, 1000.0))


def shape(**asked: Any) -> LoadShape:
    nothing: dict[str, Any] = {
        "rate_rps": None, "stages": (), "arrival": "constant", "when_busy": "queue", "queue_limit": None,
        "think_s": 0.0, "thinking": "constant",
    }  # fmt: skip
    return load.shape(8, **{**nothing, **asked})


def test_without_a_rate_the_loop_is_closed() -> None:
    assert shape() == ClosedLoad(8)
    assert shape(think_s=0.2, thinking="exponential") == ClosedLoad(8, 0.2, "exponential")


def test_a_rate_opens_the_loop() -> None:
    assert shape(rate_rps=500.0) == OpenLoad(8, 500.0)
    asked = {"arrival": "poisson", "queue_limit": 10}
    assert shape(rate_rps=500.0, **asked) == OpenLoad(8, 500.0, "poisson", (), "queue", 10)
    assert shape(rate_rps=500.0, when_busy="drop") == OpenLoad(8, 500.0, when_busy="drop")


def test_stages_start_at_the_rate_or_at_nothing() -> None:
    assert shape(stages=RAMP) == OpenLoad(8, 0.0, stages=RAMP)
    assert shape(stages=RAMP, rate_rps=100.0) == OpenLoad(8, 100.0, stages=RAMP)


@pytest.mark.parametrize(
    ("asked", "option"),
    [
        ({"arrival": "poisson"}, "--arrival"),
        ({"when_busy": "drop"}, "--when-busy"),
        ({"queue_limit": 0}, "--queue-limit"),
        ({"thinking": "exponential"}, "--thinking"),
        ({"rate_rps": 5.0, "when_busy": "drop", "queue_limit": 10}, "--queue-limit"),
        ({"rate_rps": 5.0, "think_s": 0.1}, "--think "),
        ({"stages": RAMP, "thinking": "exponential"}, "--thinking"),
        ({"stages": (Stage(10.0, 0.0),)}, "every rate is 0"),
    ],
)
def test_what_means_nothing_together_is_refused(asked: dict[str, Any], option: str) -> None:
    with pytest.raises(UserError, match=option) as caught:
        shape(**asked)
    assert caught.value.hint


def test_how_long_it_lasts() -> None:
    assert load.length_s(None, None, (), 0.0) == 10.0
    assert load.length_s(3.0, 100, RAMP, 1.0) == 3.0
    assert load.length_s(None, 100, (), 0.0) == 3600.0
    assert load.length_s(None, None, RAMP, 2.0) == 13.0
    assert load.length_s(None, 100, RAMP, 0.0) == 15.0


def test_stages_that_leave_nothing_to_measure() -> None:
    with pytest.raises(UserError, match="before anything is measured"):
        load.length_s(None, None, (Stage(0.0, 100.0),), 0.0)

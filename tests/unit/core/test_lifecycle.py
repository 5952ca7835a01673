"""The life of a run."""

from __future__ import annotations

import pytest

from loadbench_gui.core.lifecycle import FINAL, TRANSITIONS, RunEvent, RunState, advance
from loadbench_gui.errors import Bug


def test_a_run_that_goes_as_planned_passes_every_state() -> None:
    events = (
        RunEvent.START, RunEvent.READY, RunEvent.VERIFIED, RunEvent.FIRE, RunEvent.WARM, RunEvent.WINDOW_END,
        RunEvent.DRAINED, RunEvent.CLEANED_UP,
    )  # fmt: skip
    state, seen = RunState.PLANNED, [RunState.PLANNED]
    for event in events:
        state = advance(state, event)
        seen.append(state)
    assert seen == [s for s in RunState if s not in (RunState.STOPPED, RunState.FAILED)]


def test_any_run_that_is_not_over_may_fail() -> None:
    assert {advance(s, RunEvent.FAULT) for s in RunState if s not in FINAL} == {RunState.FAILED}


def test_a_run_may_be_stopped_until_it_stops_by_itself() -> None:
    stoppable = [s for s in RunState if s not in FINAL and s is not RunState.STOPPING]
    assert {advance(s, RunEvent.STOP) for s in stoppable} == {RunState.STOPPED}


@pytest.mark.parametrize("state", sorted(FINAL))
def test_nothing_follows_the_end(state: RunState) -> None:
    assert not any(from_state is state for from_state, _ in TRANSITIONS)
    with pytest.raises(Bug, match=f"cannot go on from '{state}'"):
        advance(state, RunEvent.START)


def test_every_state_can_be_reached() -> None:
    assert set(TRANSITIONS.values()) | {RunState.PLANNED} == set(RunState)

"""The life of a run as a table: code, tests and the diagram in docs/architecture.md share it."""

from __future__ import annotations

from enum import StrEnum

from loadbench_gui.errors import Bug


class RunState(StrEnum):
    """Where a run is. The last three are final."""

    PLANNED = "planned"
    STARTING = "starting"
    READY = "ready"
    VERIFIED = "verified"
    WARMING_UP = "warming up"
    MEASURING = "measuring"
    DRAINING = "draining"
    STOPPING = "stopping"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


class RunEvent(StrEnum):
    """What moves a run on."""

    START = "start"
    READY = "ready"
    VERIFIED = "verified"
    FIRE = "fire"
    WARM = "warm"
    WINDOW_END = "window end"
    DRAINED = "drained"
    CLEANED_UP = "cleaned up"
    STOP = "stop"
    FAULT = "fault"


_S, _E = RunState, RunEvent

TRANSITIONS: dict[tuple[RunState, RunEvent], RunState] = {
    (_S.PLANNED, _E.START): _S.STARTING,
    (_S.STARTING, _E.READY): _S.READY,
    (_S.READY, _E.VERIFIED): _S.VERIFIED,
    (_S.VERIFIED, _E.FIRE): _S.WARMING_UP,
    (_S.WARMING_UP, _E.WARM): _S.MEASURING,
    (_S.MEASURING, _E.WINDOW_END): _S.DRAINING,
    (_S.DRAINING, _E.DRAINED): _S.STOPPING,
    (_S.STOPPING, _E.CLEANED_UP): _S.DONE,
    **{
        (state, _E.STOP): _S.STOPPED
        for state in (
            _S.PLANNED,
            _S.STARTING,
            _S.READY,
            _S.VERIFIED,
            _S.WARMING_UP,
            _S.MEASURING,
            _S.DRAINING,
        )
    },
    **{(state, _E.FAULT): _S.FAILED for state in _S if state not in (_S.DONE, _S.STOPPED, _S.FAILED)},
}

FINAL = frozenset({_S.DONE, _S.STOPPED, _S.FAILED})


def advance(state: RunState, event: RunEvent) -> RunState:
    """Return the state after `event`. Raises `Bug` for a move the table does not have."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise Bug(f"a run cannot go on from {state.value!r} by {event.value!r}") from None

"""What speaks against a calibration: a machine that did something else as well while it was measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from loadbench_gui.core.caveats import Caveat
from loadbench_gui.deploy.placement import throttle_caveat
from loadbench_gui.engine.fitness.processors import STEAL_LIMIT
from loadbench_gui.services.calibration.result import SPREAD_LIMIT, Cost
from loadbench_gui.services.calibration.run import Sample
from loadbench_gui.stats.notation import percent

STEAL_UNUSABLE: Final = 0.10
"""Above this a hypervisor's neighbours also cool the caches and slow the core: CPU time itself then means little."""
OTHERS_LIMIT: Final = 0.10
_AGAIN: Final = "Close other programs and calibrate again."


def doubts(cost: Cost, samples: Sequence[Sample], placed: Sequence[Caveat], throttled: int) -> tuple[Caveat, ...]:
    """Return what was found. Severity invalid: the cost cannot be used; suspect: the lags are not the best there are.

    placed: caveats of the placement. throttled: how often the container's quota stopped its processes meanwhile.
    """
    quota = throttle_caveat(0, throttled)
    return (*placed, *((quota,) if quota else ()), *_spread(cost), *_steal(samples), *_others(samples))


def _spread(cost: Cost) -> tuple[Caveat, ...]:
    if cost.spread <= SPREAD_LIMIT:
        return ()
    figures = ", ".join(f"{us:.1f}" for us in cost.runs_us)
    return (
        Caveat(
            "calibration_spread",
            f"The cost of a request differs by {percent(cost.spread)} between runs ({figures} µs of CPU).",
            f"{_AGAIN} Longer runs help too: --seconds 5.",
            "invalid",
        ),
    )


def _steal(samples: Sequence[Sample]) -> tuple[Caveat, ...]:
    most = max((sample.fired.fitness.steal_fraction or 0.0 for sample in samples), default=0.0)
    if most <= STEAL_LIMIT:
        return ()
    return (
        Caveat(
            "steal",
            f"The hypervisor gave up to {percent(most)} of a processor's time to others.",
            "Calibrate when the host is quieter, or on a machine whose processors are not shared.",
            "invalid" if most > STEAL_UNUSABLE else "suspect",
        ),
    )


def _others(samples: Sequence[Sample]) -> tuple[Caveat, ...]:
    most = max((sample.others or 0.0 for sample in samples), default=0.0)
    if most <= OTHERS_LIMIT:
        return ()
    return (
        Caveat(
            "busy_machine",
            f"Other processes used up to {percent(most)} of the worker's processor: the lags are theirs as well.",
            _AGAIN,
            "suspect",
        ),
    )

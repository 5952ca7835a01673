"""What the statistics take for granted, checked: steadiness inside a run, and no round out of line.

Nothing is ever deleted. What is flagged stays in, and the analysis without it is shown beside.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import quantiles
from typing import Final

from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.plan import ClosedLoad
from loadbench_gui.core.run import Interval, Run

DRIFT_LIMIT: Final = 0.10
_FENCE_IQR: Final = 3.0
_FEWEST_FOR_FENCE: Final = 5


def outliers(values: Sequence[float]) -> list[int]:
    """Return the positions of values more than 3 interquartile ranges outside the quartiles (Tukey's outer fence).

    Fewer than five values have no meaningful quartiles: none is flagged.
    """
    if len(values) < _FEWEST_FOR_FENCE:
        return []
    low, _, high = quantiles(values, n=4, method="inclusive")
    fence = _FENCE_IQR * (high - low)
    return [i for i, value in enumerate(values) if value < low - fence or value > high + fence]


def half_to_half_drift(run: Run) -> float | None:
    """Return by which fraction the second half of the measured window differs from the first, signed.

    The median scheduled latency, or the rate where the load is closed and that moved more. None when stages change
    the load on purpose, or when there are not two intervals or twenty successes on each side.
    """
    if getattr(run.workload.shape, "stages", ()):
        return None
    window = [i for i in run.intervals if _inside_window(run, i)]
    middle = len(window) // 2
    # An odd interval in the middle belongs to neither half.
    halves = window[:middle], window[len(window) - middle :]
    successes = [sum(i.measured.succeeded for i in half) for half in halves]
    if middle < 1 or min(successes) < 20:
        return None
    medians = [sum((i.measured.scheduled for i in half), Histogram()).quantile(0.5) or 0.0 for half in halves]
    drifts = [_change(*medians)]
    if isinstance(run.workload.shape, ClosedLoad):
        drifts.append(_change(*(sum(i.traffic.completed for i in half) for half in halves)))
    return max(drifts, key=abs)


def is_steady(run: Run) -> bool:
    """Return whether the run drifted by less than 10 % from half to half, as far as can be told."""
    drift = half_to_half_drift(run)
    return drift is None or abs(drift) <= DRIFT_LIMIT


def _inside_window(run: Run, interval: Interval) -> bool:
    start_s = run.workload.warmup_s
    return interval.t_s >= start_s - 1e-9 and interval.t_s + interval.length_s <= start_s + run.duration_s + 1e-9


def _change(first: float, second: float) -> float:
    if first > 0:
        return second / first - 1
    return 0.0 if second == first else math.inf

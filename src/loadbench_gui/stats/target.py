"""What a load cost the server: memory and CPU of its process tree, summed up from once-a-second samples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import fmean, median
from typing import Final

import numpy as np

from loadbench_gui.core.run import MemoryKind, TargetSample, TargetSummary

_FEWEST_FOR_SLOPE: Final = 4


def summarise_target(
    samples: Sequence[TargetSample],
    window_start_s: float,
    window_end_s: float,
    succeeded: int,
    startup_s: float | None,
    idle_until_s: float = 0.0,
) -> TargetSummary | None:
    """Sum the samples up, or return None when there are none.

    idle: median before `idle_until_s`, when connections began to be opened, else the first sample. peak: the most up to
    the end of the window, idle included, because PSS may fall under load as soon as processes share pages. mean: over
    the window. after: the last sample.
    slope: Theil-Sen over the window, from four samples on.
    CPU: used within the window, per 1,000 of the `succeeded` requests that completed in it.
    """
    if not samples:
        return None
    samples = sorted(samples, key=lambda sample: sample.t_s)
    kind, memory = _memory(samples)
    before = [memory(s) for s in samples if s.t_s < min(idle_until_s, 0.0)]
    window = [s for s in samples if window_start_s <= s.t_s <= window_end_s]
    during = [memory(s) for s in samples if s.t_s <= window_end_s] or [memory(s) for s in samples]
    return TargetSummary(
        kind=kind,
        idle_bytes=round(median(before)) if before else memory(samples[0]),
        peak_bytes=max(during),
        mean_bytes=fmean([memory(s) for s in window] or during),
        after_bytes=memory(samples[-1]),
        slope_bytes_per_s=theil_sen([s.t_s for s in window], [memory(s) for s in window]),
        cpu_s_per_1k=_cpu_per_1k(samples, window_start_s, window_end_s, succeeded),
        processes=max(s.processes for s in samples),
        startup_s=startup_s,
    )


def theil_sen(x: Sequence[float], y: Sequence[float]) -> float | None:
    """Return the median slope over all pairs (Theil 1950, Sen 1968): one odd sample does not move it.

    None below four points. Longer series are thinned to 512 points, which bounds the pairs.
    """
    if len(x) < _FEWEST_FOR_SLOPE:
        return None
    keep = np.unique(np.linspace(0, len(x) - 1, 512).astype(np.int64)) if len(x) > 512 else np.arange(len(x))
    xs, ys = np.asarray(x, np.float64)[keep], np.asarray(y, np.float64)[keep]
    i, j = np.triu_indices(len(xs), 1)
    run = xs[j] - xs[i]
    apart = run > 0
    return float(np.median((ys[j] - ys[i])[apart] / run[apart])) if apart.any() else None


def _memory(samples: Sequence[TargetSample]) -> tuple[MemoryKind, Callable[[TargetSample], int]]:
    """Return the best kind of memory figure that every sample has, and how to read it: kinds are never mixed."""
    if all(s.pss_bytes is not None for s in samples):
        return "pss", lambda s: s.pss_bytes or 0
    if all(s.uss_bytes is not None for s in samples):
        return "uss", lambda s: s.uss_bytes or 0
    return "rss", lambda s: s.rss_bytes


def _cpu_per_1k(samples: Sequence[TargetSample], start_s: float, end_s: float, succeeded: int) -> float | None:
    """Interpolate the CPU clock at the window's edges; where samples stop short, take the rate that they show."""
    t, used = [s.t_s for s in samples], [s.cpu_s for s in samples]
    first_s, last_s = max(start_s, t[0]), min(end_s, t[-1])
    if succeeded <= 0 or last_s <= first_s:
        return None
    rate = float(np.interp(last_s, t, used) - np.interp(first_s, t, used)) / (last_s - first_s)
    return rate * (end_s - start_s) / succeeded * 1000

"""A histogram as figures for people: percentiles only where the sample can support them.

Percentile p needs 10 / (1 - p) samples, so that ten of them lie beyond it (p99: 1,000; p99.9: 10,000). A figure that
is None says why: it is named in `unsupported` (too few samples) or in `infinite` (so many requests got no answer).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.snapshot import Tally

PERCENTILES: Final[tuple[tuple[str, float], ...]] = (
    ("p50", 0.5),
    ("p75", 0.75),
    ("p90", 0.9),
    ("p95", 0.95),
    ("p99", 0.99),
    ("p99_9", 0.999),
    ("p99_99", 0.9999),
)


@dataclass(frozen=True, slots=True)
class Q:
    """Figures of one histogram, in microseconds.

    Every figure that is None is named once, in `unsupported` or in `infinite`. at_least: figures that are lower
    bounds, because requests were still in flight when we stopped waiting.
    """

    count: int = 0
    min: float | None = None
    mean: float | None = None
    stdev: float | None = None
    p50: float | None = None
    p75: float | None = None
    p90: float | None = None
    p95: float | None = None
    p99: float | None = None
    p99_9: float | None = None
    p99_99: float | None = None
    max: float | None = None
    unsupported: tuple[str, ...] = ()
    infinite: tuple[str, ...] = ()
    at_least: tuple[str, ...] = ()


def samples_needed(q: float) -> int:
    """Return how many samples percentile `q` (in [0, 1)) needs: ten of them must lie beyond it."""
    return math.ceil(10 / (1 - q) - 1e-6)


def supports(q: float, count: int) -> bool:
    """Return whether `count` samples are enough for percentile `q`."""
    return count >= samples_needed(q)


def supported_quantile(histogram: Histogram, q: float) -> float | None:
    """Return percentile `q` in us, or None where the sample cannot support it."""
    return histogram.quantile(q) if supports(q, histogram.total) else None


def summarise(histogram: Histogram) -> Q:
    """Return the figures of `histogram`."""
    return _figures(histogram, Histogram(), unanswered=0)


def adjusted(tally: Tally) -> Q:
    """Return the scheduled latency of all requests of a population, not only of those that succeeded.

    Failed, timed out and dropped requests count as infinitely slow; censored ones as having taken what they had
    taken when we stopped waiting, which is a lower bound of the truth.
    """
    return _figures(tally.scheduled, tally.censored_at, tally.failed + tally.timed_out + tally.dropped)


def _figures(answered: Histogram, censored: Histogram, unanswered: int) -> Q:
    """Put the figures of a population together; `censored` are lower bounds, `unanswered` are infinite."""
    finite = answered + censored
    count = finite.total + unanswered
    needed = {"min": 1, "mean": 1, "stdev": 1, "max": 1, **{name: samples_needed(q) for name, q in PERCENTILES}}
    ranks = {"min": 1, "max": count, **{name: max(1, math.ceil(q * count - 1e-9)) for name, q in PERCENTILES}}
    unsupported = [name for name, least in needed.items() if count < least]
    if censored and not unanswered:
        # The mean only grows with the truth, but a spread could go either way.
        unsupported.append("stdev")
    infinite = [name for name, rank in ranks.items() if rank > finite.total and name not in unsupported]
    if unanswered:
        infinite += [name for name in ("mean", "stdev") if name not in unsupported]
    figures = {
        name: finite.min_us if name == "min" else finite.at_rank(rank)
        for name, rank in ranks.items()
        if name not in unsupported and name not in infinite
    }
    touched = [name for name, value in figures.items() if value is not None and censored.count_at_or_below(value) > 0]
    if count and not unanswered:
        figures["mean"] = finite.mean_us
        touched += ["mean"] if censored else []
        if not censored:
            figures["stdev"] = finite.stdev_us
    return Q(
        count=count,
        unsupported=_in_order(unsupported),
        infinite=_in_order(infinite),
        at_least=_in_order(touched),
        **figures,
    )


_ORDER: Final = ("min", "mean", "stdev", *(name for name, _ in PERCENTILES), "max")


def _in_order(names: list[str]) -> tuple[str, ...]:
    return tuple(name for name in _ORDER if name in names)

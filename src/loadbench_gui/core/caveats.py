"""Typed reasons not to trust a figure. A caveat is a value on the result, never a print."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

GeneratorVerdict: TypeAlias = Literal["valid", "suspect", "invalid"]

LAG_SHARE: Final = 0.10
"""A delay of our own above this share of the latency at the same quantile makes the metric suspect."""
NEAR_CEILING: Final = 0.70
"""A target measured above this share of what the generator can send is not ranked: queues in the generator begin to
show in the figures well before it is full."""

SEVERITY: dict[GeneratorVerdict, int] = {"valid": 0, "suspect": 1, "invalid": 2}


@dataclass(frozen=True, slots=True)
class Caveat:
    """One reason. `code` is stable (other programs read it), `message` has the figures, `hint` says what to do.

    severity: what this reason alone makes of the generator's verdict.
    metric: the metric it concerns, or None for all.
    """

    code: str
    message: str
    hint: str
    severity: GeneratorVerdict = "suspect"
    metric: str | None = None


def doubted(caveats: Iterable[Caveat]) -> Mapping[str, Caveat]:
    """Return the metrics that may not be believed though the others may, each with its gravest reason."""
    found: dict[str, Caveat] = {}
    for caveat in caveats:
        if caveat.metric is not None:
            known = found.setdefault(caveat.metric, caveat)
            if SEVERITY[caveat.severity] > SEVERITY[known.severity]:
                found[caveat.metric] = caveat
    return found


def worst(caveats: tuple[Caveat, ...]) -> GeneratorVerdict:
    """Return the verdict that these caveats amount to: that of the most severe one that concerns every metric."""
    general = [c.severity for c in caveats if c.metric is None]
    return max(general, key=SEVERITY.__getitem__, default="valid")

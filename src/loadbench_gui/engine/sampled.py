"""The few exchanges of each error class that are kept for people to look at."""

from __future__ import annotations

from typing import Final

from loadbench_gui.core.snapshot import ErrorKind, SampleExchange

SAMPLES_PER_KIND: Final = 3
SAMPLE_BYTES: Final = 2048
"""Of each part of an exchange: request, head, body."""


class SampledExchanges:
    """At most `SAMPLES_PER_KIND` of each class over the whole run."""

    def __init__(self) -> None:
        self._fresh: list[SampleExchange] = []
        self._kept: dict[ErrorKind, int] = {}

    def wants(self, kind: ErrorKind) -> bool:
        """Whether another exchange of this kind would be kept."""
        return self._kept.get(kind, 0) < SAMPLES_PER_KIND

    def keep(self, sample: SampleExchange) -> None:
        """Keep it, whoever asked for it."""
        self._kept[sample.kind] = self._kept.get(sample.kind, 0) + 1
        self._fresh.append(sample)

    def take(self) -> tuple[SampleExchange, ...]:
        """Return those that were kept since the last call."""
        fresh, self._fresh = tuple(self._fresh), []
        return fresh

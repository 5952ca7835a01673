"""How the stamps of requests lie in the recorder's lists: which column means what, for each list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from loadbench_gui.engine.population import Population

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of one list: perf_counter nanoseconds, and what was sent and answered.

    Columns may coincide: a closed loop is due, taken up and sent at one moment. None: not in the list.
    received, written: bytes of the answer and of the request. answered: what the latency ends with, if not `last`.
    """

    width: int
    due: int
    taken: int
    sent: int
    first: int
    last: int
    status: int | None = None
    received: int | None = None
    written: int | None = None
    answered: int | None = None


CLOSED = Layout(2, due=0, taken=0, sent=0, first=1, last=1)
CLOSED_MIX = Layout(5, due=0, taken=0, sent=0, first=1, last=1, status=2, received=3, written=4)
OPEN = Layout(4, due=0, taken=1, sent=2, first=3, last=3)
OPEN_MIX = Layout(7, due=0, taken=1, sent=2, first=3, last=3, status=4, received=5, written=6)
ROW = Layout(6, due=0, taken=1, sent=2, first=3, last=4, status=5)
STREAM = Layout(7, due=0, taken=1, sent=2, first=3, answered=4, last=5, status=6)
MISS = Layout(3, due=0, taken=1, sent=2, first=2, last=2)
HOT: Final = {(False, False): CLOSED, (False, True): CLOSED_MIX, (True, False): OPEN, (True, True): OPEN_MIX}
"""By whether requests are scheduled, and whether they are mixed."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A slice of one of the lists on its way into the histograms. status: of all its answers, where no column tells."""

    layout: Layout
    stamps: list[int] | Ints
    status: int = 0

    def rows(self) -> Ints:
        """Return it as a table, one row for each answer."""
        return np.array(self.stamps, np.int64).reshape(-1, self.layout.width)


def count(population: Population, batch: Batch, part: Ints) -> None:
    """Count `part` of a batch's rows as successes."""
    layout = batch.layout
    if layout.taken == layout.sent and layout.first == layout.last:
        population.add_direct(part[:, layout.last] - part[:, layout.sent])
    else:
        answered = layout.last if layout.answered is None else layout.answered
        columns = (layout.due, layout.taken, layout.sent, layout.first, layout.last, answered)
        population.add(*(part[:, column] for column in columns))
    if layout.status is None:
        population.add_status(batch.status, len(part))
    else:
        for status, number in zip(*np.unique(part[:, layout.status], return_counts=True), strict=True):
            population.add_status(int(status), int(number))

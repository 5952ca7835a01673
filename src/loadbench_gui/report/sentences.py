"""Sentences of the report on runs that no comparison has judged, and on what its figures span."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from loadbench_gui.core.run import Run
from loadbench_gui.report import words
from loadbench_gui.stats.kinds import kind_of


def run_sentence(runs: Sequence[Run]) -> str:
    """Say what came out of runs that are not compared."""
    said = []
    for run in runs:
        tally, kind = run.measured, kind_of(run.workload)
        p99, p50 = tally.scheduled.quantile(0.99), tally.scheduled.quantile(0.5)
        answered = f"{words.count(tally.succeeded)} of {words.count(tally.issued)} {_FATES[kind.counted]}"
        figures = f": p50 {words.latency(p50)}, p99 {words.latency(p99)}" if tally.scheduled.total >= 1_000 else ""
        rate = "" if kind.throughput else f", at {words.rate(run.throughput_rps, kind.counted)}"
        said.append(f"{run.label.deployment}: {answered}{figures}{rate}.")
    return " ".join(said[:3])


_FATES: Final = {
    "requests": "requests answered as expected",
    "streams": "streams came whole",
    "round trips": "messages came back",
    "messages": "messages came",
    "publications": "publications reached all subscribers",
    "connections": "connections were held",
}
"""What it means that a request of each kind succeeded."""

_LAST: Final = {
    "streams": "a stream's to its first event",
    "round trips": "a message's to its echo",
    "publications": "a publication's to its last subscriber",
}


def clock(runs: Sequence[Run]) -> str:
    """Say what latencies span, for the kinds of load that are in the report."""
    counted = dict.fromkeys(kind_of(run.workload).counted for run in runs)
    others = [text for name, text in _LAST.items() if name in counted]
    aside = f" ({', '.join(others)})" if others else ""
    return (
        f"Latencies are scheduled, from the moment a request was due to its last byte{aside}, unless service is named"
    )

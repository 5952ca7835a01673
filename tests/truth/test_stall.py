"""A server that stands still for two seconds, against arithmetic on the server's own log.

The arithmetic has no figure of ours in it: due times are the grid of the constant rate on which the arrivals before the
stall lie, and answers are when the server wrote them. A machine that is busy delays both sides alike.
"""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks import truth
from benchmarks.quantiles import quantiles

from truth.conftest import Measure

RATE_RPS, WINDOW_S, STALL_S = 250, 5.0, 2.0
OPEN = ("-r", str(RATE_RPS), "-d", f"{WINDOW_S:g}s")
FEW, MANY = 4, 40


def test_scheduled_latency_shows_a_stall_as_arithmetic_says_and_service_time_does_not(measure: Measure) -> None:
    with truth.serving(stall=(1.0, STALL_S)) as server:
        found = measure(server.url, *OPEN, "-c", str(FEW))
        log = server.log()
    expected = quantiles(log.scheduled_us(RATE_RPS))
    assert expected["p90"] > 1e6 * STALL_S / 2, "the server did not stand still"
    for name in ("p90", "p99"):
        assert found.scheduled_us[name] == pytest.approx(expected[name], rel=0.03), name
    service = found.service_us["p99"]
    assert service is not None
    assert service < expected["p99"] / 10
    assert found.requests["dropped"] == 0
    assert found.requests["issued"] == found.requests["succeeded"] == log.count == RATE_RPS * WINDOW_S


def test_what_finds_no_connection_in_a_stall_is_dropped_and_counted(measure: Measure) -> None:
    with truth.serving(stall=(1.0, STALL_S)) as server:
        found = measure(server.url, *OPEN, "-c", str(MANY), "--when-busy", "drop")
        log = server.log()
    requests, due = found.requests, log.due_ns(RATE_RPS, found.requests["issued"])
    begin, end = log.stall_ns
    met = int(np.count_nonzero((due >= begin) & (due < end)))
    assert met > RATE_RPS * STALL_S * 0.9, "the server did not stand still"
    assert requests["dropped"] == pytest.approx(met - MANY, rel=0.03)
    assert requests["succeeded"] == log.count
    assert requests["issued"] == requests["succeeded"] + requests["dropped"] == RATE_RPS * WINDOW_S

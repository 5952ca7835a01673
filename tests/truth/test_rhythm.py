"""Streams and WebSockets against a server that draws its gaps, plants its faults, and logs what it wrote and when."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks import rhythm

from truth.conftest import Measure

EVENTS, STREAMS, STALL_S = 40, 8, 0.5
FAULTS = ("--lose", "0.05", "--repeat", "0.05")


def log(rows: list[tuple[int, int, int, int]]) -> rhythm.Log:
    """rows: group, index, written and cause, in nanoseconds."""
    group, index, written_ns, cause_ns = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    return rhythm.Log(np.zeros(len(rows), np.int64), group, index, written_ns, cause_ns, lost=0, repeated=0)


def test_gaps_lie_between_events_of_one_stream_whatever_was_written_in_between() -> None:
    found = log([(1, 0, 1_000, 0), (2, 0, 3_000, 2_000), (1, 1, 6_000, 0), (2, 1, 10_000, 2_000)])
    assert found.gaps_us().tolist() == [5.0, 7.0]
    assert found.first_us().tolist() == [1.0, 1.0]
    assert found.delays_us().tolist() == [1.0, 1.0, 6.0, 8.0]


def test_a_skew_lies_between_the_first_and_the_last_who_were_written_to() -> None:
    found = log([(1, 1, 4_000, 0), (2, 0, 5_000, 0), (1, 0, 9_000, 0), (2, 1, 6_000, 0)])
    assert found.skews_us().tolist() == [5.0, 1.0]


def test_every_event_is_counted_and_the_longest_stall_is_the_planted_one(measure: Measure) -> None:
    options = ("--rhythm", "exponential:5", "--events", str(EVENTS), "--stall", f"20:{STALL_S:g}")
    with rhythm.keeping("sse", *options) as server:
        found = measure(server.url, "--events", str(EVENTS), "-c", "4", "-n", str(STREAMS), kind="stream")
        true = server.log()
    stream = found.document["stream"]
    assert found.requests["succeeded"] == stream["complete"] == STREAMS
    assert stream["events"] == true.count == EVENTS * STREAMS
    assert stream["gap_us"]["count"] == len(true.gaps_us()) == (EVENTS - 1) * STREAMS
    # Whoever reads late makes one gap longer and the next shorter: together they are what they are.
    assert stream["longest_stall_us"] == pytest.approx(true.gaps_us().max(), rel=0.2)
    assert stream["gap_us"]["mean"] == pytest.approx(true.gaps_us().mean(), rel=0.2)


def test_echoes_that_were_lost_or_came_twice_are_reported_to_the_last(measure: Measure) -> None:
    with rhythm.keeping("echo", "--rhythm", "constant:2", *FAULTS) as server:
        found = measure(
            server.url, "--mode", "echo", "-c", "8", "-r", "25", "-d", "2s", "--timeout", "1500ms", kind="ws"
        )
        true = server.log()
    sockets = found.document["websocket"]
    assert true.lost > 0
    assert (sockets["lost"], sockets["duplicated"]) == (true.lost, true.repeated)
    assert sockets["rtt_us"]["count"] == found.requests["succeeded"] == true.count
    assert found.requests["timed_out"] == true.lost
    assert sockets["rtt_us"]["min"] >= 0.99 * true.delays_us().min() - 100


def test_what_is_passed_over_or_pushed_twice_is_reported_to_the_last(measure: Measure) -> None:
    with rhythm.keeping("push", "--rhythm", "constant:5", *FAULTS, "--plant", "3:4") as server:
        found = measure(server.url, "--mode", "push", "-c", "4", "-d", "7s", kind="ws")
        true = server.log()
    sockets = found.document["websocket"]
    assert true.lost > 0
    assert (sockets["lost"], sockets["duplicated"]) == (true.lost, true.repeated)
    assert sockets["messages_received"] <= true.count


def test_a_fan_out_reaches_all_and_its_skew_is_the_servers(measure: Measure) -> None:
    """The server writes to one subscriber after the other, 4 ms apart."""
    with rhythm.keeping("fanout", "--rhythm", "constant:4") as server:
        found = measure(server.url, "--mode", "fanout", "-c", "10", "-r", "5", "-d", "2s", kind="ws")
        true = server.log()
    sockets = found.document["websocket"]
    assert sockets["fanout_us"]["count"] == true.count == 10 * found.requests["succeeded"]
    assert sockets["skew_us"]["mean"] == pytest.approx(true.skews_us().mean(), rel=0.25)
    assert sockets["lost"] == true.lost == 0

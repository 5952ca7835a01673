"""What the charts show of each kind of workload: its own words, its own latency, its own counts."""

from __future__ import annotations

import numpy as np
import pytest

from builders import ARMS, make_interval, make_socket_workload, make_stream_workload, make_workload
from live_kinds import EVENTS_EACH, of_kind
from loadbench_gui.core.plan import ClosedLoad, SocketMode, SocketSettings, StreamSettings, Workload
from loadbench_gui.core.run import Interval
from loadbench_gui.ui.models.kinds import holds, kind_of

ENDLESS = make_stream_workload(shape=ClosedLoad(8), settings=StreamSettings(endless=True))
PINGED = make_socket_workload("hold", settings=SocketSettings("hold", ping_every_s=1.0))


def interval(workload: Workload) -> Interval:
    rng = np.random.default_rng(5)
    return of_kind(rng, make_interval(rng, 0, 100, ARMS[0], connections=8), workload)


@pytest.mark.parametrize(
    ("workload", "rate", "p99"),
    [
        (make_workload(), "requests/s", "p99"),
        (make_stream_workload(), "streams/s", "First event p99"),
        (ENDLESS, "events/s", "Gap p99"),
        (make_socket_workload("echo"), "round trips/s", "Round trip p99"),
        (make_socket_workload("fanout"), "publications/s", "Last subscriber p99"),
        (make_socket_workload("push"), "messages/s", "Gap p99"),
        (make_socket_workload("hold"), "opened/s", "Handshake p99"),
        (PINGED, "opened/s", "Ping p99"),
    ],
    ids=["http", "stream", "endless", "echo", "fanout", "push", "hold", "pinged"],
)
def test_a_kind_has_its_own_unit_and_its_own_latency(workload: Workload, rate: str, p99: str) -> None:
    kind = kind_of(workload)
    assert (kind.rate, kind.percentile("p99")) == (rate, p99)


@pytest.mark.parametrize(
    ("workload", "samples"),
    [
        (make_workload(), 100),
        (make_stream_workload(), 100),
        (ENDLESS, 100 * (EVENTS_EACH - 1)),
        (make_socket_workload("push"), 100),
        (make_socket_workload("hold"), 8),
        (PINGED, 64),
    ],
    ids=["http", "stream", "endless", "push", "hold", "pinged"],
)
def test_the_latency_is_read_from_what_takes_the_time(workload: Workload, samples: int) -> None:
    one = interval(workload)
    assert kind_of(workload).times(one.everything, one.traffic).total == samples


def test_of_endless_streams_the_events_are_counted_because_no_stream_ends() -> None:
    one = interval(ENDLESS)
    assert kind_of(ENDLESS).counted(one.everything, one.traffic) == 100 * EVENTS_EACH


@pytest.mark.parametrize("mode", ["echo", "push", "fanout", "hold"])
def test_only_held_connections_do_nothing_a_second(mode: SocketMode) -> None:
    assert holds(make_socket_workload(mode)) is (mode == "hold")


def test_a_workload_that_is_not_known_yet_counts_as_http() -> None:
    assert kind_of(None) == kind_of(make_workload())

"""Small answers that the plan gives itself."""

from __future__ import annotations

import pickle

import pytest

from builders import make_workload
from loadbench_gui.core.plan import ComparisonSettings, Load, Target
from loadbench_gui.core.sharding import shards


@pytest.mark.parametrize(
    ("target", "authority"),
    [
        (Target("http", "localhost", 80, "127.0.0.1"), "localhost"),
        (Target("https", "example.org", 443, "192.0.2.1"), "example.org"),
        (Target("https", "example.org", 80, "192.0.2.1"), "example.org:80"),
        (Target("http", "::1", 8000, "::1"), "[::1]:8000"),
    ],
)
def test_the_authority_is_what_a_host_header_says(target: Target, authority: str) -> None:
    assert target.authority == authority
    assert target.url == f"{target.scheme}://{authority}"


@pytest.mark.parametrize(
    ("metric", "delta"),
    [
        ("p99", 0.10),
        ("service_p99", 0.10),
        ("p50", 0.05),
        ("gap_p99", 0.10),
        ("rtt_p99", 0.10),
        ("fanout_p99", 0.10),
        ("fanout_p50", 0.05),
        ("rtt_p50", 0.05),
        ("first_event_p50", 0.05),
        ("memory_peak", 0.05),
        ("memory_per_connection", 0.05),
        ("cpu_per_1k", 0.05),
        ("startup", 0.05),
    ],
)
def test_a_metric_without_a_threshold_takes_that_of_its_family(metric: str, delta: float) -> None:
    assert ComparisonSettings("fastapi").threshold(metric) == delta


def test_a_threshold_of_its_own_wins_over_the_family() -> None:
    settings = ComparisonSettings("a", thresholds=(("memory", 0.2), ("memory_idle", 0.01)))
    assert (settings.threshold("memory_idle"), settings.threshold("memory_peak")) == (0.01, 0.2)


def test_what_a_worker_receives_is_what_was_planned() -> None:
    load = Load(Target("http", "localhost", 8000, "127.0.0.1"), make_workload(), seed=3)
    cut = shards(load, 2, 0.25)
    assert pickle.loads(pickle.dumps(cut)) == cut

"""What a run becomes at its end: totals that are the sums of its intervals, and a cost per answered request."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np
import pytest

from builders import make_interval, make_run
from loadbench_gui.core.plan import Client, GeneratorSettings, Tls
from loadbench_gui.core.run import Fitness, Run, SenderFacts, TargetSample
from loadbench_gui.core.snapshot import Tally, Traffic
from loadbench_gui.errors import EnvironmentFault, LoadbenchError, TargetFault
from loadbench_gui.services.generator import Fired
from loadbench_gui.services.recording import Recording
from loadbench_gui.services.sealing import sealed_run, sender_facts, with_cause
from loadbench_gui.store.codec import pack, unpack
from loadbench_gui.store.store import Store

COMPLETE = make_run()
HEADER = replace(COMPLETE, intervals=(), target_samples=(), measured=Tally(), traffic=Traffic(), target=None)
FIRED = Fired(
    measured=Tally(issued=4_000, succeeded=4_000),
    traffic=Traffic(completed=1_000),
    peak_connections=1,
    fitness=Fitness(),
    samples=(),
    duration_s=4.0,
    start_ns=0,
    stop_reason="",
    engine="workers",
    client="fast",
)


def recording() -> Recording:
    """A recording that nothing is written by."""
    return Recording(HEADER.label, cast("Store", None), lambda event: None, lambda: None)


def test_what_the_intervals_hold_is_what_is_left_when_all_workers_died() -> None:
    kept = recording()
    for i in range(3):
        kept.intervals.append(make_interval(np.random.default_rng(i), i, count=100, length_s=1.0))
    run = sealed_run(HEADER, kept, None, (), None, sealed=False)
    assert run.measured == sum((interval.measured for interval in kept.intervals), Tally())
    assert run.measured.succeeded > 0
    assert run.traffic.completed == sum(interval.traffic.completed for interval in kept.intervals)
    assert run.duration_s == pytest.approx(3.0 - HEADER.workload.warmup_s)
    assert (run.sealed, run.stop_reason) == (False, "failed")
    assert run.fitness.verdict != "valid"


def test_the_processor_time_of_the_window_is_shared_out_to_what_was_answered_in_it() -> None:
    """Above capacity most answers come while draining: they are measured, but did not cost what was seen before."""
    kept = recording()
    start_s, length_s = HEADER.workload.warmup_s, 4.0
    kept.target_samples = [TargetSample(start_s + i, 3, 2, 1, float(i), 1, 1) for i in range(5)]
    target = sealed_run(HEADER, kept, replace(FIRED, duration_s=length_s), (), None, sealed=True).target
    assert target is not None
    assert target.cpu_s_per_1k == pytest.approx(4.0)


@pytest.mark.parametrize(
    ("reason", "fault", "told"),
    [
        ("stopped", None, "stopped"),
        ("requests", None, "requests"),
        ("stopped", TargetFault("the server ended", ""), "target_lost"),
        ("", TargetFault("the server ended", ""), "target_lost"),
        ("stopped", EnvironmentFault("the disk is full", ""), "failed"),
        ("", EnvironmentFault("the disk is full", ""), "failed"),
    ],
)
def test_what_ended_a_run_is_told_apart_though_the_load_was_only_stopped(
    reason: str, fault: LoadbenchError | None, told: str
) -> None:
    ended = with_cause(replace(FIRED, stop_reason=reason), fault)
    assert ended is not None
    assert ended.stop_reason == told


@pytest.mark.parametrize("reason", ["worker_lost", ""])
def test_a_worker_that_was_lost_is_what_ended_the_run(reason: str) -> None:
    lost = EnvironmentFault("a generator process died", "")
    ended = with_cause(replace(FIRED, stop_reason=reason, fault=lost), lost)
    assert ended is not None
    assert ended.stop_reason == "worker_lost"


def test_what_the_sender_was_asked_for_is_kept_without_what_it_logs_in_with() -> None:
    client = Client("httpx", http2=True, proxy="http://me:s3cret@proxy:3128", auth="digest", credentials="me:s3cret")
    facts = sender_facts(GeneratorSettings(pacing="spin", client=client, tls=Tls(insecure=True)))
    assert facts == SenderFacts("spin", http2=True, auth="digest", proxy=True, insecure=True)
    packed = pack(replace(COMPLETE, sender=facts))
    assert "s3cret" not in packed.structure
    assert unpack(Run, packed).sender == facts

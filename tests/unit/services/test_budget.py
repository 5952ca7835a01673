"""What a machine cannot give is said before anything is sent, with the cure."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadbench_gui.core.plan import (
    ClosedLoad,
    Expectation,
    GeneratorSettings,
    Load,
    LoadShape,
    OpenLoad,
    Request,
    Target,
    Workload,
)
from loadbench_gui.errors import EnvironmentFault
from loadbench_gui.services.budget import must_afford, port_count
from loadbench_gui.services.generator import spins, worker_count


def load(shape: LoadShape) -> Load:
    target = Target("http", "127.0.0.1", 80, "127.0.0.1")
    return Load(target, Workload("w", "http", Request(), Expectation(), shape))


def test_too_few_open_files_is_a_fault_with_the_command_that_helps() -> None:
    with pytest.raises(EnvironmentFault, match="5000 connections need 5064 open files") as caught:
        must_afford(5000, 1, files=1024, ports=None)
    assert "ulimit -Hn 5064" in caught.value.hint
    must_afford(5000, 10, files=1024, ports=None)


def test_too_few_ports_is_a_fault_with_the_command_that_helps() -> None:
    with pytest.raises(EnvironmentFault, match="hands out 28232") as caught:
        must_afford(30_000, 1, files=None, ports=28_232)
    assert "sysctl -w net.ipv4.ip_local_port_range" in caught.value.hint


def test_the_port_range_is_read_where_there_is_one(tmp_path: Path) -> None:
    file = tmp_path / "range"
    assert port_count(file) is None
    file.write_text("32768\t60999\n")
    assert port_count(file) == 28_232


def test_workers_are_as_many_as_cpus_and_work_allow() -> None:
    auto = GeneratorSettings()
    assert worker_count(load(ClosedLoad(64)), GeneratorSettings(workers=3), (1,)) == 3
    assert worker_count(load(ClosedLoad(64)), auto, (1,)) == 1
    assert worker_count(load(ClosedLoad(64)), auto, (2, 3, 4, 5, 6, 7)) == 4
    assert worker_count(load(ClosedLoad(1)), auto, (2, 3, 4, 5)) == 1
    assert worker_count(load(OpenLoad(500, 1_000.0)), auto, (2, 3, 4, 5)) == 1


def test_pacing_that_was_asked_for_is_obeyed() -> None:
    assert spins(load(OpenLoad(1, 1.0)), GeneratorSettings(pacing="spin"), None)
    assert not spins(load(OpenLoad(1, 1.0)), GeneratorSettings(pacing="timer"), (1,))
    assert not spins(load(OpenLoad(1, 1.0)), GeneratorSettings(), None), "no CPU of its own, no spinning"

"""How many workers, on which CPUs, and whether they may spin."""

from __future__ import annotations

import pytest

from loadbench_gui.core.plan import (
    Client,
    ClosedLoad,
    Expectation,
    GeneratorSettings,
    Load,
    LoadShape,
    OpenLoad,
    Request,
    SocketSettings,
    Target,
    Workload,
)
from loadbench_gui.deploy.topology import Machine
from loadbench_gui.errors import UserError
from loadbench_gui.services import sizing
from loadbench_gui.services.sizing import generator_cpus, must_be_one_worker, spins, worker_count

AUTO = GeneratorSettings()
EIGHT = Machine(tuple(range(8)))
TWO_THREADS_A_CORE = Machine((0, 1, 2, 3), {0: "0-1", 1: "0-1", 2: "2-3", 3: "2-3"})


def load(shape: LoadShape, address: str = "127.0.0.1", unix_path: str = "") -> Load:
    target = Target("http", address, 80, address, unix_path)
    return Load(target, Workload("w", "http", Request(), Expectation(), shape))


def test_workers_are_as_many_as_cores_and_work_allow() -> None:
    assert worker_count(load(ClosedLoad(64)), GeneratorSettings(workers=3), (1,), EIGHT) == 3
    assert worker_count(load(ClosedLoad(64)), AUTO, (1,), EIGHT) == 1
    assert worker_count(load(ClosedLoad(64)), AUTO, (2, 3, 4, 5, 6, 7), EIGHT) == 4
    assert worker_count(load(ClosedLoad(1)), AUTO, (2, 3, 4, 5), EIGHT) == 1
    assert worker_count(load(OpenLoad(500, 1_000.0)), AUTO, (2, 3, 4, 5), EIGHT) == 1
    assert worker_count(load(OpenLoad(500, 12_000.0)), AUTO, (2, 3, 4, 5), EIGHT) == 3


def test_where_nothing_is_known_of_the_servers_cpus_half_of_the_cores_are_left_to_it() -> None:
    assert worker_count(load(ClosedLoad(1_000)), AUTO, None, EIGHT) == 4
    assert worker_count(load(ClosedLoad(1_000)), AUTO, None, Machine((0,))) == 1


def test_the_threads_of_one_core_do_not_make_two_workers() -> None:
    assert worker_count(load(ClosedLoad(64)), AUTO, (0, 1), TWO_THREADS_A_CORE) == 1
    assert worker_count(load(ClosedLoad(64)), AUTO, (0, 1, 2, 3), TWO_THREADS_A_CORE) == 2


FANOUT = Workload("w", "ws", Request(), Expectation(), ClosedLoad(64), websocket=SocketSettings("fanout"))


def test_a_fan_out_is_made_by_one_worker_however_much_there_is_to_do() -> None:
    target = Target("http", "127.0.0.1", 80, "127.0.0.1")
    assert worker_count(Load(target, FANOUT), AUTO, (2, 3, 4, 5), EIGHT) == 1
    with pytest.raises(UserError, match="one worker, on one clock; 2 were asked for"):
        worker_count(Load(target, FANOUT), GeneratorSettings(workers=2), (2, 3), EIGHT)


def test_one_worker_for_a_fan_out_may_be_asked_for_and_the_app_is_always_one() -> None:
    target = Target("http", "127.0.0.1", 80, "127.0.0.1")
    one = GeneratorSettings(workers=1)
    assert worker_count(Load(target, FANOUT), one, (2, 3), EIGHT) == 1
    for settings in (one, GeneratorSettings(engine="in-app", workers=4)):
        must_be_one_worker(FANOUT, settings)  # raises where it may not
    with pytest.raises(UserError):
        must_be_one_worker(FANOUT, GeneratorSettings(workers=4))


def test_a_client_that_costs_more_is_worth_more_workers() -> None:
    heavy = GeneratorSettings(client=Client("httpx"))
    assert worker_count(load(OpenLoad(64, 600.0)), heavy, tuple(range(8)), EIGHT) == 4
    assert worker_count(load(OpenLoad(64, 600.0)), AUTO, tuple(range(8)), EIGHT) == 1


def test_each_physical_core_is_used_before_any_is_used_twice() -> None:
    assert generator_cpus(load(ClosedLoad(1)), AUTO, (0, 1, 2, 3), TWO_THREADS_A_CORE) == (0, 2, 1, 3)


def test_a_server_on_another_machine_leaves_all_cpus_to_the_generator() -> None:
    far = load(ClosedLoad(64), "192.0.2.7")
    assert generator_cpus(far, AUTO, None, TWO_THREADS_A_CORE) == (0, 2, 1, 3)
    assert generator_cpus(far, AUTO, None, Machine((0, 1), pinnable=False)) is None
    nobody_knows = load(ClosedLoad(64), "")
    assert generator_cpus(nobody_knows, AUTO, None, TWO_THREADS_A_CORE) == (0, 2, 1, 3)


@pytest.mark.parametrize(("address", "unix_path"), [("127.0.0.1", ""), ("::1", ""), ("192.0.2.7", "/run/app.sock")])
def test_where_a_server_on_this_machine_runs_is_not_guessed(address: str, unix_path: str) -> None:
    assert generator_cpus(load(ClosedLoad(64), address, unix_path), AUTO, None, EIGHT) is None


def test_the_in_app_engine_is_not_pinned() -> None:
    assert generator_cpus(load(ClosedLoad(64)), GeneratorSettings(engine="in-app"), (0, 1), EIGHT) is None


def test_pacing_that_was_asked_for_is_obeyed() -> None:
    assert spins(load(OpenLoad(1, 1.0)), GeneratorSettings(pacing="spin"), None)
    assert not spins(load(OpenLoad(1, 1.0)), GeneratorSettings(pacing="timer"), (1,))
    assert not spins(load(OpenLoad(1, 1.0)), AUTO, None), "no CPU of its own, no spinning"


def test_workers_that_share_a_cpu_do_not_spin_by_themselves() -> None:
    assert not spins(load(OpenLoad(8, 1.0)), AUTO, (1,), workers=2)
    assert not spins(load(OpenLoad(8, 1.0)), AUTO, tuple(range(1_000)), workers=1_000), "nothing is left for the server"


def test_a_window_needs_a_cpu_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sizing, "_usable_cpus", lambda: 2)
    monkeypatch.setattr(sizing, "read_quota", lambda: None)
    assert spins(load(OpenLoad(8, 1.0)), AUTO, (1,))
    assert not spins(load(OpenLoad(8, 1.0)), AUTO, (1,), beside_window=True)


@pytest.mark.parametrize(("quota_cpus", "spinning"), [(None, True), (0.5, False)])
def test_a_worker_does_not_spin_by_itself_under_a_quota_wherever_it_is_set(
    monkeypatch: pytest.MonkeyPatch, quota_cpus: float | None, spinning: bool
) -> None:
    monkeypatch.setattr(sizing, "_usable_cpus", lambda: 8)
    monkeypatch.setattr(sizing, "read_quota", lambda: quota_cpus)
    assert spins(load(OpenLoad(8, 1.0)), AUTO, (1,)) is spinning

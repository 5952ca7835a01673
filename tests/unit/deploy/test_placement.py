from __future__ import annotations

import pytest

from loadbench_gui.core.plan import GeneratorSettings, Launch
from loadbench_gui.deploy.placement import Placement, place, throttle_caveat
from loadbench_gui.deploy.topology import Machine
from loadbench_gui.errors import UserError

TWO_CORES = Machine((0, 1), {0: "0", 1: "1"})
HYPER_THREADS = Machine((0, 1, 2, 3), {0: "0,2", 2: "0,2", 1: "1,3", 3: "1,3"})
ONE_CORE = Machine((0, 1), {0: "0-1", 1: "0-1"})


def decide(
    machine: Machine,
    *,
    workers: int = 1,
    server: tuple[int, ...] | None = None,
    generator: tuple[int, ...] | None = None,
) -> Placement:
    return place(GeneratorSettings(cpus=generator), Launch(("x",), workers=workers, cpus=server), machine)


def codes(placement: Placement) -> list[str]:
    return [caveat.code for caveat in placement.caveats]


def test_two_cores_are_shared_out_one_each() -> None:
    assert decide(TWO_CORES) == Placement((1,), (0,))


def test_whole_cores_are_given_so_that_siblings_do_not_meet() -> None:
    assert decide(HYPER_THREADS) == Placement((1, 3), (0, 2))


def test_the_server_gets_a_core_per_worker_but_at_most_half_of_them() -> None:
    eight = Machine(tuple(range(8)))

    assert decide(eight, workers=2) == Placement((6, 7), (0, 1, 2, 3, 4, 5))
    assert decide(eight, workers=16) == Placement((4, 5, 6, 7), (0, 1, 2, 3))


def test_siblings_of_one_core_make_the_run_suspect() -> None:
    placement = decide(ONE_CORE)

    assert (placement.server_cpus, placement.generator_cpus) == ((1,), (0,))
    assert codes(placement) == ["cpu-siblings"]
    assert placement.caveats[0].severity == "suspect"


def test_a_single_cpu_is_shared_and_said_so() -> None:
    placement = decide(Machine((3,)))

    assert (placement.server_cpus, placement.generator_cpus) == ((3,), (3,))
    assert codes(placement) == ["single-cpu"]
    assert "Allow loadbench two CPUs" in placement.caveats[0].hint


def test_a_system_that_cannot_pin_leaves_both_alone() -> None:
    placement = decide(Machine((0, 1), pinnable=False))

    assert (placement.server_cpus, placement.generator_cpus) == (None, None)
    assert codes(placement) == ["unpinned"]


def test_a_list_for_one_side_leaves_other_cores_to_the_other() -> None:
    assert decide(HYPER_THREADS, server=(0,)) == Placement((0,), (1, 3))
    assert decide(HYPER_THREADS, generator=(1,)) == Placement((0, 2), (1,))


def test_lists_that_overlap_are_honoured_with_a_caveat() -> None:
    placement = decide(TWO_CORES, server=(0, 1), generator=(1,))

    assert (placement.server_cpus, placement.generator_cpus) == ((0, 1), (1,))
    assert codes(placement) == ["cpu-shared"]
    assert "share CPU 1" in placement.caveats[0].message


def test_cpus_that_may_not_be_used_are_named_with_those_that_may() -> None:
    with pytest.raises(UserError) as caught:
        decide(TWO_CORES, generator=(1, 9))

    assert caught.value.message == "generator.cpus lists CPU 9, which this process may not use"
    assert "CPUs that it may use: 0, 1." in caught.value.hint


def test_an_empty_list_is_refused() -> None:
    with pytest.raises(UserError, match="cpus lists no CPU"):
        decide(TWO_CORES, server=())


def test_a_quota_below_the_cpus_in_use_is_a_caveat() -> None:
    assert codes(decide(Machine((0, 1), quota_cpus=1.5))) == ["cpu-quota"]
    assert codes(decide(Machine((0, 1), quota_cpus=2.0))) == []


def test_a_server_elsewhere_needs_no_cpus_here() -> None:
    assert place(GeneratorSettings(), None, TWO_CORES) == Placement(None, None)


def test_being_throttled_during_a_run_makes_it_invalid() -> None:
    caveat = throttle_caveat(3, 5)

    assert throttle_caveat(3, 3) is None
    assert caveat is not None
    assert caveat.severity == "invalid"
    assert "2 times" in caveat.message

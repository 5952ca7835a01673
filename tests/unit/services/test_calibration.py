"""What is made of a calibration: figures, doubts, and a file that later runs read."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from loadbench_gui.core.caveats import Caveat
from loadbench_gui.core.run import Fitness
from loadbench_gui.core.snapshot import Tally, Traffic
from loadbench_gui.deploy.environment import Environment
from loadbench_gui.errors import EnvironmentFault
from loadbench_gui.services.calibration.calibrate import PACINGS, RATES_RPS, steps
from loadbench_gui.services.calibration.doubts import doubts
from loadbench_gui.services.calibration.file import FILE, MOST_KEPT, as_json, calibrated_cost_us, keep
from loadbench_gui.services.calibration.result import Calibration, Cost, Fingerprint, Pace
from loadbench_gui.services.calibration.run import Sample
from loadbench_gui.services.fired import Fired

HERE = Environment("Linux", "Linux 6.8 x86_64", "CPython 3.11.7", "Example CPU", 4, 1 << 33)
COST = Cost((9.8, 10.4, 10.0))
PACE = Pace("timer", 1e3, 1e3, 0.2, 0.1, 5.0, 40.0)
FOUND = Calibration(Fingerprint.of(HERE, "fast"), "2026-11-22T12:00:00+00:00", 64, 2.0, COST, (PACE,))


def sample(*, steal: float | None = None, others: float | None = None) -> Sample:
    fired = Fired(Tally(), Traffic(), 1, Fitness(steal_fraction=steal), (), 1.0, 0, "", "workers", "fast")
    return Sample(fired, 0.5, others)


def codes(caveats: tuple[Caveat, ...]) -> list[tuple[str, str]]:
    return [(caveat.code, caveat.severity) for caveat in caveats]


def test_the_cost_is_the_median_and_the_ceiling_what_it_leaves_room_for() -> None:
    assert COST.median_us == 10.0
    assert COST.spread == pytest.approx(0.06)
    assert COST.ceiling_rps == pytest.approx(100_000)


def test_every_way_of_pacing_is_tried_at_every_rate_after_the_closed_loops() -> None:
    closed = [step for step in steps("fast") if step.rate_rps is None]
    paced = {(step.pacing, step.rate_rps) for step in steps("fast") if step.rate_rps is not None}
    assert len(closed) == 3
    assert paced == {(pacing, rate) for pacing in PACINGS for rate in RATES_RPS["fast"]}
    assert RATES_RPS["fast"] == (1_000.0, 5_000.0)


def test_a_quiet_machine_leaves_no_doubt() -> None:
    assert doubts(COST, [sample(steal=0.0, others=0.02), sample()], (), 0) == ()


def test_runs_that_differ_cannot_be_trusted() -> None:
    found = doubts(Cost((8.0, 10.0, 12.0)), [sample()], (), 0)
    assert codes(found) == [("calibration_spread", "invalid")]
    assert "8.0, 10.0, 12.0 µs" in found[0].message
    assert not replace(FOUND, caveats=found).trusted


def test_stolen_time_and_other_programs_are_named() -> None:
    found = doubts(COST, [sample(steal=0.03, others=0.4), sample(steal=0.01)], (), 0)
    assert codes(found) == [("steal", "suspect"), ("busy_machine", "suspect")]
    assert "40 %" in found[1].message
    assert replace(FOUND, caveats=found).trusted
    assert codes(doubts(COST, [sample(steal=0.2)], (), 0)) == [("steal", "invalid")]


def test_a_quota_that_stopped_us_makes_it_worthless() -> None:
    assert codes(doubts(COST, [sample()], (), 3)) == [("cpu-throttled", "invalid")]


def test_what_was_kept_is_found_again_by_the_same_machine_only(tmp_path: Path) -> None:
    assert calibrated_cost_us(tmp_path, HERE, "fast") is None
    assert keep(tmp_path, FOUND) == tmp_path / FILE
    assert calibrated_cost_us(tmp_path, HERE, "fast") == 10.0
    assert calibrated_cost_us(tmp_path, HERE, "httpx") is None
    for other in (
        replace(HERE, kernel="Linux 6.9"),
        replace(HERE, python="CPython 3.12"),
        replace(HERE, cpu_model="B"),
    ):
        assert calibrated_cost_us(tmp_path, other, "fast") is None


def test_a_new_one_replaces_the_old_one_and_leaves_other_machines_alone(tmp_path: Path) -> None:
    elsewhere = replace(HERE, cpu_model="Another CPU")
    keep(tmp_path, replace(FOUND, fingerprint=Fingerprint.of(elsewhere, "fast"), cost=Cost((30.0,))))
    keep(tmp_path, FOUND)
    keep(tmp_path, replace(FOUND, cost=Cost((20.0,))))
    assert calibrated_cost_us(tmp_path, HERE, "fast") == 20.0
    assert calibrated_cost_us(tmp_path, elsewhere, "fast") == 30.0
    assert len(json.loads((tmp_path / FILE).read_text())["calibrations"]) == 2


def test_the_file_stays_small(tmp_path: Path) -> None:
    for number in range(MOST_KEPT + 5):
        keep(tmp_path, replace(FOUND, fingerprint=Fingerprint.of(replace(HERE, kernel=f"Linux {number}"), "fast")))
    assert len(json.loads((tmp_path / FILE).read_text())["calibrations"]) == MOST_KEPT


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"schema": "loadbench.calibration/9"}', '{"schema": "loadbench.calibration/1"}']
)
def test_a_damaged_file_is_as_good_as_none_and_is_replaced(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    assert calibrated_cost_us(tmp_path, HERE, "fast") is None
    keep(tmp_path, FOUND)
    assert calibrated_cost_us(tmp_path, HERE, "fast") == 10.0


@pytest.mark.parametrize("cost", [0, -1, None, "ten", True, float("inf")])
def test_a_cost_that_is_none_is_not_used(tmp_path: Path, cost: object) -> None:
    entry = {**as_json(FOUND), "cpu_us_per_request": cost}
    (tmp_path / FILE).write_text(json.dumps({"schema": "loadbench.calibration/1", "calibrations": [entry]}))
    assert calibrated_cost_us(tmp_path, HERE, "fast") is None


def test_a_folder_that_cannot_be_written_to_is_a_fault_that_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentFault, match=FILE):
        keep(tmp_path / "file", FOUND)

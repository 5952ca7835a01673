"""`loadbench calibrate`, whole: what it finds out, what it keeps, and that later runs use it."""

from __future__ import annotations

import json
import signal
import subprocess
from dataclasses import dataclass
from typing import Any

import pytest

from program import Loadbench, poll_until, serving

SHORT = "500ms"


@dataclass(frozen=True)
class Calibrated:
    """One calibration: what it said, in words and in its document, and what another was told meanwhile."""

    program: Loadbench
    kept: bool
    words: str
    found: dict[str, Any]
    meanwhile: subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory: pytest.TempPathFactory) -> Calibrated:
    """Calibrate once, with the shortest loads there are; a busy machine may make the result one that is not kept."""
    program = Loadbench(tmp_path_factory.mktemp("calibrated"))
    first = program.start("calibrate", "--seconds", SHORT, "--json", "found.json")
    lock = program.folder / "run" / "loadbench.lock"
    poll_until(lambda: lock.exists() and "calibration" in lock.read_text(), bool, 60)
    meanwhile = program("calibrate", "--seconds", SHORT)
    out, err = first.communicate(timeout=100)
    assert first.returncode in (0, 3), err
    assert "Traceback" not in err
    assert program.leftovers() == []
    found: dict[str, Any] = json.loads((program.folder / "found.json").read_text("utf-8"))
    return Calibrated(program, first.returncode == 0, out, found, meanwhile)


def test_it_says_what_a_request_costs_and_what_a_worker_can_do(calibrated: Calibrated) -> None:
    found = calibrated.found
    assert found["schema"] == "loadbench.calibration/1"
    runs = sorted(found["cpu_us_per_request_runs"])
    assert len(runs) == 3
    assert found["cpu_us_per_request"] == runs[1]
    assert found["ceiling_rps_per_worker"] * found["cpu_us_per_request"] == pytest.approx(1e6)
    assert set(found["fingerprint"]) == {"cpu_model", "kernel", "python", "loadbench", "client"}


def test_it_says_what_each_way_of_pacing_costs_and_how_late_requests_leave(
    calibrated: Calibrated,
) -> None:
    pacing = calibrated.found["pacing"]
    assert {(pace["pacing"], pace["rate_rps"]) for pace in pacing} == {
        ("timer", 1_000.0), ("spin", 1_000.0), ("timer", 5_000.0), ("spin", 5_000.0),
    }  # fmt: skip
    # A machine that is very busy may let a worker go before anybody has looked at its clock a second time.
    seen = [pace for pace in pacing if pace["cores"] is not None]
    assert seen
    for pace in seen:
        assert pace["cores"] > pace["pacing_cores"] >= 0
    # 500 requests carry a median, and no p99; 2,500 carry both.
    assert all(pace["lag_p50_us"] is not None for pace in pacing)
    assert {pace["rate_rps"] for pace in pacing if pace["lag_p99_us"] is None} == {1_000.0}


def test_a_calibration_that_is_trusted_is_kept_and_later_runs_are_judged_by_it(
    calibrated: Calibrated,
) -> None:
    loadbench, found = calibrated.program, calibrated.found
    assert found["trusted"] is calibrated.kept
    kept = loadbench.folder / "data" / "calibration.json"
    assert kept.exists() is found["trusted"]
    # As on a quiet machine: what counts for later runs is the file, whoever wrote it.
    document = {"schema": "loadbench.calibration/1", "calibrations": [{**found, "cpu_us_per_request": 4_000.0}]}
    kept.parent.mkdir(exist_ok=True)
    kept.write_text(json.dumps(document))
    with serving("ok") as target:
        done = loadbench("http", target.url, "-c", "2", "-d", "1s", "--workers", "1", "--json", "-")
        target.close()
    generator = json.loads(done.stdout)["runs"][0]["generator"]
    assert generator["ceiling_rps"] == 250.0
    assert generator["cpu_us_per_request"] < 4_000.0, "the cost is the run's own"
    about_throughput = [caveat for caveat in generator["caveats"] if caveat["metric"] == "throughput"]
    assert any("calibrated at 4000.0 µs" in caveat["message"] for caveat in about_throughput)


def test_words_say_it_all(calibrated: Calibrated) -> None:
    for words in ("A request costs", "requests/s at most", "kernel timer", "spinning", "dispatch lag p50"):
        assert words in calibrated.words
    assert ("Kept in" if calibrated.kept else "Not to be trusted, and not kept") in calibrated.words


def test_it_runs_alone_on_the_machine(calibrated: Calibrated) -> None:
    assert calibrated.meanwhile.returncode == 5
    assert "another loadbench is measuring on this machine: a calibration" in calibrated.meanwhile.stderr


def test_an_interrupted_calibration_keeps_nothing_and_leaves_nothing_running(loadbench: Loadbench) -> None:
    process = loadbench.start("calibrate", "--seconds", "1m")
    # The program, its worker and the null server: the first load is under way.
    poll_until(lambda: len([line for line in loadbench.leftovers() if "spawn_main" in line]), lambda n: n >= 2, 60)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert not (loadbench.folder / "data" / "calibration.json").exists()
    loadbench.wait_until_nothing_is_left()


def test_a_client_that_does_not_exist_is_refused(loadbench: Loadbench) -> None:
    done = loadbench("calibrate", "--client", "curl")
    assert done.returncode == 2
    assert "there is no client called 'curl'" in done.stderr


@pytest.mark.parametrize("seconds", ["100ms", "2m"])
def test_loads_that_are_too_short_or_too_long_are_refused(loadbench: Loadbench, seconds: str) -> None:
    done = loadbench("calibrate", "--seconds", seconds)
    assert done.returncode == 2
    assert "between 0.5 and 60 seconds" in done.stderr

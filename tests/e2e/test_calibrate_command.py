"""`loadbench calibrate`, whole: what it finds out, what it keeps, and that later runs use it."""

from __future__ import annotations

import json
import signal
from typing import Any

import pytest

from program import Loadbench, poll_until, serving

SHORT = "500ms"


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Loadbench, dict[str, Any]]:
    """Calibrate once, with the shortest loads there are; a busy machine may make the result one that is not kept."""
    program = Loadbench(tmp_path_factory.mktemp("calibrated"))
    done = program("calibrate", "--seconds", SHORT, "--json", "-")
    assert done.returncode in (0, 3), done.stderr
    assert "Traceback" not in done.stderr
    assert program.leftovers() == []
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["trusted"] is (done.returncode == 0)
    return program, found


def test_it_says_what_a_request_costs_and_what_a_worker_can_do(calibrated: tuple[Loadbench, dict[str, Any]]) -> None:
    _, found = calibrated
    assert found["schema"] == "loadbench.calibration/1"
    runs = sorted(found["cpu_us_per_request_runs"])
    assert len(runs) == 3
    assert found["cpu_us_per_request"] == runs[1]
    assert found["ceiling_rps_per_worker"] * found["cpu_us_per_request"] == pytest.approx(1e6)
    assert set(found["fingerprint"]) == {"cpu_model", "kernel", "python", "loadbench", "client"}


def test_it_says_what_each_way_of_pacing_costs_and_how_late_requests_leave(
    calibrated: tuple[Loadbench, dict[str, Any]],
) -> None:
    pacing = calibrated[1]["pacing"]
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
    calibrated: tuple[Loadbench, dict[str, Any]],
) -> None:
    loadbench, found = calibrated
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
    assert any("calibrated at 4000.0 us" in caveat["message"] for caveat in about_throughput)


def test_words_say_it_all_and_it_runs_alone_on_the_machine(loadbench: Loadbench) -> None:
    first = loadbench.start("calibrate", "--seconds", SHORT)
    lock = loadbench.folder / "run" / "loadbench.lock"
    poll_until(lambda: lock.exists() and "calibration" in lock.read_text(), bool, 60)
    second = loadbench("calibrate", "--seconds", SHORT)
    out, err = first.communicate(timeout=100)
    assert second.returncode == 5
    assert "another loadbench is measuring on this machine: a calibration" in second.stderr
    assert first.returncode in (0, 3), err
    for words in ("A request costs", "requests/s at most", "kernel timer", "spinning", "dispatch lag p50"):
        assert words in out
    assert ("Kept in" if first.returncode == 0 else "Not to be trusted, and not kept") in out


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

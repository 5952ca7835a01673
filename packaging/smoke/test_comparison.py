"""The first launch: three real servers are compared on a machine without Python, and what was measured is kept."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from program import serving
from smoke.app import App, Frozen, Seen, family, first_look

SERVERS = {"fastapi": ("fastapi", "uvicorn"), "starlette": ("starlette", "uvicorn"), "sanic": ("sanic",)}


@dataclass
class Compared:
    """A comparison that has ended: the program and its history, the document, and every process that took part."""

    program: Frozen
    code: int
    errors: str
    result: dict[str, Any]
    seen: dict[int, Seen]
    left: list[str]


@pytest.fixture(scope="module")
def compared(app: App, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compared]:
    program = Frozen(app, tmp_path_factory.mktemp("compared"))
    process = program.start("compare", program.profile(first_look()), "--out", "report", "--quiet")
    seen: dict[int, Seen] = {}
    while process.poll() is None:
        seen |= family(process.pid)
        time.sleep(0.1)  # looking costs the measured servers time
    _, errors = process.communicate()
    program.wait_until_nothing_is_left()
    path = program.folder / "report" / "result.json"
    assert path.exists(), errors
    yield Compared(program, process.returncode, errors, json.loads(path.read_text("utf-8")), seen, program.leftovers())
    program.wait_until_nothing_is_left()


def test_it_ends_with_a_document_and_a_report(compared: Compared) -> None:
    # 3: on a busy machine two short rounds may not be worth a verdict.
    assert compared.code in (0, 3), compared.errors
    assert compared.result["schema"] == "loadbench.result/1"
    runs = compared.result["runs"]
    assert sorted(run["deployment"] for run in runs) == sorted([*SERVERS, *SERVERS])
    assert all(run["requests"]["succeeded"] > 50 and run["requests"]["failed"] == 0 for run in runs)
    assert compared.result["comparison"]["complete"] is True
    assert compared.result["comparison"]["summary"]
    page = (compared.program.folder / "report" / "report.html").read_text("utf-8")
    assert all(name in page for name in SERVERS)


def test_every_run_says_what_its_server_was_made_of(compared: Compared) -> None:
    for run in compared.result["runs"]:
        observed = run["launch"]["observed"]
        for package in SERVERS[run["deployment"]]:
            assert observed[f"package:{package}"], run["deployment"]
        assert observed["event loop"] == "uvloop"
        assert "httptools" in observed["http parser"]
        assert "in the app" in observed["python"]
        assert "package:loadbench" not in observed
        assert run["target"]["memory_bytes"]["peak"] > 10_000_000


def test_qt_is_in_no_process_but_the_windows(compared: Compared) -> None:
    for role in ("--multiprocessing-fork", "loadbench_gui.deploy.guardian", "-m uvicorn", "-m sanic"):
        processes = [seen for seen in compared.seen.values() if role in seen.command]
        assert processes, f"no process with {role} was seen"
        assert not [seen for seen in processes if seen.has_qt]


def test_history_and_reports_are_made_of_what_was_kept(compared: Compared) -> None:
    kept = json.loads(compared.program("history", "list", "--json", "-").stdout)
    assert len(kept["runs"]) == 6
    (comparison,) = kept["comparisons"]
    run = kept["runs"][0]["run_id"]
    assert compared.program("history", "show", run).returncode == 0
    for kind in ("html", "json"):
        path = Path(f"again.{kind}")
        done = compared.program("report", comparison["comparison_id"], "--format", kind, "-o", str(path))
        assert done.returncode == 0, done.stderr
        assert (compared.program.folder / path).stat().st_size > 100


def test_the_generator_runs_inside_the_app_as_well(frozen: Frozen) -> None:
    with serving("ok") as target:
        done = frozen("http", target.url, "-c", "2", "-n", "50", "--engine", "in-app", "--json", "-", "-q")
        assert target.close() >= 50
    assert done.returncode == 0, done.stderr
    (run,) = json.loads(done.stdout)["runs"]
    assert (run["engine"], run["requests"]["succeeded"]) == ("in-app", 50)

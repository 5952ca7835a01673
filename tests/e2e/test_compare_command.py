"""A comparison of the three real servers, from a profile to a verdict, as CI would run it."""

from __future__ import annotations

import json

import pytest

from program import Loadbench
from shortened import shortened

pytestmark = pytest.mark.real_servers
NAMES = ("fastapi", "starlette", "sanic")


@pytest.mark.timeout(300)
def test_three_real_servers_end_in_a_verdict_with_its_evidence(loadbench: Loadbench) -> None:
    out = loadbench.folder / "out"
    profile = loadbench.profile(shortened("first-look", duration="2s"))
    done = loadbench("compare", profile, "--seed", "7", "--out", str(out), timeout=250)
    assert done.returncode in (0, 3), done.stdout + done.stderr
    result = json.loads((out / "result.json").read_text())
    runs = result["runs"]
    assert sorted(run["deployment"] for run in runs) == sorted(NAMES * 2)
    for run in runs:
        planned = run["load"]["rate_rps"] * 2
        assert run["requests"]["issued"] == pytest.approx(planned, abs=1)
        assert run["requests"]["succeeded"] >= 0.95 * planned
        memory = run["target"]["memory_bytes"]
        assert 10 * 2**20 < memory["idle"] <= memory["peak"] < 400 * 2**20
        assert run["target"]["cpu_s_per_1k"] > 0
        assert run["target"]["startup_s"] > 0
    comparison = result["comparison"]
    assert comparison["baseline"] == "fastapi"
    main = [m for m in comparison["metrics"] if m["metric"] == "p50"]
    assert {m["deployment"] for m in main} == {"starlette", "sanic"}
    for metric in main:
        low, high = metric["ci95"]
        assert 0 < low <= metric["ratio"] <= high
        assert metric["sentence"]
    assert comparison["summary"] in done.stdout
    page = (out / "report.html").read_text()
    assert page.count("<svg") >= 4
    assert "http://" not in page.split("</head>")[0]
    for name in NAMES:
        assert name in page

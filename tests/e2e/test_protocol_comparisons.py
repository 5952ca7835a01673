"""Streams and WebSockets from a profile to a verdict, a limit and a report, against real servers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from program import Loadbench
from shortened import shortened

pytestmark = pytest.mark.real_servers


@pytest.mark.timeout(300)
def test_held_connections_are_compared_by_the_memory_that_each_takes(loadbench: Loadbench) -> None:
    out = loadbench.folder / "out"
    profile = loadbench.profile(shortened("held-connections", connections=200))
    done = loadbench("compare", profile, "--out", str(out), timeout=250)
    assert done.returncode in (0, 3), done.stdout + done.stderr
    result = json.loads((out / "result.json").read_text())
    for run in result["runs"]:
        assert run["requests"]["issued"] == run["requests"]["succeeded"] == run["connections"]["peak"] == 200
        memory = run["target"]["memory_bytes"]
        taken = run["websocket"]["memory_per_connection_bytes"]
        assert taken == pytest.approx((memory["peak"] - memory["idle"]) / 200)
        assert 2_000 < taken < 200_000
        assert run["throughput_rps"] is None
        assert 0 < run["generator"]["bytes_per_connection"] < 65_536
    metrics = {metric["metric"] for metric in result["comparison"]["metrics"]}
    assert metrics == {"memory_per_connection", "memory_peak", "memory_idle", "startup"}
    page = (out / "report.html").read_text()
    assert "Memory of open connections" in page
    assert "Latency by percentile" not in page


@pytest.mark.timeout(120)
def test_a_limit_on_the_gaps_of_a_stream_fails_the_command(loadbench: Loadbench) -> None:
    profile = loadbench.profile(shortened("sse", duration="2s") + '\n[slo]\ngap_p99 = "1ms"\n')
    done = loadbench("run", profile, "--deployment", "starlette", "--json", "-", timeout=100)
    assert done.returncode == 1, done.stderr
    assert "p99 of the gaps" in done.stderr
    (run,) = json.loads(done.stdout)["runs"]
    found: dict[str, Any] = run["stream"]
    assert found["events"] >= 0.9 * 20 * run["requests"]["succeeded"]
    assert found["gap_us"]["p50"] == pytest.approx(20_000, rel=0.9)
    assert run["requests"]["issued"] == found["first_event_us"]["count"] + run["requests"]["censored"]
    assert run["generator"]["cpu_us_per_event"] > 0

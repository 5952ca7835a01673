"""The result document against contract.md: exactly these names, this nesting, these types."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import pytest

from builders import FAILED_GATE, make_comparison, make_run, make_workload
from loadbench_gui.core.caveats import Caveat
from loadbench_gui.core.plan import ClosedLoad, OpenLoad, Request
from loadbench_gui.core.quantiles import Q
from loadbench_gui.core.run import LaunchFacts, Run, SenderFacts
from loadbench_gui.core.snapshot import ErrorKind, Tally
from loadbench_gui.report.document import SCHEMA, document, to_json
from loadbench_gui.report.figure import q

NUMBER = (int, float)
NONE = type(None)
Q_KEYS = ("count", "min", "mean", "stdev", "p50", "p75", "p90", "p95", "p99", "p99_9", "p99_99", "max")

RUN: dict[str, Any] = {
    "run_id": str, "visit": str, "round": int, "order": int, "phase": str, "deployment": str, "protocol": str,
    "workload": str, "engine": str, "client": str, "started_at": str, "duration_s": NUMBER,
    "load": {
        "model": str, "connections": int, "rate_rps": (*NUMBER, NONE), "arrival": (str, NONE),
        "think_s": (*NUMBER, NONE), "thinking": (str, NONE), "when_busy": (str, NONE), "queue_limit": (int, NONE),
    },
    "request_mix": list, "timeout_s": NUMBER, "requests_limit": (int, NONE), "pacing": (str, NONE),
    "client_options": (dict, NONE),
    "requests": dict.fromkeys(("issued", "succeeded", "failed", "timed_out", "censored", "dropped"), int),
    "unsent": int,
    "throughput_rps": NUMBER,
    "bytes": {"sent": int, "received": int},
    "latency_us": {"service": "Q", "scheduled": "Q"},
    "latency_adjusted_us": {"scheduled": "Q"},
    "dispatch_lag_us": "Q",
    "phases_us": {
        "connection_wait": "Q", "dns": NONE, "connect": NONE, "tls": NONE, "first_byte": "Q", "download": "Q",
    },
    "samples": list, "errors": dict, "status_codes": dict,
    "connections": dict.fromkeys(("opened", "reused", "stale", "closed_by_server", "peak"), int),
    "requests_per_process": (dict, NONE), "stream": NONE, "websocket": NONE,
    "target": {
        "memory_bytes": {"kind": str, "idle": int, "peak": int, "mean": NUMBER, "after": int},
        "memory_slope_bytes_per_s": (*NUMBER, NONE), "cpu_s_per_1k": (*NUMBER, NONE), "processes": int,
        "startup_s": (*NUMBER, NONE),
    },
    "generator": {"verdict": str, "caveats": list, "cpu_fraction": NUMBER, "loop_lag_us": "Q", "workers": int},
    "intervals": list,
}  # fmt: skip
DOCUMENT: dict[str, Any] = {
    "schema": str,
    "tool": {"version": str},
    "environment": {
        "os": str, "kernel": str, "python": str, "cpu_model": str, "cpus": int, "memory_bytes": int, "packages": dict,
    },
    "runs": list,
    "comparison": {
        "baseline": str, "protocol": dict, "gates": list, "noise_floor": (*NUMBER, NONE), "metrics": list,
        "summary": str,
    },
}  # fmt: skip
INTERVAL: dict[str, Any] = {
    "t_s": NUMBER, "requests": int, "throughput_rps": NUMBER, "p50_us": (*NUMBER, NONE), "p99_us": (*NUMBER, NONE),
    "errors": int, "memory_bytes": (int, NONE), "cpu_fraction": (*NUMBER, NONE),
}  # fmt: skip
METRIC: dict[str, Any] = {
    "workload": str, "metric": str, "deployment": str, "ratio": (*NUMBER, NONE), "ci95": (list, NONE),
    "p_value": (*NUMBER, NONE), "p_holm": (*NUMBER, NONE), "verdict": str, "sentence": str, "caveats": list,
}  # fmt: skip


def assert_shape(value: Any, shape: Any, path: str = "$") -> None:
    if shape == "Q":
        assert set(value) == {*Q_KEYS, "unsupported", "infinite", "at_least"}, path
        nulls = {key for key in Q_KEYS if value[key] is None}
        assert nulls == {*value["unsupported"], *value["infinite"]}, path
    elif isinstance(shape, dict):
        assert isinstance(value, dict), path
        for key, part in shape.items():
            assert key in value, f"{path}.{key}"
            assert_shape(value[key], part, f"{path}.{key}")
    else:
        assert isinstance(value, shape), f"{path} is {value!r}"


def through_json(result: dict[str, Any]) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(to_json(result))
    return parsed


def one(run: Run) -> dict[str, Any]:
    written: dict[str, Any] = through_json(document([run]))["runs"][0]
    return written


def test_a_comparison_has_the_shape_of_the_contract() -> None:
    comparison, runs = make_comparison(rounds=2)
    result = through_json(document(runs, comparison))
    assert result["schema"] == SCHEMA == "loadbench.result/1"
    assert_shape(result, DOCUMENT)
    assert len(result["runs"]) == 6
    for run in result["runs"]:
        assert_shape(run, RUN)
        for interval in run["intervals"]:
            assert_shape(interval, INTERVAL)
    for metric in result["comparison"]["metrics"]:
        assert_shape(metric, METRIC)


def test_a_single_run_has_no_comparison() -> None:
    assert document([make_run()])["comparison"] is None


def test_figures_are_those_of_the_run() -> None:
    run = make_run()
    written = one(run)
    assert written["requests"]["succeeded"] == run.measured.succeeded
    assert written["throughput_rps"] == pytest.approx(run.traffic.completed / run.duration_s)
    assert written["latency_us"]["scheduled"]["p99"] == run.measured.scheduled.quantile(0.99)
    assert written["status_codes"] == {"200": run.measured.succeeded}
    assert written["latency_us"]["scheduled"]["p99_99"] is None
    assert "p99_99" in written["latency_us"]["scheduled"]["unsupported"]


def test_requests_without_an_answer_make_adjusted_percentiles_infinite() -> None:
    written = one(make_run(errors={ErrorKind.BAD_STATUS: 400, ErrorKind.READ_TIMEOUT: 5}))
    adjusted = written["latency_adjusted_us"]["scheduled"]
    assert adjusted["count"] == written["requests"]["issued"]
    assert "p99" in adjusted["infinite"]
    assert adjusted["p99"] is None
    assert written["latency_us"]["scheduled"]["p99"] is not None
    assert written["errors"] == {"bad_status": 400, "read_timeout": 5}
    assert {sample["kind"] for sample in written["samples"]} == {"bad_status", "read_timeout"}


def test_a_server_that_was_not_watched_is_null_not_zero() -> None:
    written = one(make_run(memory=False, launched=False))
    assert written["target"] is None
    assert written["launch"] is None
    assert {i["memory_bytes"] for i in written["intervals"]} == {None}
    assert {i["cpu_fraction"] for i in written["intervals"]} == {None}


def test_intervals_carry_the_servers_memory_and_the_cores_it_used() -> None:
    run = make_run()
    written = one(run)["intervals"]
    in_second_3 = next(s for s in run.target_samples if s.t_s == 3)
    assert written[3]["memory_bytes"] == in_second_3.memory_bytes
    assert written[3]["cpu_fraction"] == pytest.approx(0.224, rel=0.1)
    assert written[3]["requests"] == run.intervals[3].everything.ended


def test_a_closed_loop_offers_no_rate() -> None:
    run = make_run(workload=make_workload(shape=ClosedLoad(8, 0.2, "exponential")), rate_rps=500)
    assert one(run)["load"] == {
        "model": "closed", "connections": 8, "rate_rps": None, "arrival": None,
        "think_s": 0.2, "thinking": "exponential", "when_busy": None, "queue_limit": None,
    }  # fmt: skip


def test_an_open_loop_says_what_becomes_of_those_that_must_wait() -> None:
    run = make_run(workload=make_workload(shape=OpenLoad(8, 500.0, when_busy="drop", queue_limit=32)))
    load = one(run)["load"]
    assert (load["when_busy"], load["queue_limit"]) == ("drop", 32)
    assert (load["think_s"], load["thinking"]) == (None, None)


def test_what_was_sent_is_said_without_headers_and_bodies() -> None:
    order = Request("POST", "/orders/${counter}", (("Authorization", "Bearer s3cret"),), b"s3cret", weight=3.0)
    workload = replace(make_workload(), also=(order,), timeout_s=2.5, requests_limit=1_000)
    result = document([make_run(workload=workload)])
    (written,) = through_json(result)["runs"]
    assert written["request_mix"] == [
        {"method": "GET", "path": "/json", "weight": 1.0},
        {"method": "POST", "path": "/orders/${counter}", "weight": 3.0},
    ]
    assert (written["timeout_s"], written["requests_limit"]) == (2.5, 1_000)
    assert "s3cret" not in to_json(result)


def test_what_the_sender_was_asked_for_is_there_where_it_was_kept() -> None:
    written = one(replace(make_run(), sender=SenderFacts(pacing="spin", http2=True, auth="basic", proxy=True)))
    assert written["pacing"] == "spin"
    assert written["client_options"] == {
        "http2": True, "redirects": False, "cookies": False, "auth": "basic", "proxy": True, "insecure": False,
    }  # fmt: skip
    of_old = one(replace(make_run(), sender=None))
    assert (of_old["pacing"], of_old["client_options"]) == (None, None)


def test_how_a_server_was_started_that_was_running_already_is_not_known() -> None:
    launch = one(replace(make_run(), launch=LaunchFacts(observed={"server header": "nginx"})))["launch"]
    assert launch["observed"] == {"server header": "nginx"}
    assert [launch[key] for key in ("command", "cwd", "python", "workers", "cpus")] == [None] * 5


def test_a_run_without_any_success_is_still_a_document() -> None:
    run = replace(make_run(), measured=Tally(), traffic=replace(make_run().traffic, completed=0))
    written = one(run)
    assert_shape(written, RUN)
    assert written["latency_us"]["service"]["count"] == 0
    assert written["throughput_rps"] == 0


def test_a_failed_gate_leaves_null_where_there_is_no_figure() -> None:
    comparison, runs = make_comparison(rounds=2, gates=(FAILED_GATE,))
    metrics = through_json(document(runs, comparison))["comparison"]["metrics"]
    stopped = [m for m in metrics if m["deployment"] == "sanic"]
    assert {m["verdict"] for m in stopped} == {"none"}
    assert all(m[key] is None for m in stopped for key in ("ratio", "ci95", "p_value", "p_holm"))


def test_caveats_keep_their_code_message_and_hint() -> None:
    caveat = Caveat("lag", "Dispatch lag p99 was 3 ms.", "Use fewer connections.")
    generator = one(make_run(caveats=(caveat,)))["generator"]
    assert generator["verdict"] == "suspect"
    assert generator["caveats"][0].items() >= {"code": "lag", "message": caveat.message, "hint": caveat.hint}.items()


def test_nan_and_infinity_never_reach_the_document() -> None:
    assert q(Q(count=1, mean=math.nan, max=math.inf))["mean"] is None
    assert q(Q(count=1, mean=math.nan, max=math.inf))["max"] is None
    comparison, runs = make_comparison(rounds=2)
    broken = replace(comparison, noise_floor=math.nan, metrics=(replace(comparison.metrics[0], ratio=math.inf),))
    written = through_json(document(runs, broken))["comparison"]
    assert written["noise_floor"] is None
    assert written["metrics"][0]["ratio"] is None


def test_a_command_that_is_no_text_does_not_stop_the_file(tmp_path: Any) -> None:
    run = make_run()
    assert run.launch is not None
    odd = replace(run, launch=replace(run.launch, command=("serve", b"\xff".decode("utf-8", "surrogateescape"))))
    (tmp_path / "result.json").write_text(to_json(document([odd])), encoding="utf-8")
    read = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    assert read["runs"][0]["launch"]["command"] == ["serve", "?"]

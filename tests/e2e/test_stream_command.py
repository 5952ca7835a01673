"""`loadbench stream` against a server that keeps account of what it sent."""

from __future__ import annotations

import pytest

from accounting import EventServer
from program import Loadbench, only_run, profile_of


@pytest.mark.parametrize("kind", ["sse", "ndjson", "chunked"])
def test_counts_agree_with_the_servers_own(loadbench: Loadbench, server: EventServer, kind: str) -> None:
    url = f"{server.url}/events/{kind}?count=20&every_ms=1"
    done = loadbench("stream", url, "--kind", kind, "--events", "20", "-c", "4", "-n", "40", "--json", "-")
    assert done.returncode == 0, done.stderr
    run, log = only_run(done), server.log()
    assert run["requests"]["issued"] == run["requests"]["succeeded"] == log["streams"] == log["finished"] == 40
    assert run["stream"]["events"] == log["events"] == 800
    assert run["stream"]["complete"] == 40
    assert run["stream"]["truncated"] == 0
    assert run["stream"]["first_event_us"]["count"] == run["latency_us"]["scheduled"]["count"] == 40
    assert run["stream"]["gap_us"]["count"] == 40 * 19
    assert run["websocket"] is None
    assert log.get("accept text/event-stream", 0) == (40 if kind == "sse" else 0)


def test_an_open_loop_starts_streams_at_its_rate_and_keeps_both_clocks(
    loadbench: Loadbench, server: EventServer
) -> None:
    url = f"{server.url}/events/sse?count=3"
    run = only_run(loadbench("stream", url, "-r", "50", "-c", "8", "-d", "2s", "--json", "-", "--quiet"))
    assert run["requests"]["issued"] == server.log()["streams"] == 100
    latency = run["latency_us"]
    assert latency["scheduled"]["count"] == latency["service"]["count"] == 100
    assert latency["scheduled"]["mean"] >= latency["service"]["mean"]


def test_a_planted_rhythm_and_a_planted_stall_are_found(loadbench: Loadbench, server: EventServer) -> None:
    url = f"{server.url}/events/sse?count=11&every_ms=20&stall_at=5&stall_ms=400"
    stream = only_run(loadbench("stream", url, "-c", "4", "-n", "4", "--json", "-"))["stream"]
    assert stream["gap_us"]["count"] == 40
    assert stream["gap_us"]["p50"] >= 19_500
    assert stream["gap_us"]["p75"] < 400_000
    assert stream["gap_us"]["max"] >= 400_000
    assert stream["longest_stall_us"] >= 400_000


def test_streams_that_are_cut_are_truncated_and_said_to_be(loadbench: Loadbench, server: EventServer) -> None:
    url = f"{server.url}/events/sse?count=10&cut_after=4"
    done = loadbench("stream", url, "-c", "2", "-n", "6", "--json", "-")
    assert done.returncode == 4
    run, log = only_run(done), server.log()
    assert run["stream"]["truncated"] == run["requests"]["failed"] == log["cut"] == 6
    assert run["stream"]["complete"] == 0
    assert run["stream"]["events"] == log["events"] == 24
    assert run["errors"] == {"closed_early": 6}
    assert "6 × closed_early  the connection was closed in the middle of a stream" in done.stderr
    assert "not one stream" in done.stderr


def test_streams_that_are_cut_are_taken_up_again(loadbench: Loadbench, server: EventServer) -> None:
    url = f"{server.url}/events/sse?count=10&cut_after=4"
    run = only_run(loadbench("stream", url, "--events", "10", "--reconnect", "3", "-c", "2", "-n", "6", "--json", "-"))
    log = server.log()
    assert run["requests"]["succeeded"] == run["stream"]["complete"] == 6
    assert run["stream"]["reconnected"] == log["resumed"] == 12
    assert run["stream"]["events"] == log["events"] == 60


def test_an_end_without_its_mark_is_incomplete(loadbench: Loadbench, server: EventServer) -> None:
    url = f"{server.url}/events/ndjson?count=5"
    done = loadbench("stream", url, "--kind", "ndjson", "--until", '"index": 9', "-c", "2", "-n", "4", "--json", "-")
    assert done.returncode == 4
    assert only_run(done)["errors"] == {"incomplete": 4}
    marked = loadbench("stream", url, "--kind", "ndjson", "--until", '"index": 4', "-c", "2", "-n", "4", "--json", "-")
    assert only_run(marked)["stream"]["complete"] == 4


def test_streams_without_an_end_are_left_when_the_time_is_over(loadbench: Loadbench, server: EventServer) -> None:
    url = f"{server.url}/events/sse?count=0&every_ms=20"
    done = loadbench("stream", url, "--endless", "-c", "5", "-d", "1s", "--json", "-")
    assert done.returncode == 0, done.stderr
    run, log = only_run(done), server.log()
    assert run["requests"]["succeeded"] == run["stream"]["left"] == log["streams"] == 5
    assert 0 < run["stream"]["events"] <= log["events"]
    assert "5 of them left by us at the end" in done.stderr
    assert "streams/s" not in done.stderr


def test_a_body_is_uploaded_in_chunks(loadbench: Loadbench, server: EventServer) -> None:
    url = f"{server.url}/events/ndjson?count=2"
    done = loadbench(
        "stream", url, "--kind", "ndjson", "-m", "POST", "--body", "x" * 1000, "--upload-chunk", "100",
        "--upload-every", "1ms", "-c", "2", "-n", "6", "--json", "-",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    log = server.log()
    assert log["uploaded bytes"] == 6_000
    assert log["chunked uploads"] == only_run(done)["requests"]["succeeded"] == 6


def test_words_show_the_first_event_and_what_follows(loadbench: Loadbench, server: EventServer) -> None:
    done = loadbench("stream", f"{server.url}/events/sse?count=5&every_ms=2", "-c", "2", "-n", "50")
    assert done.returncode == 0, done.stderr
    for words in ("server-sent events", "streams/s", "first event", "scheduled", "service", "longest stall",
                  "between two events", "50 complete", "generator"):  # fmt: skip
        assert words in done.stdout, words


def test_the_in_app_engine_gives_the_same_counts(loadbench: Loadbench, server: EventServer) -> None:
    url = f"{server.url}/events/sse?count=5"
    done = loadbench("stream", url, "--engine", "in-app", "-c", "2", "-n", "20", "--json", "-")
    assert done.returncode == 0, done.stderr
    assert only_run(done)["stream"]["events"] == server.log()["events"] == 100


def test_a_signal_keeps_and_reports_what_was_measured(loadbench: Loadbench, server: EventServer) -> None:
    url = f"{server.url}/events/sse?count=0&every_ms=5"
    run = only_run(loadbench.interrupted("stream", url, "--endless", "-c", "3", "-d", "60s", "--json", "-"))
    assert run["stream"]["events"] > 0
    assert 0 < run["duration_s"] < 60


WORKLOAD = """
name = "sse"
kind = "stream"
request = { path = "/events/sse?count=8" }
stream = { kind = "sse", events = 8 }
load = { model = "closed", connections = 2 }
requests = 30
duration = "20s"
"""


@pytest.mark.parametrize(("limit", "code"), [("9s", 0), ("1us", 1)], ids=["kept", "broken"])
def test_a_profile_prints_the_same_and_its_limits_count(
    loadbench: Loadbench, server: EventServer, limit: str, code: int
) -> None:
    slo = f'first_event_p50 = "{limit}"'
    done = loadbench("run", loadbench.profile(profile_of(server.url, WORKLOAD, slo)))
    assert done.returncode == code, done.stderr + done.stdout
    assert "8 server-sent events" in done.stdout
    assert "30 issued, all succeeded" in done.stdout
    assert "240" in done.stdout

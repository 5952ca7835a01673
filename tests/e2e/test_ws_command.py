"""`loadbench ws` against a server that keeps account of what it received and sent."""

from __future__ import annotations

import pytest

from accounting import EventServer
from program import Loadbench, only_run, poll_until, profile_of


def account_of(server: EventServer, closed: int) -> dict[str, int]:
    """What the server counted, once it has seen so many connections end."""
    total: dict[str, int] = {}

    def look() -> int:
        for name, n in server.log().items():
            total[name] = total.get(name, 0) + n
        return sum(n for name, n in total.items() if name.startswith("left ")) + total.get("closed", 0)

    poll_until(look, lambda found: found >= closed, 30)
    return total


def test_every_round_trip_is_on_the_servers_account(loadbench: Loadbench, server: EventServer) -> None:
    done = loadbench("ws", f"{server.ws}/ws/echo", "-c", "4", "-n", "400", "--json", "-")
    assert done.returncode == 0, done.stderr
    run, log = only_run(done), account_of(server, 4)
    assert run["requests"]["issued"] == run["requests"]["succeeded"] == log["received"] == log["sent"] == 400
    found = run["websocket"]
    assert found["messages_sent"] == found["messages_received"] == found["rtt_us"]["count"] == 400
    assert (found["lost"], found["duplicated"], found["reordered"], found["stray"]) == (0, 0, 0, 0)
    assert found["handshake_us"]["count"] == log["sockets"] == 4
    assert run["latency_us"]["service"]["count"] == 400
    assert run["stream"] is None
    assert log["left 1000"] == 4
    assert "nothing lost, twice or out of order" in done.stderr


def test_the_rate_is_that_of_each_connection_on_both_clocks(loadbench: Loadbench, server: EventServer) -> None:
    run = only_run(loadbench("ws", f"{server.ws}/ws/echo", "-c", "4", "-r", "25", "-d", "2s", "--json", "-"))
    assert run["load"]["rate_rps"] == 100.0
    assert run["requests"]["issued"] == account_of(server, 4)["received"] == 200
    scheduled, service = run["latency_us"]["scheduled"], run["latency_us"]["service"]
    assert scheduled["count"] == service["count"] == 200
    assert scheduled["mean"] >= service["mean"]


def test_planted_loss_and_duplication_are_reported_exactly(loadbench: Loadbench, server: EventServer) -> None:
    url = f"{server.ws}/ws/echo?drop=25&twice=10"
    done = loadbench("ws", url, "-c", "4", "-r", "50", "-d", "2s", "--timeout", "4s", "--json", "-")
    assert done.returncode == 0, done.stderr
    run, log = only_run(done), account_of(server, 4)
    assert run["websocket"]["lost"] == run["requests"]["timed_out"] == log["dropped"] == 16
    assert run["websocket"]["duplicated"] == log["twice"] == 32
    assert run["errors"] == {"read_timeout": 16}
    assert "16 lost, 32 came twice" in done.stderr
    assert "16 × read_timeout  no echo within the time-out" in done.stderr


@pytest.mark.parametrize(
    "message",
    [
        ["--size", "0"],
        ["--size", "1MiB", "--fragments", "7", "--binary"],
        ["--message", "grüß"],
        ["--size", "4KiB", "--compress"],
    ],
    ids=" ".join,
)
def test_messages_of_every_kind_come_back(loadbench: Loadbench, server: EventServer, message: list[str]) -> None:
    done = loadbench("ws", f"{server.ws}/ws/echo", "-c", "2", "-n", "10", *message, "--json", "-")
    assert done.returncode == 0, done.stderr
    assert only_run(done)["requests"]["succeeded"] == account_of(server, 2)["received"] == 10


def test_subprotocols_are_offered_and_a_greeting_is_sent_first(loadbench: Loadbench, server: EventServer) -> None:
    done = loadbench(
        "ws", f"{server.ws}/ws/push", "--mode", "push", "--subprotocol", "a.v2", "--subprotocol", "a.v1",
        "--hello", "me too", "-c", "3", "-d", "1s", "--json", "-",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    log = account_of(server, 3)
    assert log["subprotocol a.v1"] == log["received"] == 3


def test_pushed_messages_are_counted_and_their_gaps_timed(loadbench: Loadbench, server: EventServer) -> None:
    url = f"{server.ws}/ws/push?every_ms=20"
    done = loadbench("ws", url, "--mode", "push", "-c", "5", "-d", "1s", "--json", "-")
    assert done.returncode == 0, done.stderr
    run, log = only_run(done), account_of(server, 5)
    assert 0 < run["requests"]["succeeded"] <= run["websocket"]["messages_received"] <= log["sent"]
    assert run["websocket"]["gap_us"]["p50"] >= 19_000
    assert run["websocket"]["lost"] == 0
    assert run["latency_us"]["scheduled"]["count"] == 0
    assert "gaps between two messages" in done.stderr


def test_a_publication_reaches_every_connection(loadbench: Loadbench, server: EventServer) -> None:
    url = f"{server.ws}/ws/fanout"
    done = loadbench("ws", url, "--mode", "fanout", "-c", "10", "--publishers", "2", "-n", "100", "--json", "-")
    assert done.returncode == 0, done.stderr
    run, log = only_run(done), account_of(server, 10)
    assert run["requests"]["succeeded"] == run["websocket"]["messages_sent"] == log["received"] == 100
    assert run["websocket"]["messages_received"] == run["websocket"]["fanout_us"]["count"] == log["sent"] == 1_000
    assert run["websocket"]["skew_us"]["count"] == 100
    assert run["generator"]["workers"] == 1
    assert "last subscriber" in done.stderr
    assert "from first to last" in done.stderr


def test_connections_are_held_and_pinged(loadbench: Loadbench, server: EventServer) -> None:
    done = loadbench(
        "ws", f"{server.ws}/ws/echo", "--mode", "hold", "-c", "200", "--ping-every", "200ms", "-d", "1s", "--json", "-"
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    run, log = only_run(done), account_of(server, 200)
    assert run["requests"]["succeeded"] == run["connections"]["peak"] == log["sockets"] == log["left 1000"] == 200
    assert run["websocket"]["ping_us"]["count"] > 200
    assert run["websocket"]["close_codes"] == {}
    assert "200 held" in done.stderr
    assert "/s of" not in done.stderr


def test_connections_that_the_server_closes_are_counted_by_their_code(
    loadbench: Loadbench, server: EventServer
) -> None:
    done = loadbench("ws", f"{server.ws}/ws/echo?close_after=5", "-c", "2", "-n", "50", "--json", "-")
    assert done.returncode == 0, done.stderr
    run, log = only_run(done), server.log()
    assert run["websocket"]["close_codes"] == {"1011": log["closed"]}
    assert run["errors"] == {"ws_close": log["closed"]}
    assert f"{log['closed']} × 1011 (internal error)" in done.stderr
    assert "the server closed the WebSocket with a message under way" in done.stderr


def test_a_path_that_takes_no_websocket_ends_with_what_to_do(loadbench: Loadbench, server: EventServer) -> None:
    done = loadbench("ws", f"{server.ws}/nowhere", "-c", "2", "-n", "4", "--json", "-")
    assert done.returncode == 4
    assert set(only_run(done)["errors"]) == {"bad_status"}
    assert "takes WebSockets at this path" in done.stderr


def test_a_server_that_is_not_there(loadbench: Loadbench) -> None:
    done = loadbench("ws", "ws://127.0.0.1:1/ws", "-c", "2", "-n", "4")
    assert done.returncode == 4
    assert done.stderr.count("error:") == 1
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("mode", ["echo", "push", "fanout", "hold"])
def test_a_signal_keeps_and_reports_what_was_measured(loadbench: Loadbench, server: EventServer, mode: str) -> None:
    path = "push" if mode == "push" else "fanout" if mode == "fanout" else "echo"
    url = f"{server.ws}/ws/{path}"
    run = only_run(loadbench.interrupted("ws", url, "--mode", mode, "-c", "3", "-d", "60s", "--json", "-"))
    assert run["connections"]["opened"] == 3
    assert 0 < run["duration_s"] < 60
    if mode != "hold":
        assert run["requests"]["succeeded"] > 0


def test_the_in_app_engine_gives_the_same_counts(loadbench: Loadbench, server: EventServer) -> None:
    done = loadbench("ws", f"{server.ws}/ws/echo", "--engine", "in-app", "-c", "2", "-n", "100", "--json", "-")
    assert done.returncode == 0, done.stderr
    assert only_run(done)["websocket"]["messages_received"] == account_of(server, 2)["sent"] == 100


WORKLOAD = """
name = "echo"
kind = "ws"
request = { path = "/ws/echo" }
websocket = { mode = "echo", size = 64 }
load = { model = "closed", connections = 2 }
requests = 200
duration = "20s"
"""


@pytest.mark.parametrize(("limit", "code"), [("9s", 0), ("1us", 1)], ids=["kept", "broken"])
def test_a_profile_prints_the_same_and_its_limits_count(
    loadbench: Loadbench, server: EventServer, limit: str, code: int
) -> None:
    slo = f'rtt_p50 = "{limit}"'
    done = loadbench("run", loadbench.profile(profile_of(server.url, WORKLOAD, slo)))
    assert done.returncode == code, done.stderr + done.stdout
    assert "echo of 64" in done.stdout
    assert "200 issued, all succeeded" in done.stdout

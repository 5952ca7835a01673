"""The truth server and the arithmetic on its log: what everything else is held against."""

from __future__ import annotations

import http.client

import numpy as np
from benchmarks import truth
from benchmarks.quantiles import quantiles

from truth.conftest import Measure

REQUESTS = 50


def log(arrived_ns: list[int], written_ns: list[int], stall_ns: tuple[int, int] = (0, 0)) -> truth.Log:
    port = np.zeros(len(arrived_ns), np.int64)
    return truth.Log(port, np.array(arrived_ns, np.int64), np.array(written_ns, np.int64), stall_ns)


def test_the_server_logs_every_request_and_waits_as_long_as_it_was_told() -> None:
    with truth.serving("constant:3") as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        for _ in range(REQUESTS):
            connection.request("GET", "/")
            assert connection.getresponse().read() == b'{"message":"Hello, World!"}'
        connection.close()
        found = server.log()
    assert found.count == REQUESTS
    assert found.latencies_us().min() >= 3_000
    assert len(set(found.port)) == 1


def test_the_server_logs_when_it_stood_still() -> None:
    with truth.serving(stall=(0.0, 0.25)) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        for _ in range(2):
            connection.request("GET", "/")
            connection.getresponse().read()
        connection.close()
        found = server.log()
    begin, end = found.stall_ns
    assert end - begin >= 250_000_000
    assert found.written_ns[0] <= begin
    assert end <= found.written_ns[1]


def test_due_times_are_the_grid_on_which_the_earliest_arrivals_lie() -> None:
    late = [0, 40, 0, 90, 10]
    arrived = [1_000 + k * 1_000_000 + late[k] for k in range(5)]
    assert log(arrived, arrived).due_ns(1_000).tolist() == [1_000 + k * 1e6 for k in range(5)]


def test_requests_that_a_stall_held_up_do_not_move_the_grid() -> None:
    arrived = [1_000, 1_001_000, 5_000_000, 5_000_000, 5_000_000]
    found = log(arrived, arrived, stall_ns=(1_500_000, 5_000_000))
    assert found.due_ns(1_000).tolist() == [1_000 + k * 1e6 for k in range(5)]
    assert found.scheduled_us(1_000).tolist() == [0.0, 0.0, 2_999.0, 1_999.0, 999.0]


def test_service_time_is_never_shorter_than_what_the_server_itself_saw(measure: Measure) -> None:
    with truth.serving("exponential:5") as server:
        found = measure(server.url, "-r", "500", "-d", "3s", "-c", "50")
        log_ = server.log()
    true = quantiles(log_.latencies_us())
    assert found.requests["issued"] == found.requests["succeeded"] == log_.count == 1_500
    for name in ("p50", "p90", "p99"):
        service, scheduled = found.service_us[name], found.scheduled_us[name]
        assert service is not None
        assert scheduled is not None
        # The log's stamp follows the sending: bytes may be there before it, by the time that a system call takes.
        assert service >= 0.98 * true[name] - 100
        assert scheduled >= service

"""Open and closed loops against servers whose behaviour can be worked out with pencil and paper."""

from __future__ import annotations

import asyncio
import socket
from itertools import pairwise

import pytest

from engine.firing import Firing, LateTaker, Watch, adds_up, fire_load
from engine.listeners import listening, nobody
from engine.servers import Asked, fire_at, response, says, says_until, serving
from loadbench_gui.core.lifecycle import RunEvent
from loadbench_gui.core.plan import ClosedLoad, EngineName, LoadShape, OpenLoad, Target, WhenBusy
from loadbench_gui.core.run import Interval
from loadbench_gui.core.snapshot import ErrorKind, Tally
from loadbench_gui.engine import recorder, runner
from loadbench_gui.engine.closed_loop import LONGEST_BACKOFF_S, ClosedIssuer
from loadbench_gui.engine.open_loop import queue_limit
from loadbench_gui.services.generator import Fired

RATE = 250.0
STALL_S = 1.0
LENGTH_S = 2.0


class Stalling:
    """Answers at once, except that everything asked within one second is answered at its end."""

    def __init__(self) -> None:
        self._frozen_until_s = 0.0

    def __call__(self, asked: Asked) -> None:
        loop = asyncio.get_running_loop()
        if asked.total == 100:
            self._frozen_until_s = loop.time() + STALL_S
        if loop.time() < self._frozen_until_s:
            loop.call_at(self._frozen_until_s, asked.answer, response())
        else:
            asked.answer(response())


def stalled(when_busy: WhenBusy) -> tuple[Fired, int]:
    async def scenario() -> tuple[Fired, int]:
        async with serving(Stalling()) as server:
            shape = OpenLoad(4, RATE, when_busy=when_busy)
            fired = await fire_at(server.target, shape, duration_s=LENGTH_S, timeout_s=5.0)
            return fired, server.requests

    return asyncio.run(scenario())


def test_a_stall_shows_in_scheduled_latency_as_arithmetic_says() -> None:
    """250 of 500 arrivals fall due while nothing is answered: the latest of them waits least."""
    fired, asked = stalled("queue")
    measured = fired.measured
    assert measured.succeeded == measured.issued == asked == 500
    assert measured.dropped == 0
    stuck = RATE * STALL_S
    for q in (0.75, 0.9, 0.99):
        predicted_us = 1e6 * STALL_S * (1 - (1 - q) * measured.issued / stuck)
        assert measured.scheduled.quantile(q) == pytest.approx(predicted_us, rel=0.06)
    # Only the four requests that were under way were slow to the server; the others waited for a connection.
    assert measured.service.count_at_or_below(500_000) >= 496
    waited = measured.connection_wait.quantile(0.9)
    assert waited is not None
    assert waited == pytest.approx(1e6 * STALL_S * (1 - 0.1 * measured.issued / stuck), rel=0.06)
    lag = measured.dispatch_lag.quantile(0.9)
    assert lag is not None
    assert lag < 100_000, "the server's stall must not look like a fault of the generator"


def test_a_stall_with_dropping_drops_what_finds_no_connection() -> None:
    fired, asked = stalled("drop")
    measured = fired.measured
    assert adds_up(fired)
    assert measured.issued == 500
    # Never fewer than the stall makes; more where the machine, which the server shares, stalls on top of it.
    assert RATE * STALL_S - 6 <= measured.dropped <= 1.3 * RATE * STALL_S
    assert measured.succeeded == asked == 500 - measured.dropped
    assert any(caveat.code == "arrivals_dropped" for caveat in fired.fitness.caveats)


def test_arrivals_beyond_the_queue_limit_are_dropped_and_counted() -> None:
    async def scenario() -> Fired:
        async with serving(lambda asked: None) as server:
            shape = OpenLoad(2, 200.0, queue_limit=10)
            fired = await fire_at(server.target, shape, duration_s=0.5, timeout_s=0.8)
            assert fired.measured.unsent == 12 - server.requests > 0, "they waited to the end"
            return fired

    fired = asyncio.run(scenario())
    assert adds_up(fired)
    assert fired.measured.issued == 100
    assert fired.measured.dropped == 88
    assert {"arrivals_dropped", "arrivals_unsent"} <= {caveat.code for caveat in fired.fitness.caveats}
    assert fired.measured.timed_out + fired.measured.censored == 12


def test_requests_in_flight_at_the_end_of_a_stopped_run_are_censored() -> None:
    async def scenario() -> Fired:
        stop = asyncio.Event()
        watch = Watch()
        async with serving(lambda asked: stop.set()) as server:
            fired = await fire_at(server.target, ClosedLoad(1), duration_s=30.0, timeout_s=20.0, stop=stop, watch=watch)
        assert watch.states[-1] is not RunEvent.DRAINED
        return fired

    fired = asyncio.run(scenario())
    assert adds_up(fired)
    assert fired.measured.censored == fired.measured.censored_at.total == 1
    assert fired.stop_reason == "stopped"
    assert fired.duration_s < 30.0


@pytest.mark.parametrize("engine", ["in-app", "workers"])
def test_warm_up_is_counted_apart_and_every_state_is_told_in_order(engine: EngineName) -> None:
    watch = Watch()

    async def scenario() -> tuple[Fired, int]:
        async with serving(says(response())) as server:
            # So many that none has to wait for one, however busy this machine is.
            shape = OpenLoad(40, 100.0)
            fired = await fire_at(server.target, shape, engine=engine, warmup_s=0.5, duration_s=1.0, watch=watch)
            return fired, server.requests

    fired, asked = asyncio.run(scenario())
    assert fired.measured.connection_wait.max_us == 0
    warm = sum(interval.warmup.succeeded for interval in watch.intervals)
    assert (warm, fired.measured.succeeded, asked) == (50, 100, 150)
    assert watch.states == [RunEvent.FIRE, RunEvent.WARM, RunEvent.WINDOW_END, RunEvent.DRAINED]
    assert watch.starts == [fired.start_ns]
    assert [interval.index for interval in watch.intervals] == list(range(len(watch.intervals)))
    assert fired.duration_s == pytest.approx(1.0)
    assert fired.peak_connections == 40
    assert fired.stop_reason == ""


@pytest.mark.parametrize("engine", ["in-app", "workers"])
def test_a_closed_loop_has_one_request_per_connection_and_one_clock(engine: EngineName) -> None:
    most = 0
    flying = 0

    def counts(asked: Asked) -> None:
        nonlocal most, flying
        flying += 1
        most = max(most, flying)
        asyncio.get_running_loop().call_later(0.01, answer, asked)

    def answer(asked: Asked) -> None:
        nonlocal flying
        flying -= 1
        asked.answer(response())

    async def scenario() -> tuple[Fired, int]:
        async with serving(counts) as server:
            fired = await fire_at(server.target, ClosedLoad(3), engine=engine, duration_s=0.6)
            return fired, server.requests

    fired, asked = asyncio.run(scenario())
    assert adds_up(fired)
    assert fired.measured.succeeded == asked > 3
    assert most == 3
    assert fired.measured.service == fired.measured.scheduled
    assert fired.measured.dispatch_lag.max_us == 0
    shortest = fired.measured.service.min_us
    assert shortest is not None
    assert shortest > 9_000


@pytest.mark.parametrize("ending", ["another length", "another status", "a lost connection"])
def test_a_closed_loop_keeps_one_clock_when_an_answer_is_not_like_the_last(ending: str) -> None:
    """The answers before it were recognised whole, without a parser; what ends otherwise must not bear their stamps."""

    def changes(asked: Asked) -> None:
        if asked.number % 200 or ending == "another status":
            asked.answer(response(status="503 Busy" if asked.number % 200 == 0 else "200 OK"))
        elif ending == "another length":
            asked.answer(response(b"x" * asked.number))
        else:
            asked.transport.close()

    watch = Watch()

    async def scenario() -> tuple[Fired, int]:
        async with serving(changes) as server:
            fired = await fire_at(server.target, ClosedLoad(2), warmup_s=0.25, duration_s=0.5, watch=watch)
            return fired, server.requests

    fired, asked = asyncio.run(scenario())
    assert adds_up(fired)
    assert fired.measured.scheduled.max_us == fired.measured.service.max_us
    assert fired.measured.dispatch_lag.max_us == 0
    assert fired.measured.connection_wait.max_us == 0
    warm = sum((interval.warmup for interval in watch.intervals), Tally())
    assert warm.issued == warm.ended
    assert fired.measured.issued + warm.issued + fired.traffic.stale == asked > 400


def test_connections_take_turns() -> None:
    """Least recently used first: all four carry the same share, though one would do."""
    served: dict[int, int] = {}

    def counts(asked: Asked) -> None:
        served[asked.connection] = served.get(asked.connection, 0) + 1
        asked.answer(response())

    async def scenario() -> Fired:
        async with serving(counts) as server:
            return await fire_at(server.target, OpenLoad(4, 200.0), duration_s=0.5)

    asyncio.run(scenario())
    assert len(served) == 4
    assert max(served.values()) - min(served.values()) <= 4


def test_poisson_arrivals_are_the_same_for_the_same_seed() -> None:
    async def scenario(seed: int) -> int:
        async with serving(says(response())) as server:
            shape = OpenLoad(4, 200.0, arrival="poisson")
            fired = await fire_at(server.target, shape, duration_s=0.5, seed=seed)
            assert adds_up(fired)
            return fired.measured.issued

    assert asyncio.run(scenario(1)) == asyncio.run(scenario(1))


def test_spinning_sends_what_is_due_as_well() -> None:
    async def scenario() -> tuple[Fired, int]:
        async with serving(says(response())) as server:
            shape = OpenLoad(4, 200.0)
            fired = await fire_at(server.target, shape, engine="workers", warmup_s=0.25, duration_s=0.75, pacing="spin")
            return fired, server.requests

    fired, asked = asyncio.run(scenario())
    assert fired.measured.succeeded == 150
    assert asked == 200
    assert fired.fitness.cpu_fraction < 0.9, "empty spins are not work"


def test_arrivals_that_fall_due_while_the_loop_is_late_at_the_very_end_still_count() -> None:
    async def scenario() -> tuple[Fired, int]:
        async with serving(says(response())) as server:
            watch = Watch(intervals=LateTaker(0.35))
            fired = await fire_at(server.target, OpenLoad(4, 200.0), duration_s=0.5, watch=watch)
            return fired, server.requests

    fired, asked = asyncio.run(scenario())
    assert fired.measured.issued == fired.measured.succeeded == asked == 100
    lag = fired.measured.dispatch_lag.max_us
    assert lag is not None
    assert lag > 100_000, "and they show whose fault it was"


def test_a_refused_port_in_an_open_loop_fails_every_arrival() -> None:
    fired = asyncio.run(fire_at(nobody(), OpenLoad(2, 100.0), duration_s=0.4))
    assert fired.measured.errors == {ErrorKind.CONNECT_REFUSED: 40}
    assert fired.measured.issued == 40


@pytest.mark.parametrize("shape", [ClosedLoad(3), ClosedLoad(3, think_s=0.01), OpenLoad(3, 100.0)])
def test_what_never_got_its_connection_was_never_sent(shape: LoadShape) -> None:
    """The server takes connections, and is silent in their handshakes."""

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.read()
        finally:
            writer.close()

    async def scenario() -> Fired:
        stop = asyncio.Event()
        async with listening(mute) as port:
            target = Target("https", "127.0.0.1", port, "127.0.0.1")
            how: Firing = {"duration_s": 30.0, "timeout_s": 20.0, "stop": stop, "limit": 3}
            return await fire_load(target, shape, on_interval=lambda _: stop.set(), **how)

    fired = asyncio.run(scenario())
    assert adds_up(fired)
    assert fired.measured.unsent == fired.measured.censored == fired.measured.issued == 3


@pytest.mark.parametrize("engine", ["in-app", "workers"])
def test_throughput_of_a_stopped_run_counts_no_longer_than_it_is_divided_by(
    engine: EngineName, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "TICK_S", 0.25)  # the issuer goes on until the next tick

    async def scenario() -> Fired:
        stop = asyncio.Event()
        async with serving(says_until(140, stop, response())) as server:
            return await fire_at(server.target, OpenLoad(4, 500.0), engine=engine, duration_s=30.0, stop=stop)

    fired = asyncio.run(scenario())
    assert adds_up(fired)
    assert fired.stop_reason == "stopped"
    assert 140 <= fired.traffic.completed <= 500 * fired.duration_s + 1


def test_a_load_too_slow_for_its_request_limit_lasts_as_long_as_its_window() -> None:
    async def scenario() -> Fired:
        async with serving(says(response())) as server:
            return await fire_at(server.target, OpenLoad(2, 10.0), limit=100, duration_s=0.5)

    fired = asyncio.run(scenario())
    assert fired.measured.issued == fired.traffic.completed == 5
    assert (fired.duration_s, fired.stop_reason) == (0.5, "")


def test_a_closed_loop_that_was_cancelled_dials_nobody_any_more() -> None:
    """Every connection is lost, so that the loop was about to dial again after a pause."""

    async def scenario() -> tuple[int, int]:
        lost = asyncio.Event()

        def loses(asked: Asked) -> None:
            asked.transport.close()
            if asked.total == 40:
                lost.set()

        async with serving(loses) as server:
            firing = asyncio.create_task(fire_at(server.target, ClosedLoad(8), duration_s=30.0, timeout_s=5.0))
            await lost.wait()
            firing.cancel()
            await asyncio.wait({firing})
            # Connections are accepted in the order in which they were made: those on their way come before ours.
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(b"GET / HTTP/1.1\r\n\r\n")
            assert await reader.read() == b""
            writer.close()
            before = server.connections
            await asyncio.sleep(2 * LONGEST_BACKOFF_S)  # nothing is to happen: there is no event to wait for
            return before, server.connections

    before, after = asyncio.run(scenario())
    assert before == after


def test_connections_are_looked_through_for_timeouts_once_a_tick_however_often_is_folded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks: list[int] = []
    monkeypatch.setattr(ClosedIssuer, "expire", lambda _, now_ns: looks.append(now_ns))
    # Each slice is one request, so that there is always more to fold.
    monkeypatch.setattr(recorder, "SLICE", 1)

    async def scenario() -> Fired:
        async with serving(says(response())) as server:
            return await fire_at(server.target, ClosedLoad(4), duration_s=0.5)

    assert asyncio.run(scenario()).measured.succeeded > 100
    assert len(looks) >= 2
    assert all(later - earlier >= runner.TICK_S * 1e9 for earlier, later in pairwise(looks))


def test_what_is_late_when_the_run_ends_is_a_timeout_though_the_next_look_was_far_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(runner, "TICK_S", 30.0)

    async def scenario() -> Fired:
        async with serving(lambda _: None) as server:
            return await fire_at(server.target, ClosedLoad(4), duration_s=0.3, timeout_s=0.5)

    measured = asyncio.run(scenario()).measured
    assert (measured.issued, measured.timed_out, measured.censored) == (4, 4, 0)


class StopsAtOnce(list[Interval]):
    """Stops the run with its first interval."""

    def __init__(self, stop: asyncio.Event) -> None:
        super().__init__()
        self._stop = stop

    def append(self, interval: Interval) -> None:
        super().append(interval)
        self._stop.set()


@pytest.mark.parametrize("engine", ["in-app", "workers"])
def test_what_a_limit_drew_but_never_got_a_connection_is_censored(engine: EngineName) -> None:
    """Nobody accepts: the system itself takes the one connection that the queue has room for."""

    async def scenario(target: Target) -> Fired:
        stop = asyncio.Event()
        watch = Watch(intervals=StopsAtOnce(stop))
        return await fire_at(
            target,
            ClosedLoad(4),
            engine=engine,
            workers=1,
            duration_s=30.0,
            timeout_s=20.0,
            limit=4,
            watch=watch,
            stop=stop,
        )

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        fired = asyncio.run(scenario(Target("http", "127.0.0.1", listener.getsockname()[1], "127.0.0.1")))
    assert adds_up(fired)
    assert (fired.measured.issued, fired.measured.censored) == (4, 4)
    assert fired.traffic.opened == 1


@pytest.mark.parametrize("repetition", range(3))
def test_a_limit_is_exact_though_connections_open_across_the_end_of_the_warm_up(repetition: int) -> None:
    async def scenario() -> tuple[Fired, int]:
        watch = Watch()
        async with serving(says(response(headers="Connection: close\r\n"))) as server:
            fired = await fire_at(server.target, ClosedLoad(20), warmup_s=0.25, duration_s=10.0, limit=50, watch=watch)
            return fired, server.requests - sum(interval.warmup.succeeded for interval in watch.intervals)

    fired, asked = asyncio.run(scenario())
    assert fired.measured.issued == fired.measured.succeeded == asked == 50
    assert fired.stop_reason == "requests"


def test_the_shortest_queue_that_was_not_asked_for_holds_one() -> None:
    assert queue_limit(OpenLoad(1, 0.4), 1.0, 1) == 1
    assert queue_limit(OpenLoad(1, 0.4, queue_limit=0), 1.0, 1) == 0

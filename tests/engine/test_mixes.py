"""Several requests in one load, and requests that are never the same: what the server saw is what was recorded."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

import pytest

from engine.firing import adds_up
from engine.servers import Asked, Server, fire_at, response, serving
from loadbench_gui.core.plan import ClosedLoad, EngineName, Expectation, LoadShape, OpenLoad, Request, WhenBusy
from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.services.generator import Fired

SHORT, LONG = response(b"short"), response(b"l" * 5_000, status="201 Created")
MODELS: list[LoadShape] = [ClosedLoad(4), OpenLoad(4, 400.0), ClosedLoad(4, think_s=0.01)]
NAMES = ["closed", "open", "thinking"]


class Notes:
    """Answers by path, and notes every path and how many bytes it answered with."""

    def __init__(self, answer: Callable[[str], bytes] | None = None) -> None:
        self.paths: list[str] = []
        self.sent_bytes = 0
        self._answer = answer or (lambda path: LONG if path.startswith("/long") else SHORT)

    def __call__(self, asked: Asked) -> None:
        self.paths.append(asked.path)
        answer = self._answer(asked.path)
        self.sent_bytes += len(answer)
        asked.answer(answer)

    def numbers(self, prefix: str) -> list[int]:
        return [int(path.removeprefix(prefix)) for path in self.paths if path.startswith(prefix)]


def fired_with(
    requests: tuple[Request, ...],
    shape: LoadShape,
    notes: Notes,
    *,
    engine: EngineName = "in-app",
    workers: int | None = None,
    limit: int | None = None,
    duration_s: float = 0.5,
    seed: int = 0,
) -> tuple[Fired, Server]:
    async def scenario() -> tuple[Fired, Server]:
        async with serving(notes) as server:
            fired = await fire_at(
                server.target, shape, requests=requests, engine=engine, workers=workers, limit=limit,
                duration_s=duration_s if limit is None else 30.0, seed=seed, expect=Expectation(),
            )  # fmt: skip
            return fired, server

    fired, server = asyncio.run(scenario())
    assert adds_up(fired)
    return fired, server


@pytest.mark.parametrize("shape", MODELS, ids=NAMES)
@pytest.mark.parametrize("engine", ["in-app", "workers"])
def test_bytes_and_statuses_of_a_mix_are_those_that_the_server_counted(shape: LoadShape, engine: EngineName) -> None:
    requests = (
        Request(path="/short", headers=(("X-Padding", "p" * 300),)),
        Request(path="/long/${counter}", weight=2),
        Request("POST", "/post", body=b"number=${counter:99}&who=${uuid}", weight=1),
    )
    notes = Notes()
    fired, server = fired_with(requests, shape, notes, engine=engine)
    measured, traffic = fired.measured, fired.traffic
    assert measured.succeeded == server.requests == len(notes.paths) > 30
    assert (traffic.bytes_sent, traffic.bytes_received) == (server.received_bytes, notes.sent_bytes)
    long = sum(path.startswith("/long") for path in notes.paths)
    assert measured.status_codes == {201: long, 200: server.requests - long}
    assert measured.service.total == server.requests


@pytest.mark.parametrize("shape", MODELS, ids=NAMES)
def test_requests_are_drawn_by_their_weights_and_the_seed_alone(shape: LoadShape) -> None:
    requests = tuple(Request(path=path, weight=weight) for path, weight in (("/a", 6), ("/b", 3), ("/c", 1)))
    seen = []
    for seed in (1, 1, 2):
        notes = Notes()
        fired_with(requests, shape, notes, limit=150, seed=seed)
        seen.append(Counter(notes.paths))
    assert seen[0] == seen[1] != seen[2]
    assert seen[0]["/a"] > seen[0]["/b"] > seen[0]["/c"] > 0


@pytest.mark.parametrize("shape", MODELS, ids=NAMES)
@pytest.mark.parametrize("workers", [1, 2])
def test_numbers_are_unique_across_workers_and_none_is_left_out(shape: LoadShape, workers: int) -> None:
    notes = Notes()
    fired_with((Request(path="/long/${counter:1000}"),), shape, notes, engine="workers", workers=workers, limit=150)
    # In a closed loop one worker may be ahead of the other, but in its own numbers.
    assert len(set(notes.numbers("/long/"))) == 150
    assert sorted(notes.numbers("/long/")) == list(range(1000, 1150))


def test_the_nth_arrival_gets_the_same_request_whatever_the_number_of_workers() -> None:
    requests = (Request(path="/a/${counter}"), Request(path="/b/${counter}/${random:1:1000000}"), Request(path="/c"))
    seen = []
    for workers in (1, 2, 3):
        notes = Notes()
        fired_with(requests, OpenLoad(6, 400.0), notes, engine="workers", workers=workers)
        seen.append(Counter(notes.paths))
    assert seen[0] == seen[1] == seen[2]
    assert seen[0].total() == 200


@pytest.mark.parametrize("when_busy", ["queue", "drop"])
def test_an_arrival_that_waited_is_sent_with_what_was_drawn_for_it_and_a_dropped_one_takes_its_own_along(
    when_busy: WhenBusy,
) -> None:
    numbers: list[int] = []

    def hoards(asked: Asked) -> None:
        """Keep the first two waiting until some 40 arrivals are due."""
        numbers.append(int(asked.path[1:]))
        if len(numbers) <= 2:
            asyncio.get_running_loop().call_later(0.2, asked.answer, SHORT)
        else:
            asked.answer(SHORT)

    async def scenario() -> Fired:
        async with serving(hoards) as server:
            shape = OpenLoad(2, 200.0, when_busy=when_busy)
            return await fire_at(server.target, shape, requests=(Request(path="/${counter}"),), duration_s=0.5)

    fired = asyncio.run(scenario())
    assert adds_up(fired)
    assert fired.measured.succeeded == len(numbers)
    assert sorted(set(numbers)) == sorted(numbers)
    if when_busy == "queue":
        assert sorted(numbers) == list(range(1, 101))
    else:
        assert fired.measured.dropped == 100 - len(numbers) > 20
        assert numbers[:2] == [1, 2]
        assert numbers[2] > 20, "what was dropped took its number along"


@pytest.mark.parametrize("shape", MODELS[:2], ids=NAMES[:2])
def test_a_request_that_a_stale_connection_lost_is_sent_again_as_it_was(shape: LoadShape) -> None:
    """Every third answer is followed by the end of the connection, without a word."""
    numbers: list[int] = []

    def closes(asked: Asked) -> None:
        numbers.append(int(asked.path[1:]))
        asked.answer(SHORT)
        if asked.number % 3 == 0:
            asked.transport.close()

    async def scenario() -> Fired:
        async with serving(closes) as server:
            return await fire_at(
                server.target, shape, requests=(Request(path="/${counter}"),), duration_s=30.0, limit=200
            )

    fired = asyncio.run(scenario())
    assert fired.measured.succeeded == fired.measured.issued == 200
    assert sorted(numbers) == list(range(1, 201)), "a number that was drawn anew would leave a gap"
    if isinstance(shape, ClosedLoad):
        assert fired.traffic.stale > 0


def test_each_request_is_held_against_its_own_expectation() -> None:
    requests = (
        Request(path="/missing", expect=Expectation(status=404)),
        Request(path="/yes", expect=Expectation(200, b"yes")),
        Request(path="/json", expect=Expectation(200, json='{"a":1}')),
        Request(path="/wrong", expect=Expectation(200, b"yes")),
    )
    answers = {
        "/missing": response(b"", status="404 Not Found"),
        "/yes": response(b"oh yes"),
        "/json": response(b'{"a": 1}'),
        "/wrong": response(b"oh no"),
    }
    notes = Notes(answers.__getitem__)
    fired, _ = fired_with(requests, ClosedLoad(3), notes, limit=200)
    counts = Counter(notes.paths)
    assert len(counts) == 4
    assert fired.measured.errors == {ErrorKind.BAD_BODY: counts["/wrong"]}
    assert fired.measured.status_codes == {404: counts["/missing"], 200: 200 - counts["/missing"]}
    assert {sample.request.split(b" ", 2)[1] for sample in fired.samples} == {b"/wrong"}


@pytest.mark.parametrize("shape", MODELS, ids=NAMES)
def test_a_sample_shows_the_request_that_was_really_sent(shape: LoadShape) -> None:
    notes = Notes(lambda path: response(status="500 Oops") if int(path[1:]) in {41, 77} else SHORT)
    fired, _ = fired_with((Request(path="/${counter}"),), shape, notes, limit=120)
    assert fired.measured.errors == {ErrorKind.BAD_STATUS: 2}
    assert sorted(sample.request.split(b" ", 2)[1] for sample in fired.samples) == [b"/41", b"/77"]


def test_an_answer_to_one_request_is_never_taken_for_an_answer_to_another() -> None:
    """What is right and known for one is wrong for the other, and comes on the same connections."""
    requests = (Request(path="/a", expect=Expectation(200)), Request(path="/b", expect=Expectation(204)))
    notes = Notes(lambda path: SHORT)
    fired, _ = fired_with(requests, ClosedLoad(2), notes, limit=300)
    counts = Counter(notes.paths)
    assert fired.measured.succeeded == counts["/a"] > 50
    assert fired.measured.errors == {ErrorKind.BAD_STATUS: counts["/b"]}


def test_answers_without_a_body_and_answers_with_one_share_a_connection() -> None:
    requests = (Request("HEAD", "/long/head"), Request("GET", "/long/get"), Request("GET", "/nothing"))
    answers = {
        "/long/head": LONG.split(b"\r\n\r\n")[0] + b"\r\n\r\n",
        "/long/get": LONG,
        "/nothing": b"HTTP/1.1 204 No Content\r\n\r\n",
    }
    notes = Notes(answers.__getitem__)
    fired, server = fired_with(requests, ClosedLoad(2), notes, limit=300)
    assert fired.measured.succeeded == 300
    assert server.connections == 2, "nobody lost count of where an answer ends"
    assert fired.traffic.bytes_received == notes.sent_bytes


@pytest.mark.parametrize("shape", MODELS, ids=NAMES)
@pytest.mark.parametrize("requests", [(Request(),), (Request(), Request(path="/b"))], ids=["one request", "a mix"])
def test_each_connection_s_answers_are_told_by_its_port(shape: LoadShape, requests: tuple[Request, ...]) -> None:
    ports: Counter[int] = Counter()

    def notes(asked: Asked) -> None:
        ports[asked.transport.get_extra_info("peername")[1]] += 1
        asked.answer(SHORT)
        if asked.total == 50:
            asked.transport.close()

    async def scenario() -> Fired:
        async with serving(notes) as server:
            return await fire_at(server.target, shape, requests=requests, engine="workers", workers=2, duration_s=0.6)

    fired = asyncio.run(scenario())
    assert fired.measured.succeeded == ports.total()
    assert len(ports) >= 4
    assert fired.served == ports

"""/stream, /sse and /ndjson: what they carry, and that they carry it while it happens."""

from __future__ import annotations

import json
import time

import httpx
import pytest

ROUTES = {
    "/stream": "text/plain; charset=utf-8",
    "/sse": "text/event-stream; charset=utf-8",
    "/ndjson": "application/jsonl",
}


def records(route: str, body: str) -> list[dict[str, object]]:
    """What a stream carried, taken apart by the rules of its own format."""
    if route == "/stream":
        return [{"index": int(line[:7]), "size": len(line) + 1} for line in body.splitlines()]
    if route == "/ndjson":
        return [json.loads(line) for line in body.splitlines()]
    events = []
    for block in body.removesuffix("\n\n").split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        assert fields.keys() == {"data", "id"}
        event = json.loads(fields["data"])
        assert fields["id"] == str(event["index"])
        events.append(event)
    return events


def expected(route: str, count: int, size: int) -> list[dict[str, object]]:
    if route == "/stream":
        return [{"index": index, "size": size} for index in range(count)]
    return [{"index": index, "text": "x" * size} for index in range(count)]


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(
    ("query", "count", "size"),
    [
        ("", 10, 64),
        ("?count=1&size=8", 1, 8),
        ("?count=3&interval_ms=1&size=65536", 3, 65536),
        ("?count=2000", 2000, 64),
    ],
)
def test_a_stream_carries_what_was_asked_for(http: httpx.Client, route: str, query: str, count: int, size: int) -> None:
    with http.stream("GET", route + query) as answer:
        body = "".join(answer.iter_text())
    assert (answer.status_code, answer.headers["content-type"]) == (200, ROUTES[route])
    assert answer.headers["transfer-encoding"] == "chunked"
    assert records(route, body) == expected(route, count, size)


@pytest.mark.parametrize("route", ROUTES)
def test_the_first_record_arrives_long_before_the_stream_ends(http: httpx.Client, route: str) -> None:
    with http.stream("GET", f"{route}?count=2&interval_ms=30000&size=16") as answer:
        first = next(answer.iter_text())
    assert records(route, first) == expected(route, 1, 16)


@pytest.mark.parametrize("route", ROUTES)
def test_records_keep_their_distance(http: httpx.Client, route: str) -> None:
    started = time.perf_counter()
    http.get(f"{route}?count=5&interval_ms=20")
    assert time.perf_counter() - started >= 4 * 0.019


def test_events_are_not_to_be_cached_or_buffered(http: httpx.Client) -> None:
    answer = http.get("/sse?count=1")
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["x-accel-buffering"] == "no"


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("count", "0"),
        ("count", "1000001"),
        ("count", "ten"),
        ("interval_ms", "-1"),
        ("interval_ms", "30001"),
        ("size", "7"),
        ("size", "65537"),
    ],
)
def test_an_option_out_of_range_is_refused(http: httpx.Client, route: str, name: str, value: str) -> None:
    answer = http.get(route, params={name: value})
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/json")
    assert [problem["loc"] for problem in answer.json()["detail"]] == [["query", name]]


@pytest.mark.parametrize("route", ROUTES)
def test_a_reader_that_leaves_does_no_harm(http: httpx.Client, route: str) -> None:
    with http.stream("GET", f"{route}?count=1000000&size=1024") as answer:
        next(answer.iter_raw())
    assert http.get("/json").status_code == 200

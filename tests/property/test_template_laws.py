"""Laws of requests that differ: shards together are the whole, and a value is what its place allows, whatever it is."""

from __future__ import annotations

import json
from itertools import islice
from urllib.parse import unquote

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from loadbench_gui.core.plan import ClosedLoad, Expectation, Target, Workload
from loadbench_gui.core.request import Request
from loadbench_gui.core.template import Inputs, RequestSource, Rows, draws, escape, first_requests, rendered
from loadbench_gui.core.template.sequence import CHUNK, MIX_CHUNK

TARGET = Target("http", "h", 80, "127.0.0.1")
INPUTS = Inputs(Rows({"a": ["1", "2", "3", "4", "5"], "b": ["x", "y z", "ü", "", "/"]}, "data.csv"))

placeholders = st.sampled_from(
    ["${counter}", "${counter:-7}", "${random:1:6}", "${random:-9:1000000}", "${uuid}", "${choice:a|b|c}", "${row:a}",
     "${row:b}", "", "/x", "$${uuid}"]
)  # fmt: skip
texts = st.lists(placeholders, max_size=4).map("".join)
requests = st.builds(
    Request,
    method=st.sampled_from(["GET", "POST"]),
    path=texts.map(lambda text: f"/{text}"),
    headers=st.dictionaries(st.sampled_from(["X-A", "X-B", "Content-Type"]), texts, max_size=2).map(
        lambda table: tuple(table.items())
    ),
    body=texts.map(str.encode),
    weight=st.floats(0.1, 10),
)
workloads = st.lists(requests, min_size=1, max_size=3).map(
    lambda several: Workload("w", "http", several[0], Expectation(), ClosedLoad(1), also=tuple(several[1:]))
)
seeds = st.integers(0, 2**63 - 1)
anything = st.text(st.characters(codec="utf-8"), max_size=20)


@given(workloads, seeds, st.integers(1, 7), st.integers(1, 2 * CHUNK + 50))
def test_shards_together_send_exactly_what_one_would(workload: Workload, seed: int, count: int, total: int) -> None:
    one = RequestSource(workload, TARGET, seed, 0, 1, INPUTS)
    shards = [RequestSource(workload, TARGET, seed, index, count, INPUTS) for index in range(count)]

    assert [one.next() for _ in range(total)] == [shards[n % count].next() for n in range(total)]


@given(workloads, seeds)
def test_the_first_requests_hold_no_placeholder_and_are_what_is_sent_first(workload: Workload, seed: int) -> None:
    first = first_requests(workload, INPUTS, seed)

    which, value = next(rendered(workload, seed, inputs=INPUTS))
    assert first[which] == value
    assert [one.method for one in first] == [one.method for one in workload.requests]


@given(st.lists(st.floats(0.01, 100), min_size=2, max_size=4), seeds, st.integers(2, 5))
def test_shards_agree_on_a_mix_beyond_the_first_chunk(weights: list[float], seed: int, count: int) -> None:
    several = [Request(path=f"/{number}", weight=weight) for number, weight in enumerate(weights)]
    workload = Workload("w", "http", several[0], Expectation(), ClosedLoad(1), also=tuple(several[1:]))
    total = 2 * MIX_CHUNK + 10

    one = [which for which, _ in islice(rendered(workload, seed), total)]
    source = RequestSource(workload, TARGET, seed, 1, count)
    assert one[1::count] == [source.next()[0] for _ in range(len(one[1::count]))]


@given(st.lists(anything, min_size=1, max_size=5))
def test_any_row_reads_back_from_a_path_and_from_json(values: list[str]) -> None:
    body = b'{"v": "${row:v}"}'
    request = Request("POST", "/${row:v}", (("Content-Type", "application/json"),), body)
    workload = Workload("w", "http", request, Expectation(), ClosedLoad(1))
    source = RequestSource(workload, TARGET, 0, inputs=Inputs(Rows({"v": values})))

    for value in values:
        head, _, sent = source.next()[1].partition(b"\r\n\r\n")
        assert unquote(head.split(b" ")[1].decode()) == f"/{value}"
        assert json.loads(sent) == {"v": value}
        assert head.endswith(b"Content-Length: %d" % len(sent))


@given(st.text(max_size=40), st.binary(max_size=40))
def test_what_is_escaped_is_sent_as_it_is(text: str, data: bytes) -> None:
    body = text.encode("utf-8", "surrogatepass") + data
    escaped = escape(body.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
    workload = Workload("w", "http", Request("POST", body=escaped), Expectation(), ClosedLoad(1))

    assert first_requests(workload)[0].body == body


@given(seeds, st.lists(st.integers(0, 2**40), min_size=1, max_size=50))
def test_a_draw_depends_on_its_place_alone(seed: int, places: list[int]) -> None:
    key = draws.stream_key(seed, 1)
    together = draws.words(key, np.array(places, np.int64)).tolist()

    assert together == [int(draws.words(key, np.array([place], np.int64))[0]) for place in places]


@given(seeds, st.integers(-(10**15), 10**15), st.integers(0, 10**15))
def test_random_numbers_stay_between_their_bounds(seed: int, low: int, span: int) -> None:
    high = min(low + span, 10**15)
    workload = Workload("w", "http", Request(path=f"/${{random:{low}:{high}}}"), Expectation(), ClosedLoad(1))
    source = RequestSource(workload, TARGET, seed)

    assert all(low <= int(source.next()[1].split(b" ")[1][1:]) <= high for _ in range(20))

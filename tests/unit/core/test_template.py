"""Requests that differ: what placeholders become, where they may stand, and what a connection is told of them."""

from __future__ import annotations

import json
import re
from collections import Counter
from uuid import UUID

import numpy as np
import pytest

from loadbench_gui.core.plan import ClosedLoad, Expectation, Header, Target, Workload
from loadbench_gui.core.request import Request
from loadbench_gui.core.template import (
    KNOWN,
    Inputs,
    RequestSource,
    Rows,
    TemplateError,
    basic_auth,
    encode,
    escape,
    first_requests,
    rendered,
)
from loadbench_gui.core.template.inputs import header_of, rows_of
from loadbench_gui.core.template.parsed import columns_of
from loadbench_gui.errors import Bug, UserError

TARGET = Target("http", "127.0.0.1", 8000, "127.0.0.1")
JSON: tuple[Header, ...] = (("Content-Type", "application/json"),)
PEOPLE = Inputs(Rows({"name": ["Ada", "Søren K/y", 'O"Neil'], "id": ["7", "8", "9"]}, "people.csv"))


def workload(*requests: Request) -> Workload:
    return Workload("w", "http", requests[0], Expectation(200), ClosedLoad(1), also=requests[1:])


def source(*requests: Request, seed: int = 1, inputs: Inputs = PEOPLE) -> RequestSource:
    return RequestSource(workload(*requests), TARGET, seed, inputs=inputs)


def wires(count: int, *requests: Request, seed: int = 1) -> list[bytes]:
    drawn = source(*requests, seed=seed)
    return [drawn.next()[1] for _ in range(count)]


def paths(count: int, path: str, seed: int = 1) -> list[str]:
    return [wire.split(b" ")[1].decode() for wire in wires(count, Request(path=path), seed=seed)]


def test_a_request_without_placeholders_is_the_same_bytes_every_time() -> None:
    drawn = source(Request("POST", "/a", (("X-A", "1"),), b"body"))

    assert drawn.is_constant
    assert drawn.requests[0].wire == (
        b"POST /a HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nX-A: 1\r\nUser-Agent: loadbench\r\nAccept: */*\r\n"
        b"Content-Length: 4\r\n\r\nbody"
    )
    assert [drawn.next() for _ in range(3)] == [(0, drawn.requests[0].wire)] * 3


@pytest.mark.parametrize(
    "request_",
    [
        Request(),
        Request("POST"),
        Request("DELETE", body=b"x"),
        Request(headers=(("host", "h"), ("ACCEPT", "a"), ("User-agent", "u"))),
        Request("PUT", headers=(("Transfer-Encoding", "chunked"),), body=b"0\r\n\r\n"),
    ],
)
def test_a_constant_request_is_what_encode_says(request_: Request) -> None:
    assert source(request_).next()[1] == encode(request_, TARGET.authority)


def test_what_the_request_names_itself_is_not_added_again() -> None:
    named = Request(headers=(("host", "h"), ("ACCEPT", "a"), ("User-agent", "u"), ("authorization", "own")))
    drawn = RequestSource(workload(named), TARGET, 1, always=(("Authorization", "ours"), ("X-More", "1")))

    assert drawn.next()[1] == (
        b"GET / HTTP/1.1\r\nhost: h\r\nACCEPT: a\r\nUser-agent: u\r\nauthorization: own\r\nX-More: 1\r\n\r\n"
    )


def test_a_counter_counts_from_where_it_is_told_to() -> None:
    assert paths(3, "/${counter}") == ["/1", "/2", "/3"]
    assert paths(2, "/${counter:0}/${counter:-5}") == ["/0/-5", "/1/-4"]
    assert paths(1000, "/${counter}")[-1] == "/1000"


def test_random_numbers_reach_both_ends_and_none_is_favoured() -> None:
    counts = Counter(paths(12_000, "/${random:-1:4}"))

    assert set(counts) == {f"/{number}" for number in range(-1, 5)}
    # 2,000 expected of each; the standard deviation is 41.
    assert all(1_800 < count < 2_200 for count in counts.values())


def test_a_random_number_between_equals_is_that_number() -> None:
    assert set(paths(50, "/${random:7:7}")) == {"/7"}


def test_uuids_are_version_4_and_never_the_same() -> None:
    found = [UUID(path[1:]) for path in paths(2_000, "/${uuid}")]

    assert len(set(found)) == 2_000
    assert all(one.version == 4 and one.variant == "specified in RFC 4122" for one in found)
    bits = np.array([[int(one) >> bit & 1 for bit in range(128)] for one in found]).mean(axis=0)
    assert sum(0.4 < share < 0.6 for share in bits) == 122


def test_every_choice_is_drawn_and_encoded_for_a_path() -> None:
    assert set(paths(200, "/${choice:a|b c||d/e}")) == {"/a", "/b%20c", "/", "/d%2Fe"}


def test_rows_come_in_their_order_and_start_over() -> None:
    assert paths(4, "/${row:id}/${row:name}") == ["/7/Ada", "/8/S%C3%B8ren%20K%2Fy", "/9/O%22Neil", "/7/Ada"]


def test_the_same_placeholder_twice_is_drawn_twice() -> None:
    assert any(
        one != other for one, other in (path[1:].split("-") for path in paths(20, "/${random:1:9}-${random:1:9}"))
    )


def test_another_seed_gives_other_values_and_the_same_one_the_same() -> None:
    path = "/${random:1:1000000}/${uuid}/${choice:a|b|c}"

    assert paths(300, path, seed=5) == paths(300, path, seed=5)
    assert not set(paths(300, path, seed=5)) & set(paths(300, path, seed=6))


def test_a_json_body_is_escaped_and_its_length_is_right_every_time() -> None:
    body = b'{"name":"${row:name}","n":${counter:9},"pick":"${choice:a\\"b|c}"}'
    for number, wire in enumerate(wires(30, Request("POST", "/", JSON, body))):
        head, _, sent = wire.partition(b"\r\n\r\n")
        read = json.loads(sent)
        assert read["name"] == ["Ada", "Søren K/y", 'O"Neil'][number % 3]
        assert read["n"] == 9 + number
        assert read["pick"] in {'a"b', "c"}
        assert re.findall(rb"Content-Length: (\d+)", head) == [b"%d" % len(sent)]


def test_a_body_that_is_not_json_takes_values_as_they_are() -> None:
    (wire,) = wires(1, Request("POST", body=b'\xff\xfe"${row:name}" ${choice:"}'))

    assert wire.endswith(b'Content-Length: 9\r\n\r\n\xff\xfe"Ada" "')


def test_a_length_or_an_encoding_of_ones_own_stays_with_a_body_that_varies() -> None:
    (wire,) = wires(1, Request("POST", headers=(("Content-Length", "99"),), body=b"${counter}"))

    assert wire.count(b"Content-Length") == 1
    assert wire.endswith(b"\r\n\r\n1")


def test_headers_take_placeholders_too() -> None:
    first, second = wires(2, Request(headers=(("X-Id", "n-${counter}"), ("X-Name", "${row:name}"))))

    assert b"\r\nX-Id: n-1\r\nX-Name: Ada\r\n" in first
    assert "\r\nX-Id: n-2\r\nX-Name: Søren K/y\r\n".encode("latin-1") in second


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\0", "中"])
def test_a_row_that_no_header_can_carry_is_named(value: str) -> None:
    inputs = Inputs(Rows({"name": ["fine", value]}, "people.csv"))

    with pytest.raises(TemplateError) as caught:
        source(Request(headers=(("X-Name", "${row:name}"),)), inputs=inputs)

    assert caught.value.message.startswith("row 2 of people.csv, column 'name': ")
    assert "a header cannot carry" in caught.value.message
    assert source(Request(path="/${row:name}"), inputs=inputs).next()[1].startswith(b"GET /fine ")


def test_bytes_that_are_no_text_come_out_as_they_went_in() -> None:
    odd = b"\xff\xfe".decode("utf-8", "surrogateescape")
    body = b'{"a": "${choice:\xff\xfe}"}'

    (wire,) = wires(1, Request("POST", f"/${{choice:{odd}}}", JSON, body))

    assert wire.startswith(b"POST /%FF%FE HTTP/1.1")
    assert wire.endswith(b'{"a": "\xff\xfe"}')


def test_a_path_beyond_latin_1_is_explained() -> None:
    with pytest.raises(TemplateError, match="cannot carry"):
        source(Request(path="/中"))


def test_two_dollars_stand_for_the_text_itself() -> None:
    request = Request("POST", "/$${counter}", (("X", "$${uuid} $5 ${ {"),), b"$${row:x} ${")

    drawn = source(request)

    assert drawn.is_constant
    assert drawn.next()[1].startswith(b"GET /${counter} HTTP".replace(b"GET", b"POST"))
    assert b"\r\nX: ${uuid} $5 ${ {\r\n" in drawn.next()[1]
    assert drawn.next()[1].endswith(b"Content-Length: 11\r\n\r\n${row:x} ${")


def test_an_escaped_text_stands_for_itself() -> None:
    for text in ("${counter}", "$${counter}", "$$$${uuid}${", "plain"):
        (first,) = first_requests(workload(Request(headers=(("X", escape(text)),))))
        assert first.headers == (("X", text),)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("${conter}", "${conter} is not a placeholder"),
        ("${TOKEN}", "${TOKEN} is not a placeholder"),
        ("${env:TOKEN}", "${env:TOKEN} is not a placeholder"),
        ("${counter:x}", "${counter:x}: 'x' is not a whole number of at most 15 digits"),
        ("${random}", "${random}: it takes the lowest and the highest number"),
        ("${random:1}", "${random:1}: it takes the lowest and the highest number"),
        ("${random:5:1}", "${random:5:1}: nothing lies between 5 and 1: the lower one comes first"),
        ("${random:1.5:2}", "'1.5' is not a whole number"),
        ("${random:0:9999999999999999}", "is not a whole number of at most 15 digits"),
        ("${uuid:4}", "${uuid:4}: it takes nothing after a colon"),
        ("${choice}", "${choice}: there is nothing to choose from"),
        ("${choice:}", "${choice:}: there is nothing to choose from"),
        ("${row}", "${row}: it takes the name of a column"),
        ("${row:age}", "${row:age}: people.csv has no column 'age'"),
        ("${counter", "${counter: a brace, a colon or a space is not where it should be"),
        ("${ counter }", "${ counter }: a brace"),
        ("${random 1:6}", "${random 1:6}: a brace"),
        ("${row:id", "${row:id: a brace"),
        ("${choice:${uuid}|b}", "${choice:${uuid}: nothing that is replaced may stand inside it"),
    ],
)
@pytest.mark.parametrize("where", ["path", "header", "body"])
def test_what_means_nothing_is_refused_with_what_to_write(text: str, words: str, where: str) -> None:
    request = {
        "path": Request(path=f"/{text}"),
        "header": Request(headers=(("X", text),)),
        "body": Request("POST", body=text.encode()),
    }[where]

    with pytest.raises(TemplateError) as caught:
        source(request)

    assert words in caught.value.message
    assert caught.value.hint


def test_an_unknown_word_names_all_that_are_known() -> None:
    with pytest.raises(TemplateError) as caught:
        source(Request(path="/${conter}"))

    assert all(example in caught.value.hint for example in KNOWN.values())
    assert "$${conter}" in caught.value.hint


def test_a_mix_is_drawn_by_its_weights() -> None:
    drawn = source(Request(path="/a", weight=6), Request(path="/b"), Request(path="/c", weight=3))
    assert not drawn.is_constant

    which = [drawn.next() for _ in range(10_000)]

    counts = Counter(number for number, _ in which)
    assert all(wire == drawn.requests[number].wire for number, wire in which)
    # The standard deviation of each is at most 49.
    assert [round(counts[number] / 10_000, 1) for number in range(3)] == [0.6, 0.1, 0.3]


def test_in_a_mix_a_counter_is_the_number_of_the_request_among_all() -> None:
    drawn = source(Request(path="/a/${counter}"), Request(path="/b"), Request(path="/c/${counter}"))

    found = [drawn.next() for _ in range(1_000)]

    for number, (which, wire) in enumerate(found, 1):
        path = wire.split(b" ")[1].decode()
        assert path == {0: f"/a/{number}", 1: "/b", 2: f"/c/{number}"}[which]
    assert {which for which, _ in found} == {0, 1, 2}


def test_a_connection_learns_what_it_has_to_know_of_each_request() -> None:
    upload = Request("POST", "/up", (("Expect", "100-Continue"),), body_file="/data/big.bin", expect=Expectation(201))
    inputs = Inputs(body_bytes={"/data/big.bin": 1 << 33})
    head, post = source(Request("HEAD"), upload, inputs=inputs).requests

    assert (head.head_only, head.idempotent, head.expect, head.body_file) == (True, True, Expectation(200), "")
    assert (post.head_only, post.idempotent, post.expect) == (False, False, Expectation(201))
    assert (post.body_file, post.body_file_bytes, post.expects_continue) == ("/data/big.bin", 1 << 33, True)
    assert post.wire is not None
    assert post.wire.endswith(b"Content-Length: 8589934592\r\n\r\n")


def test_a_streamed_body_needs_its_size() -> None:
    with pytest.raises(Bug, match="how large /data/big"):
        source(Request("POST", body_file="/data/big.bin"))


def test_a_share_that_does_not_exist_is_a_bug() -> None:
    with pytest.raises(Bug, match="share 2 of 2"):
        RequestSource(workload(Request()), TARGET, 1, index=2, count=2)


def test_the_first_requests_are_concrete_and_one_of_each() -> None:
    first, second = first_requests(workload(Request(path="/${counter:5}"), Request("POST", body=b"${row:id}")), PEOPLE)

    assert first == Request(path="/5")
    assert second == Request("POST", body=b"7")


def test_requests_as_values_are_those_that_go_out_as_bytes() -> None:
    requests = (
        Request("POST", "/${counter}?${uuid}", (("X", "${choice:a|b}"), *JSON), b'{"a": "${row:name}"}'),
        Request(path="/b", weight=2),
    )
    drawn = source(*requests, seed=3)

    for (which, value), _ in zip(rendered(workload(*requests), 3, inputs=PEOPLE), range(300), strict=False):
        assert (which, encode(value, TARGET.authority)) == drawn.next()


def test_basic_credentials_are_a_header() -> None:
    assert basic_auth("Aladdin:open sesame") == ("Authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")


def test_the_columns_that_requests_name_are_found_wherever_they_stand() -> None:
    body = rb'{"a": "${row:a \"quoted\" one}", "b": "$${row:not}"}'
    requests = (Request(path="/${row:b}", headers=JSON, body=body), Request(headers=(("X", "${row:c}${row:b}"),)))

    assert columns_of(requests) == ("b", 'a "quoted" one', "c")


def test_rows_are_read_with_quotes_line_breaks_and_empty_lines() -> None:
    text = 'id,"the name"\r\n1,"Paris, France"\r\n\r\n2,"two\r\nlines"\r\n'

    rows = rows_of(text.splitlines(keepends=True), ["the name"], "c.csv")

    assert rows == Rows({"the name": ["Paris, France", "two\r\nlines"]}, "c.csv")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "c.csv has no header line"),
        ("\n1\n", "c.csv has no header line"),
        ("id,name\n", "c.csv has a header line and no rows"),
        ("id,age\n1,2\n", "c.csv has no column 'name'"),
        ("id,name\n1,a\n2,b,c\n", "row 2 of c.csv has 3 values, and the header names 2 columns"),
        ('id,name\n1,"a"b\n', "c.csv is not a CSV file"),
    ],
)
def test_a_data_file_that_cannot_be_used_is_explained(text: str, words: str) -> None:
    with pytest.raises(UserError) as caught:
        rows_of(text.splitlines(keepends=True), ["name"], "c.csv")

    assert caught.value.message.startswith(words)
    assert caught.value.hint


def test_a_data_file_of_too_many_rows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loadbench_gui.core.template.inputs.ROWS_LIMIT", 3)

    assert len(rows_of(["a\n", *["1\n"] * 3], ["a"], "c.csv").columns["a"]) == 3
    with pytest.raises(UserError, match="more than 3 rows"):
        rows_of(["a\n", *["1\n"] * 4], ["a"], "c.csv")


def test_the_header_of_a_data_file_names_its_columns() -> None:
    assert header_of(["id,the name\n", "1,2\n"], "c.csv") == ("id", "the name")

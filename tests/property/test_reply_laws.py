"""The glue around the parser, under bytes that nobody would send on purpose.

However reads cut the bytes, the outcome is the same; nothing but the declared exception ever comes out; and whatever
is taken for an answer is, to an independent parser (h11), the same answer.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from types import SimpleNamespace
from typing import cast

import h11
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from loadbench_gui.core.request import Expectation
from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.engine.transport.check import Check
from loadbench_gui.engine.transport.circuit import Circuit
from loadbench_gui.engine.transport.coding import Undecodable, decoded
from loadbench_gui.engine.transport.reply import LONGEST_HEAD, Malformed, Reply
from thorough import part_of

# What never stands in a body, so that every body that is looked at is wrong, and none is skipped.
NEEDLE = b"needle"


@dataclass(frozen=True)
class Outcome:
    """What came of some bytes. `verdict`: answer, malformed, or partial (the answer is not complete).

    until_end: that the end of the connection then completed it.
    """

    verdict: str
    status: int = 0
    keep: bool = False
    wrong: ErrorKind | None = None
    until_end: bool = False


MALFORMED = Outcome("malformed")


def a_reply(*, method: str = "GET", expect: Expectation | None = None) -> Reply:
    check = Check(expect or Expectation())
    query = SimpleNamespace(check=check, bodiless=method == "HEAD", sample_due=True)
    circuit = SimpleNamespace(queries=(query,), looks_inside=check.looks_inside)
    return Reply(cast("Circuit", circuit))


def outcome_of(reads: Iterable[bytes], *, method: str = "GET", expect: Expectation | None = None) -> Outcome:
    """Feed reads up to the end of the answer, then the end of the connection. Surplus bytes make it malformed."""
    reply = a_reply(method=method, expect=expect)
    complete = False
    for read in reads:
        if complete:
            # What comes after an answer is for the connection to refuse; empty lines are passed over.
            if read.strip(b"\r\n"):
                return MALFORMED
            continue
        try:
            complete = reply.feed(read, 1, is_first=True)
        except Malformed:
            return MALFORMED
    until_end = not complete and reply.end()
    if not complete and not until_end:
        return Outcome("partial", reply.status)
    return Outcome("answer", reply.status, reply.keep, reply.judge(), until_end)


def cut(data: bytes, places: Iterable[int]) -> list[bytes]:
    edges = [0, *sorted({place % (len(data) + 1) for place in places}), len(data)]
    return [piece for a, b in pairwise(edges) if (piece := data[a:b])]


# Bytes that are nearly an answer

STATUSES = st.sampled_from([100, 103, 200, 200, 204, 206, 301, 304, 404, 500, 599])
PLAIN = st.sampled_from(
    [
        b"Server: x", b"Date: Thu, 01 Jan 1970 00:00:00 GMT", b"Connection: close", b"Connection: keep-alive",
        b"Connection: Keep-Alive, Upgrade", b"Upgrade: h2c", b"X-Empty:", b"Content-Type:\ttext/plain",
        b"Content-Encoding: gzip", b"Set-Cookie: a=b", b"Set-Cookie: c=\xff",
    ]
)  # fmt: skip
ODD = st.sampled_from(
    [
        b"Content-Length: 0", b"Content-Length: 3", b"Content-Length: 3, 3", b"Content-Length: -1",
        b"Content-Length: 99999999999999999999", b"Content-Length:", b"Transfer-Encoding: chunked",
        b"Transfer-Encoding: gzip", b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: xchunked",
        b"Transfer-Encoding: chunked, identity", b" folded: content-length: 3", b"\tfolded", b"NUL: \x00",
        b"no colon", b": no name", b"Space : 1", b"Content-Length : 3", b"Connection: disclose",
    ]
)  # fmt: skip


@st.composite
def chunked(draw: st.DrawFn, body: bytes) -> bytes:
    pieces = cut(body, draw(st.lists(st.integers(0, 40), max_size=3)))
    extension = draw(st.sampled_from([b"", b";a", b";a=b"]))
    trailer = draw(st.sampled_from([b"", b"", b"X-Sum: 1\r\n", b"Connection: close\r\n"]))
    return b"".join(b"%x%s\r\n%s\r\n" % (len(p), extension, p) for p in pieces) + b"0\r\n" + trailer + b"\r\n"


@st.composite
def whole_answers(draw: st.DrawFn) -> bytes:
    """A response by the letter of RFC 9112, interim ones before it."""
    body = draw(st.binary(max_size=40))
    version = draw(st.sampled_from([b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.0"]))
    status = draw(STATUSES.filter(lambda status: status >= 200))
    fields = draw(st.lists(PLAIN, max_size=3))
    framing = draw(st.sampled_from(["length", "chunked", "end"]))
    if status in {204, 304}:
        body = b""
    elif framing == "length":
        fields.insert(draw(st.integers(0, len(fields))), b"Content-Length: %d" % len(body))
    elif framing == "chunked" and version == b"HTTP/1.1":
        fields.insert(draw(st.integers(0, len(fields))), b"transfer-encoding: Chunked")
        body = draw(chunked(body))
    reason = draw(st.sampled_from([b" OK", b" ", b""]))
    interim = draw(
        st.sampled_from([b"", b"", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early\r\nLink: x\r\n\r\n"])
    )
    head = b"\r\n".join([b"%s %d%s" % (version, status, reason), *fields])
    return interim + head + b"\r\n\r\n" + body


@st.composite
def soups(draw: st.DrawFn) -> bytes:
    """Lines that each are or might be a part of a response, in any order."""
    start = draw(
        st.sampled_from(
            [
                b"HTTP/1.1 200 OK", b"HTTP/1.0 200 OK", b"HTTP/1.1 101 Switching", b"HTTP/2.0 200 OK", b"HTTP/1.1 99 x",
                b"HTTP/1.1 099 x", b"HTTP/1.1 100 Continue", b"RTSP/1.0 200 OK", b"ICE/1.0 200 OK", b"HTTP/0.9 200 OK",
                b"PRI * HTTP/2.0", b"\r\nHTTP/1.1 200 OK", b"\r\n\r\nHTTP/1.1 204 None", b"GET / HTTP/1.1",
            ]
        )
    )  # fmt: skip
    lines = draw(st.lists(PLAIN | ODD, max_size=4))
    rest = draw(
        st.sampled_from([b"", b"abc", b"3\r\nabc\r\n0\r\n\r\n", b"-1\r\n", b"ffffffffffffffffff\r\n", b"3\r\nabcd\r\n"])
    )
    more = draw(st.sampled_from([b"", b"", b"\r\n", b"more", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"]))
    return b"\r\n".join([start, *lines]) + b"\r\n\r\n" + rest + more


@st.composite
def mutants(draw: st.DrawFn) -> bytes:
    """A right response with a few bytes changed, left out, doubled or put in."""
    data = bytearray(draw(whole_answers()))
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(data)))
        length = draw(st.integers(0, 4))
        new = draw(
            st.sampled_from([b"", b"\r", b"\n", b"\r\n", b"\x00", b" ", b":", b"0", b",", b"-", b"HTTP/1.1 200 OK\r\n"])
            | st.binary(max_size=2)
            | st.just(bytes(data[place : place + 20]))
        )
        data[place : place + length] = new
    return bytes(data)


ANYTHING = whole_answers() | soups() | mutants() | st.binary(max_size=60)
CUTS = st.lists(st.integers(0, 300), max_size=6)
METHODS = st.sampled_from(["GET", "GET", "HEAD"])


# Laws


@settings(max_examples=part_of(500))
@given(ANYTHING, CUTS, METHODS)
@example(b"\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\nabc", [1, 2, 3], "GET")
@example(b"HTTP/1.1 101 Switching\r\n\r\n", [9], "GET")
def test_however_reads_cut_the_bytes_the_outcome_is_the_same(data: bytes, places: list[int], method: str) -> None:
    expect = Expectation(body=NEEDLE)
    whole = outcome_of([data], method=method, expect=expect) if data else outcome_of([])
    assert outcome_of(cut(data, places), method=method, expect=expect) == whole
    assert outcome_of(cut(data, range(len(data))), method=method, expect=expect) == whole


@settings(max_examples=part_of(300))
@given(ANYTHING, CUTS, METHODS)
def test_looking_at_bodies_changes_nothing_but_the_verdict_on_them(data: bytes, places: list[int], method: str) -> None:
    seen = outcome_of(cut(data, places), method=method, expect=Expectation(body=NEEDLE))
    unseen = outcome_of(cut(data, places), method=method)
    assert (seen.verdict, seen.status, seen.keep) == (unseen.verdict, unseen.status, unseen.keep)


@settings(max_examples=part_of(150))
@given(st.integers(-3, 3), st.integers(1, 5000), st.booleans())
def test_a_head_is_too_long_beyond_the_same_byte_in_one_read_and_in_many(over: int, step: int, interim: bool) -> None:
    before = b"HTTP/1.1 100 Continue\r\n\r\n" if interim else b""
    start, end = before + b"HTTP/1.1 200 OK\r\nContent-Length: 70000\r\nX: ", b"\r\n\r\n"
    head = start + b"y" * (LONGEST_HEAD + over - len(start) - len(end)) + end
    data = head + b"b" * 70_000
    expected = "answer" if over <= 0 else "malformed"
    assert outcome_of([data]).verdict == expected
    assert outcome_of(cut(data, range(0, len(data), step))).verdict == expected


@given(st.lists(whole_answers(), min_size=1, max_size=5))
def test_one_reply_serves_answer_after_answer_as_fresh_ones_would(answers: list[bytes]) -> None:
    reply = a_reply()
    for answer in answers:
        if reply.feed(answer, 1, is_first=False):
            alone = outcome_of([answer])
            assert (reply.status, reply.keep, reply.judge()) == (alone.status, alone.keep, alone.wrong)
            if not reply.keep:
                return
            reply.reset()
        else:
            return


# Held against h11


def by_h11(data: bytes, method: str) -> tuple[Outcome, bytes, bytes]:
    """Return h11's outcome, the body, and the bytes after the answer."""
    client = h11.Connection(h11.CLIENT, max_incomplete_event_size=1 << 20)
    client.send(h11.Request(method=method, target="/", headers=[("Host", "x")]))
    client.send(h11.EndOfMessage())
    status, body, ended = 0, b"", False
    # An end of file may only follow once; h11 takes it as an empty read.
    client.receive_data(data)
    try:
        while True:
            event = client.next_event()
            if event is h11.NEED_DATA and not ended:
                ended = True
                client.receive_data(b"")
            elif isinstance(event, h11.Response):
                status = event.status_code
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage):
                keep = client.their_state is h11.DONE
                return Outcome("answer", status, keep, None, ended), body, client.trailing_data[0]
            elif event in (h11.NEED_DATA, h11.PAUSED) or isinstance(event, h11.ConnectionClosed):
                return Outcome("partial", status), body, b""
    except h11.RemoteProtocolError:
        # h11 tells an end in the middle of an answer by the same exception.
        return (Outcome("partial", status) if ended else MALFORMED), body, b""


@settings(max_examples=part_of(500))
@given(whole_answers(), CUTS, METHODS)
def test_answers_by_the_letter_are_read_as_h11_reads_them(data: bytes, places: list[int], method: str) -> None:
    assume(method == "GET" or data.endswith(b"\r\n\r\n"))
    theirs, _, rest = by_h11(data, method)
    if rest.strip(b"\r\n"):
        theirs = MALFORMED
    ours = outcome_of(cut(data, places), method=method)
    if method == "HEAD":
        assert (ours.verdict, ours.status) == (theirs.verdict, theirs.status)
    else:
        assert ours == Outcome(theirs.verdict, ours.status, ours.keep, ours.wrong, theirs.until_end)
        assert ours.status == theirs.status


def h11_is_stricter(data: bytes) -> bool:
    """Where we take what h11 refuses: odd bytes in the reason, which nobody reads, and codings other than chunked."""
    reasons = re.findall(rb"HTTP/1\.[01] \d\d\d ?([^\r\n]*)\r\n", data)
    if any(re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", reason) for reason in reasons):
        return True
    codings = re.findall(rb"(?i)\ntransfer-encoding[ \t]*:[ \t]*([^\r\n]*?)[ \t]*\r\n", data)
    return any(coding.lower() != b"chunked" for coding in codings) or len(codings) > 1


@settings(max_examples=part_of(1000))
@given(mutants() | soups())
@example(b"HTTP/1.1 099 x\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
@example(b"RTSP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n")
@example(b"HTTP/1.1 100 x\r\n\r\nICE/1.0 200 OK\r\nContent-Length: 0\r\n\r\n")
@example(b"HTTP/1.1 200 OK\r\nX: content-length: 3\r\n\r\nabc")
def test_what_is_taken_for_an_answer_is_the_same_answer_to_h11(data: bytes) -> None:
    ours = outcome_of([data])
    if ours.verdict != "answer" or h11_is_stricter(data):
        return
    theirs, _, rest = by_h11(data.lstrip(b"\r\n"), "GET")
    assert (theirs.verdict, theirs.status, theirs.until_end) == ("answer", ours.status, ours.until_end)
    assert not rest.strip(b"\r\n")


@settings(max_examples=part_of(1000))
@given(mutants() | soups())
def test_nobody_waits_for_more_where_h11_has_a_complete_answer(data: bytes) -> None:
    theirs, _, _ = by_h11(data, "GET")
    if theirs.verdict == "answer" and not theirs.until_end:
        ours = outcome_of([data])
        assert ours.verdict == "malformed" or (ours.verdict == "answer" and not ours.until_end)


# Bodies with a coding


@given(st.binary(max_size=300), st.sampled_from([b"gzip", b"deflate", b"bare", b"two members"]))
def test_what_was_folded_unfolds_to_the_same(body: bytes, kind: bytes) -> None:
    match kind:
        case b"gzip":
            folded, coding = gzip.compress(body, mtime=0), b"gzip"
        case b"deflate":
            folded, coding = zlib.compress(body), b"deflate"
        case b"bare":
            stream = zlib.compressobj(wbits=-15)
            folded, coding = stream.compress(body) + stream.flush(), b"deflate"
        case _:
            folded, coding = gzip.compress(body[:7], mtime=0) + gzip.compress(body[7:], mtime=0), b"x-gzip"
    assert decoded(folded, [coding], len(body)) == body
    assert decoded(gzip.compress(folded, mtime=0), [coding, b"gzip"], max(len(body), len(folded))) == body


@settings(max_examples=part_of(500))
@given(
    st.binary(max_size=60) | st.binary(max_size=40).map(gzip.compress) | st.binary(max_size=40).map(zlib.compress),
    st.integers(0, 80),
    st.binary(max_size=2),
    st.lists(st.sampled_from([b"gzip", b"deflate", b"br", b""]), max_size=6),
    st.integers(0, 50),
)
def test_whatever_is_folded_how_nothing_comes_out_but_contents_within_the_bound(
    data: bytes, place: int, new: bytes, codings: list[bytes], longest: int
) -> None:
    data = data[:place] + new + data[place:]
    try:
        contents = decoded(data, codings, longest)
    except Undecodable:
        return
    assert contents == data if not codings or not data else len(contents) <= longest


@given(st.binary(max_size=60), st.lists(st.sampled_from([b"gzip", b"deflate", b"zstd"]), min_size=1, max_size=3))
def test_a_check_never_raises_whatever_the_body_and_its_coding(body: bytes, codings: list[bytes]) -> None:
    assert Check(Expectation(body=b"\x00needle\x00")).body_is_wrong(body, codings)
    Check(Expectation(json="[]")).body_is_wrong(body, codings)

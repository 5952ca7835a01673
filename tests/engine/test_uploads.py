"""Bodies that are streamed from disk, and `Expect: 100-continue`: what a server gets, and what comes of its answers."""

from __future__ import annotations

import asyncio
import hashlib
import os
import ssl
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from certificates import Certificate
from engine.firing import adds_up
from engine.listeners import listening
from engine.servers import fire_at, response
from loadbench_gui.core.plan import ClosedLoad, EngineName, Expectation, OpenLoad, Request, Target
from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.engine.transport.upload import PIECE_BYTES
from loadbench_gui.errors import UserError
from loadbench_gui.services.generator import Fired
from resets import reset

ENGINES: tuple[EngineName, ...] = ("in-app", "workers")
MIB = 1 << 20


@dataclass
class Visit:
    """One connection, as the server sees it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    seen: Seen

    async def head(self) -> bytes:
        """Read a head and count it."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        self.seen.heads.append(head)
        return head

    async def body(self, head: bytes) -> bytes:
        """Read the body that `head` announces."""
        lines = head.lower().split(b"\r\n")
        length = next((int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length:")), 0)
        body = await self.reader.readexactly(length)
        self.seen.bodies.append(body)
        return body

    async def say(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    def reset(self) -> None:
        """Close so that the client is reset."""
        reset(self.writer.transport)


@dataclass
class Seen:
    """What a server got from all its connections."""

    target: Target = field(init=False)
    connections: int = 0
    heads: list[bytes] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)


Behaviour = Callable[[Visit], Awaitable[None]]


@asynccontextmanager
async def receiving(behave: Behaviour, tls: ssl.SSLContext | None = None) -> AsyncIterator[Seen]:
    """Run a server whose connections behave so until they return."""
    seen = Seen()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.connections += 1
        try:
            await behave(Visit(reader, writer, seen))
        finally:
            writer.close()

    async with listening(serve, tls) as port:
        seen.target = Target("http", "127.0.0.1", port, "127.0.0.1")
        yield seen


def upload(
    behave: Behaviour, *requests: Request, limit: int = 4, tls: ssl.SSLContext | None = None, **how: Any
) -> tuple[Fired, Seen]:
    """Fire at a server that behaves so, over one connection unless told otherwise."""

    async def scenario() -> tuple[Fired, Seen]:
        async with receiving(behave, tls) as seen:
            how.setdefault("shape", ClosedLoad(1))
            how.setdefault("duration_s", 20.0)
            target = seen.target if tls is None else replace(seen.target, scheme="https", host="localhost")
            fired = await fire_at(target, requests=requests, limit=limit, insecure=tls is not None, **how)
            return fired, seen

    fired, seen = asyncio.run(scenario())
    assert adds_up(fired)
    return fired, seen


async def takes_everything(visit: Visit) -> None:
    while True:
        await visit.body(await visit.head())
        await visit.say(response())


def put(path: Path, *headers: tuple[str, str]) -> Request:
    return Request("PUT", "/files/1", headers, body_file=str(path))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Three pieces and a bit that differ from each other."""
    path = tmp_path / "body.bin"
    path.write_bytes(os.urandom(3 * PIECE_BYTES + 4711))
    return path


@pytest.fixture
def long_file(tmp_path: Path) -> Path:
    """More than any socket holds; it takes no room on the disk."""
    path = tmp_path / "long.bin"
    with path.open("wb") as out:
        out.truncate(64 * MIB)
    return path


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("size", [0, 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * MIB])
def test_a_file_arrives_byte_for_byte_again_and_again_on_one_connection(
    tmp_path: Path, size: int, engine: EngineName
) -> None:
    path = tmp_path / "body.bin"
    path.write_bytes(os.urandom(size))
    fired, seen = upload(takes_everything, put(path), engine=engine)
    assert fired.measured.succeeded == 4
    assert [hashlib.sha256(body).digest() for body in seen.bodies] == [hashlib.sha256(path.read_bytes()).digest()] * 4
    assert b"\r\nContent-Length: %d\r\n" % size in seen.heads[0]
    assert (seen.connections, fired.traffic.reused) == (1, 3)
    assert fired.traffic.bytes_sent == sum(map(len, seen.heads)) + sum(map(len, seen.bodies))


def test_a_file_arrives_over_tls(file: Path, certificate: Certificate) -> None:
    fired, seen = upload(takes_everything, put(file), tls=certificate.server)
    assert fired.measured.succeeded == 4
    assert seen.bodies == [file.read_bytes()] * 4


def test_files_go_out_at_their_due_times_in_an_open_loop(file: Path) -> None:
    fired, seen = upload(takes_everything, put(file), shape=OpenLoad(4, 50.0), limit=20)
    assert fired.measured.succeeded == len(seen.bodies) == 20
    assert fired.measured.scheduled.total == 20


def test_uploads_and_plain_requests_are_drawn_side_by_side(file: Path) -> None:
    fired, seen = upload(takes_everything, put(file), Request(path="/small"), limit=40)
    assert fired.measured.succeeded == len(seen.heads) == 40
    kinds = {head.split(b" ")[0]: body for head, body in zip(seen.heads, seen.bodies, strict=True)}
    assert kinds == {b"PUT": file.read_bytes(), b"GET": b""}
    assert fired.traffic.bytes_sent == sum(map(len, seen.heads)) + sum(map(len, seen.bodies))


def test_a_file_that_grows_is_sent_as_long_as_it_was(file: Path) -> None:
    whole = file.read_bytes()

    async def grows(visit: Visit) -> None:
        with file.open("ab") as more:
            more.write(b"more")
        await takes_everything(visit)

    fired, seen = upload(grows, put(file))
    assert fired.measured.succeeded == 4
    assert seen.bodies == [whole] * 4


def test_a_server_that_does_not_read_costs_no_memory_and_ends_in_a_timeout_that_says_how_far_it_got(
    long_file: Path,
) -> None:
    async def reads_the_head_alone(visit: Visit) -> None:
        await visit.head()
        visit.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await asyncio.get_running_loop().create_future()

    tracemalloc.start()
    fired, _ = upload(reads_the_head_alone, put(long_file), limit=1, timeout_s=0.52)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert fired.measured.errors == {ErrorKind.READ_TIMEOUT: 1}
    assert 0 < fired.traffic.bytes_sent < 32 * MIB
    assert peak_bytes < 16 * MIB
    assert b"of 67,108,864 bytes of the body were sent" in fired.samples[0].response_head


async def answers_once(visit: Visit) -> None:
    """Close after an answer without announcing it; what comes on the connection then is lost."""
    await visit.body(await visit.head())
    await visit.say(response())
    with suppress(asyncio.IncompleteReadError):
        await visit.reader.readexactly(1)
    visit.reset()


@pytest.mark.parametrize(("method", "stale"), [("PUT", 0), ("POST", 2)])
def test_an_upload_that_a_stale_connection_lost_is_sent_again_from_its_beginning_if_it_may_be(
    file: Path, method: str, stale: int
) -> None:
    fired, seen = upload(answers_once, replace(put(file), method=method))
    assert fired.measured.errors == ({ErrorKind.STALE: stale} if stale else {})
    assert fired.measured.succeeded == 4 - stale
    assert seen.bodies == [file.read_bytes()] * (4 - stale)
    assert fired.traffic.stale == (stale or 3)


# Answers that come before the body is sent


async def refuses_and_closes(visit: Visit) -> None:
    """Answer as soon as the head is there and close with the body unread: the client is reset."""
    await visit.head()
    await visit.say(response(b"too large", status="413 Content Too Large", headers="Connection: close\r\n"))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "tls"])
def test_an_answer_before_the_body_is_an_answer_though_the_server_closes(
    long_file: Path, engine: EngineName, encrypted: bool, certificate: Certificate
) -> None:
    tls = certificate.server if encrypted else None
    fired, seen = upload(
        refuses_and_closes, put(long_file), limit=30, engine=engine, tls=tls, expect=Expectation(status=413)
    )
    assert fired.measured.errors == {}
    assert fired.measured.status_codes == {413: 30}
    assert seen.connections == fired.traffic.opened == 30
    assert fired.traffic.bytes_sent < 30 * 32 * MIB


def test_after_an_answer_before_the_body_the_rest_is_not_sent_and_the_connection_is_replaced(long_file: Path) -> None:
    left: list[int] = []

    async def answers_and_reads_on(visit: Visit) -> None:
        await visit.head()
        await visit.say(response())
        size = 0
        while data := await visit.reader.read(MIB):
            size += len(data)
        left.append(size)

    fired, seen = upload(answers_and_reads_on, put(long_file), limit=3)
    assert fired.measured.succeeded == 3
    assert seen.connections == 3
    assert fired.traffic.closed_by_server == 0
    assert all(size < 64 * MIB for size in left)


def test_a_reset_in_the_middle_of_a_body_is_a_reset(long_file: Path) -> None:
    async def resets(visit: Visit) -> None:
        await visit.head()
        visit.reset()

    fired, seen = upload(resets, put(long_file), limit=3)
    assert fired.measured.errors == {ErrorKind.RESET: 3}
    assert seen.connections == 3
    assert b"bytes of the body were sent" in fired.samples[0].response_head


def test_an_end_in_the_middle_of_a_body_is_closed_early_and_not_waited_out(long_file: Path) -> None:
    async def half_closes(visit: Visit) -> None:
        await visit.head()
        visit.writer.transport.pause_reading()  # type: ignore[attr-defined]
        visit.writer.write_eof()
        await asyncio.get_running_loop().create_future()

    fired, _ = upload(half_closes, put(long_file), limit=1, timeout_s=19.0)
    assert fired.measured.errors == {ErrorKind.CLOSED_EARLY: 1}


# Files that go wrong


def test_a_file_that_becomes_shorter_is_a_failure_that_says_so(long_file: Path) -> None:
    async def cuts_it(visit: Visit) -> None:
        await visit.head()
        os.truncate(long_file, MIB)
        while await visit.reader.read(MIB):
            pass

    fired, _ = upload(cuts_it, put(long_file), limit=1)
    assert fired.measured.errors == {ErrorKind.BODY_FILE: 1}
    assert b"long.bin has become shorter while it was sent" in fired.samples[0].response_head


def test_a_file_that_is_not_there_is_found_before_anything_is_sent(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No such file"):
        upload(takes_everything, put(tmp_path / "none.bin"))


# Expect: 100-continue

EXPECT = ("Expect", "100-continue")
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


async def invites(visit: Visit) -> None:
    while True:
        head = await visit.head()
        early = await _whatever_comes(visit)
        assert early == b"", "the body came without being asked for"
        await visit.say(CONTINUE)
        await visit.body(head)
        await visit.say(response())


async def _whatever_comes(visit: Visit) -> bytes:
    """Return what the client sends unasked within a moment that is far shorter than its patience."""
    try:
        return await asyncio.wait_for(visit.reader.read(1), 0.1)
    except TimeoutError:
        return b""


@pytest.mark.parametrize("engine", ENGINES)
def test_a_body_is_sent_once_the_server_says_continue(file: Path, engine: EngineName) -> None:
    fired, seen = upload(invites, put(file, EXPECT), engine=engine)
    assert fired.measured.succeeded == 4
    assert seen.bodies == [file.read_bytes()] * 4
    assert seen.connections == 1


def test_a_body_from_memory_waits_as_well() -> None:
    fired, seen = upload(invites, Request("POST", "/", (EXPECT,), b"x" * 1000))
    assert fired.measured.succeeded == 4
    assert seen.bodies == [b"x" * 1000] * 4
    assert fired.traffic.bytes_sent == sum(map(len, seen.heads)) + 4000


def test_the_first_byte_of_the_answer_is_not_that_of_the_invitation(file: Path) -> None:
    async def thinks(visit: Visit) -> None:
        head = await visit.head()
        await visit.say(CONTINUE)
        await visit.body(head)
        await asyncio.sleep(0.2)
        await visit.say(response())

    fired, _ = upload(thinks, put(file, EXPECT), limit=1)
    assert fired.measured.first_byte.count_at_or_below(199_000) == 0


def test_a_server_that_says_nothing_gets_the_body_all_the_same(file: Path) -> None:
    fired, seen = upload(takes_everything, put(file, EXPECT), limit=1)
    assert fired.measured.succeeded == 1
    assert seen.bodies == [file.read_bytes()]
    assert fired.measured.service.count_at_or_below(900_000) == 0


@pytest.mark.parametrize("keeps", [True, False], ids=["keeps the connection", "closes"])
def test_after_a_final_status_the_body_is_not_sent(file: Path, keeps: bool) -> None:
    unwanted: list[bytes] = []

    async def declines(visit: Visit) -> None:
        await visit.head()
        await visit.say(response(status="417 Expectation Failed"))
        if keeps:
            unwanted.append(await visit.reader.read())

    fired, seen = upload(declines, put(file, EXPECT), limit=3, expect=Expectation(status=417))
    assert fired.measured.status_codes == {417: 3}
    assert fired.measured.succeeded == seen.connections == 3
    assert b"".join(unwanted) == b""
    assert fired.traffic.bytes_sent == sum(map(len, seen.heads))

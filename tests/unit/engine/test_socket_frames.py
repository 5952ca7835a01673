"""Frames: ours are what another implementation reads, and where those of servers end is where it says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.server import ServerProtocol

from loadbench_gui.core.websocket import SocketSettings
from loadbench_gui.engine.transport.websocket.frames import Extent, client_frame, extent, header
from loadbench_gui.engine.transport.websocket.messages import GivenUp, Stencil, rest_of

OPCODES = st.sampled_from([Opcode.TEXT, Opcode.BINARY, Opcode.CONT, Opcode.PING, Opcode.PONG, Opcode.CLOSE])
SIZES = st.one_of(st.integers(0, 130), st.sampled_from([65_535, 65_536, 70_000]))


def read_by_server(data: bytes) -> list[Frame]:
    """What a server of another implementation makes of it."""
    server = ServerProtocol(state=1, max_size=None)  # type: ignore[arg-type]
    server.receive_data(data)
    assert server.parser_exc is None, server.parser_exc
    return [event for event in server.events_received() if isinstance(event, Frame)]


@given(st.sampled_from([Opcode.TEXT, Opcode.BINARY]), SIZES, st.binary(min_size=4, max_size=4))
def test_a_frame_of_ours_is_read_as_what_it_was_made_of(opcode: Opcode, size: int, key: bytes) -> None:
    payload = b"z" * size
    (frame,) = read_by_server(client_frame(int(opcode), payload, key))
    assert (frame.opcode, bytes(frame.data), frame.fin) == (opcode, payload, True)


@given(OPCODES, SIZES, st.booleans(), st.integers(0, 20), st.integers(0, 20))
def test_an_extent_is_where_the_frame_lies_wherever_it_starts(
    opcode: Opcode, size: int, fin: bool, before: int, after: int
) -> None:
    if opcode >= Opcode.CLOSE:
        size, fin = min(size, 125), True
    frame = Frame(opcode, b"z" * size, fin).serialize(mask=False)
    found = extent(b"?" * before + frame + b"?" * after, before, compressed=False)
    assert isinstance(found, Extent)
    assert (found.end - before, found.end - found.begin, found.breach) == (len(frame), size, "")
    assert found.ordinary == (fin and opcode in {Opcode.TEXT, Opcode.BINARY, Opcode.PING, Opcode.PONG})


@given(SIZES, st.integers(0, 9))
def test_a_header_that_is_not_whole_says_how_much_is_needed(size: int, there: int) -> None:
    head = header(1, size, masked=False)
    found = extent(head[:there], 0, compressed=False)
    assert isinstance(found, int) == (there < len(head))
    if isinstance(found, int):
        assert there < found <= len(head)


@pytest.mark.parametrize(
    ("data", "compressed", "breach"),
    [
        (b"\x81\x84", False, "masked frame"),
        (b"\x83\x00", False, "reserved opcode 0x3"),
        (b"\xc1\x00", False, "reserved bits"),
        (b"\xc1\x00", True, ""),
        (b"\xa1\x00", True, "reserved bits"),
        (b"\xc9\x00", True, "reserved bits"),
        (b"\x09\x00", False, "fragmented control frame"),
        (b"\x89\x7e\x00\x7e", False, "control frame too long"),
        (b"\x82\x7f" + (65 << 20).to_bytes(8, "big"), False, "message too long"),
        (b"\x82\x7f" + (64 << 20).to_bytes(8, "big"), False, ""),
    ],
)
def test_what_is_forbidden_is_seen_in_the_header(data: bytes, compressed: bool, breach: str) -> None:
    found = extent(data, 0, compressed=compressed)
    assert isinstance(found, Extent)
    assert found.breach == breach


@given(st.integers(0, 300), st.booleans(), st.integers(1, 5), st.integers(0, (1 << 63) - 1))
def test_a_message_and_its_echo_are_the_same_however_it_is_cut(
    size: int, binary: bool, fragments: int, number: int
) -> None:
    settings = SocketSettings(size_bytes=size, binary=binary, fragments=fragments)
    stencil = Stencil(settings, rest_of(settings))
    identifier = stencil.identifier(number)
    frames = read_by_server(stencil.frame(identifier))
    payload = b"".join(bytes(frame.data) for frame in frames)
    opcode = int(frames[0].opcode)
    assert (len(payload), len(frames), len(stencil.frame(identifier))) == (size, fragments, stencil.frame_bytes)
    assert stencil.is_echo(opcode, payload, identifier)
    assert stencil.number(payload) == (number if size >= (8 if binary else 16) else None)
    assert stencil.echo(identifier) == Frame(Opcode(opcode), payload).serialize(mask=False)
    assert not stencil.is_echo(3 - opcode, payload, identifier)
    assert not stencil.is_echo(opcode, payload + b"!", identifier)


@pytest.mark.parametrize(
    "payload", [b"", b"0123", b"g" * 16, b" 00000000000001a", b"0x0000000000001a", b"00000000_0000001"]
)
def test_what_is_no_identifier_has_no_number(payload: bytes) -> None:
    settings = SocketSettings(size_bytes=32)
    assert Stencil(settings, rest_of(settings)).number(payload) is None


def test_a_message_of_ones_own_has_no_identifier() -> None:
    settings = SocketSettings(message=b"x" * 100)
    assert settings.identifier_bytes == 0
    assert rest_of(settings) == b"x" * 100


def test_numbers_that_were_given_up_are_forgotten_in_time_and_then_all_count_as_given_up() -> None:
    given_up = GivenUp()
    for number in range(0, 1 << 18, 2):
        given_up.add(number)
    assert 4 in given_up
    assert 3 in given_up, "too long ago to tell"
    assert (1 << 18) - 2 in given_up
    assert (1 << 18) + 1 not in given_up
    assert len(given_up._numbers) <= 1 << 16

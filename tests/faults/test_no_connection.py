"""Servers that take a connection and drop it, that go away in the middle of a run, or that have no room."""

from __future__ import annotations

import socket
from contextlib import suppress

import pytest

from faults.servers import GOOD, LAST, Gone, Visit, serving, shoot
from loadbench_gui.core.plan import ClosedLoad, EngineName, OpenLoad, Target
from loadbench_gui.core.snapshot import ErrorKind
from resets import reset

BOTH = pytest.mark.parametrize("engine", ["in-app", "workers"])


def _says_last(visit: Visit) -> None:
    visit.send(LAST)
    visit.close()


@BOTH
@pytest.mark.parametrize("harshly", [False, True], ids=["closes", "resets"])
def test_connections_that_are_dropped_before_anything_was_read_fail_their_request_and_no_other(
    engine: EngineName, harshly: bool
) -> None:
    """Whether the request was written by then is a matter of microseconds, and so is what the client sees of it."""
    turns = iter(range(1 << 30))

    def drops_every_other(peer: socket.socket) -> None:
        if next(turns) % 2:
            reset(peer) if harshly else peer.close()
            raise Gone

    with serving(_says_last, greet=drops_every_other) as server:
        fired = shoot(server.target(), engine=engine, limit=20)
        assert set(fired.measured.errors) <= {ErrorKind.CLOSED_EARLY, ErrorKind.RESET}
        assert fired.measured.succeeded == server.requests
        assert fired.measured.succeeded + fired.measured.failed == fired.measured.issued == 20
        assert 9 <= fired.measured.succeeded <= 11


@BOTH
def test_a_server_that_goes_away_refuses_what_comes_then_and_is_used_again_once_it_is_back(engine: EngineName) -> None:
    def leaves_once(visit: Visit) -> None:
        if visit.total != 10:
            visit.send(GOOD)
            return
        server.stop_listening()
        reset(visit.peer)
        server.pause(0.3)
        server.listen()
        raise Gone

    with serving(leaves_once) as server:
        fired = shoot(server.target(), engine=engine, limit=40)
        # The tenth request was lost on a used connection, and sent again to nobody.
        assert set(fired.measured.errors) == {ErrorKind.CONNECT_REFUSED}
        assert fired.traffic.stale == 1
        assert server.requests == fired.measured.succeeded + fired.traffic.stale
        assert 2 <= fired.measured.failed <= 20
        assert server.connections == fired.traffic.opened == 2


def test_while_nobody_listens_an_open_loop_fails_each_arrival_and_keeps_its_times() -> None:
    with serving(_says_last) as server:
        server.stop_listening()
        fired = shoot(server.target(), OpenLoad(4, 100.0), duration_s=0.5)
        assert fired.measured.errors == {ErrorKind.CONNECT_REFUSED: 50}
        assert (fired.measured.issued, server.requests) == (50, 0)
        assert fired.measured.dispatch_lag.total == 50


@BOTH
def test_a_server_without_room_for_connections_is_a_timeout_of_the_connection(engine: EngineName) -> None:
    """Nobody accepts. The system itself takes the one connection that the queue has room for, and no other."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        target = Target("http", "127.0.0.1", listener.getsockname()[1], "127.0.0.1")
        fired = shoot(target, ClosedLoad(4), engine=engine, limit=4, timeout_s=0.5)
        assert fired.measured.errors == {ErrorKind.CONNECT_TIMEOUT: 3, ErrorKind.READ_TIMEOUT: 1}
        assert (fired.measured.timed_out, fired.measured.issued) == (4, 4)
        assert fired.traffic.opened == 1
        asked = []
        listener.settimeout(5)
        peer, _ = listener.accept()
        with peer:
            peer.settimeout(5)
            with suppress(OSError):
                while data := peer.recv(1 << 16):
                    asked.append(data)
        assert b"".join(asked).count(b"GET / HTTP/1.1\r\n") == 1

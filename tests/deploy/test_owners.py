"""Which server process holds which connection, read off real sockets of real processes."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from contextlib import ExitStack, closing

import pytest

from loadbench_gui.deploy.owners import connection_owners, requests_per_process
from loadbench_gui.deploy.ports import listeners, topmost
from loadbench_gui.deploy.watch import tree_pids

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")

# Two processes take turns on one listening socket: the parent accepts the first connection, its child the second.
TAKING_TURNS = """
import os, socket, sys
listening = socket.create_server(("127.0.0.1", 0))
print(listening.getsockname()[1], flush=True)
down_r, down_w = os.pipe()
if os.fork() == 0:
    os.read(down_r, 1)
    held = listening.accept()
    print("child", os.getpid(), flush=True)
    sys.stdin.read()
    os._exit(0)
held = listening.accept()
print("parent", os.getpid(), flush=True)
os.write(down_w, b"x")
sys.stdin.read()
"""


def test_each_connection_is_held_by_the_process_that_accepted_it() -> None:
    with ExitStack() as stack:
        server = stack.enter_context(
            subprocess.Popen([sys.executable, "-c", TAKING_TURNS], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        )
        assert server.stdout is not None
        assert server.stdin is not None
        stack.callback(server.stdin.close)
        port = int(server.stdout.readline())
        expected: dict[int, int] = {}
        for who in (b"parent", b"child"):
            client = stack.enter_context(closing(socket.create_connection(("127.0.0.1", port))))
            name, pid = server.stdout.readline().split()
            assert name == who
            expected[client.getsockname()[1]] = int(pid)

        assert connection_owners(tree_pids(server.pid), port) == expected
        assert len(set(expected.values())) == 2
        assert connection_owners((os.getpid(),), port) == {}, "our own ends of the connections are not the server's"


def test_all_processes_that_share_a_listening_socket_are_its_listeners() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", TAKING_TURNS], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as server:
        assert server.stdout is not None
        assert server.stdin is not None
        port = int(server.stdout.readline())
        with closing(socket.create_connection(("127.0.0.1", port))):
            # The parent has forked before it accepts.
            assert server.stdout.readline().startswith(b"parent")
            pids = listeners(port)
            assert len(pids) == 2
            assert set(pids) == set(tree_pids(server.pid))
            assert topmost(pids) == server.pid
            with closing(socket.create_connection(("127.0.0.1", port))):
                assert server.stdout.readline().startswith(b"child")
        server.stdin.close()

    assert listeners(port) == ()


def test_connections_that_nobody_known_holds_are_left_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        with closing(socket.create_connection(("127.0.0.1", port))) as client:
            accepted, _ = listening.accept()
            with accepted:
                assert connection_owners((), port) == {}
                assert connection_owners((os.getpid(),), port) == {client.getsockname()[1]: os.getpid()}


def test_requests_are_summed_by_the_process_that_answered() -> None:
    served = {40_001: 500, 40_002: 300, 40_003: 200}

    assert requests_per_process(served, {40_001: 7, 40_002: 8, 40_003: 7}) == {"7": 700, "8": 300}


def test_nothing_is_claimed_where_more_than_a_hundredth_is_unknown() -> None:
    assert requests_per_process({1: 989, 2: 11}, {1: 7}) is None
    assert requests_per_process({1: 990, 2: 10}, {1: 7}) == {"7": 990}
    assert requests_per_process({}, {}) is None

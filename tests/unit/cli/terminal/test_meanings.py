"""Every kind of error has words, whatever was asked."""

from __future__ import annotations

import pytest

from builders import make_socket_workload, make_stream_workload, make_workload
from loadbench_gui.cli.terminal.meanings import meaning
from loadbench_gui.core.plan import Workload
from loadbench_gui.core.snapshot import ErrorKind

WORKLOADS = {
    "http": make_workload(),
    "stream": make_stream_workload(),
    "echo": make_socket_workload("echo"),
    "push": make_socket_workload("push"),
    "fanout": make_socket_workload("fanout"),
    "hold": make_socket_workload("hold"),
}


@pytest.mark.parametrize("workload", WORKLOADS.values(), ids=WORKLOADS)
@pytest.mark.parametrize("kind", list(ErrorKind))
def test_each_error_is_told_in_words(kind: ErrorKind, workload: Workload) -> None:
    assert " " in meaning(kind, workload)


def test_the_words_are_those_of_what_was_asked() -> None:
    told = {name: meaning(ErrorKind.READ_TIMEOUT, workload) for name, workload in WORKLOADS.items()}
    assert "complete answer" in told["http"]
    assert "silent" in told["stream"]
    assert "echo" in told["echo"]
    assert "every subscriber" in told["fanout"]
    assert "handshake" not in told["push"], "a server that does not answer one is a connection time-out"

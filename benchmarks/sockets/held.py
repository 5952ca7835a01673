"""Idle WebSockets: what ten thousand of them cost in memory, on our side and on the server's."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from benchmarks import machine, sampling, shipped
from benchmarks.document import Limit
from benchmarks.machine import GENERATOR_CPU, ROOT, SERVER_CPU
from benchmarks.options import Options
from benchmarks.peers import PROGRAMS
from benchmarks.sockets.part import Part
from benchmarks.tables import number, table

CONNECTIONS, QUICK_CONNECTIONS = 10_000, 500
HOLD_S, QUICK_HOLD_S = 10.0, 3.0
LEAST_KIB, AIM_KIB = 12.0, 6.0
KIB = 1024
PATH = "/ws/echo"
PATIENCE_S = 240.0
OURS = "loadbench"
CLIENTS = {"websockets": sys.executable, "picows": str(machine.PEERS_PYTHON)}


@dataclass(frozen=True)
class Held:
    """One client. memory_bytes: its unique set; server_bytes: the server's, with as many connections."""

    connections: int
    memory_bytes: int
    server_bytes: int
    own_bytes: float | None = None


@dataclass(frozen=True)
class Each:
    """What one connection costs, in bytes: the difference between very many and one."""

    client: float
    server: float
    own: float | None


@dataclass(frozen=True)
class Uvicorn:
    """A running server of the bundled Starlette application."""

    port: int
    pid: int

    @property
    def url(self) -> str:
        """Where its WebSocket is."""
        return f"ws://127.0.0.1:{self.port}{PATH}"

    def memory_bytes(self) -> int:
        """Its unique set."""
        return sampling.memory(self.pid).uss_bytes


def measure(options: Options) -> Part:
    """Hold one connection, then very many, with each client, every time at a fresh server."""
    many = QUICK_CONNECTIONS if options.quick else CONNECTIONS
    seconds = QUICK_HOLD_S if options.quick else HOLD_S
    found: dict[str, Each] = {}
    for name in (OURS, *(name for name in CLIENTS if options.wants(name))):
        one, all_of_them = (_hold(name, connections, seconds) for connections in (1, many))
        found[name] = _each(one, all_of_them)
        print(f"held {name:12} {one} {all_of_them} {found[name]}", flush=True)
    words = (
        f"`{shipped.shown(*_options(many, seconds), kind='ws')}`, its worker on core {GENERATOR_CPU}, at the bundled"
        f" Starlette application on one uvicorn (`websockets-sansio`, no compression) on core {SERVER_CPU}, and"
        f" `echo_client.py PORT websockets|picows --hold --connections {many}`. A connection is what {many:,} of them"
        f" cost more than one, divided by {many - 1:,}: unique set from `/proc/PID/smaps_rollup` while all are open,"
        " highest reading. Buffers in the kernel are nobody's here."
    )
    limit = Limit(f"memory of the generator for each of {many:,} idle WebSockets", LEAST_KIB, AIM_KIB,
                  found[OURS].client / KIB, " KiB", higher_is_better=False, digits=1)  # fmt: skip
    return Part(f"{many:,} idle connections", f"{words}\n\n{_table(found)}", (limit,))


def _each(one: Held, many: Held) -> Each:
    further = many.connections - one.connections
    return Each(
        (many.memory_bytes - one.memory_bytes) / further,
        (many.server_bytes - one.server_bytes) / further,
        many.own_bytes,
    )


def _hold(name: str, connections: int, seconds: float) -> Held:
    with _uvicorn() as server:
        return _ours(server, connections, seconds) if name == OURS else _theirs(name, server, connections)


def _ours(server: Uvicorn, connections: int, seconds: float) -> Held:
    """Look at the worker as long as it holds them all, and keep the highest reading."""
    highest = theirs = 0
    with shipped.started(server.url, *_options(connections, seconds), kind="ws") as command:
        worker = command.worker()
        while not command.is_over:
            with suppress(OSError):  # it may be gone by now
                if _sockets(worker) >= connections:
                    highest = max(highest, sampling.memory(worker).uss_bytes)
                    theirs = max(theirs, server.memory_bytes())
            time.sleep(0.2)
        found = command.end()[1]
    shipped.require_clean(found, f"{connections} held connections")
    if not highest:
        sys.exit(f"the worker was never seen with all of {connections} connections open")
    return Held(connections, highest, theirs, found.document["generator"]["bytes_per_connection"])


def _theirs(name: str, server: Uvicorn, connections: int) -> Held:
    program = str(PROGRAMS / "echo_client.py")
    options = ["--path", PATH, "--hold", "--connections", str(connections)]
    command = machine.pinned(GENERATOR_CPU, [CLIENTS[name], program, str(server.port), name, *options])
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        if process.stdout.readline() != "open\n":
            sys.exit(f"{name} did not open {connections} connections; see its words above")
        held = Held(connections, sampling.memory(process.pid).uss_bytes, server.memory_bytes())
        process.communicate()
    return held


def _options(connections: int, seconds: float) -> tuple[str, ...]:
    return "--mode", "hold", "-c", str(connections), "-d", f"{seconds:g}s", "--timeout", "60s"


def _sockets(pid: int) -> int:
    """How many sockets a process has open, by its descriptors; one or two are not connections of the load."""
    found = 0
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed since it was listed
            found += str(entry.readlink()).startswith("socket:")
    return found


@contextmanager
def _uvicorn() -> Iterator[Uvicorn]:
    """Run the bundled Starlette application as its profiles do, pinned."""
    with TemporaryDirectory(prefix="loadbench-held-") as folder:
        words = Path(folder, "words.txt")
        command = machine.pinned(SERVER_CPU, [
            sys.executable, "-m", "uvicorn", "app:app", "--host", "127.0.0.1", "--port", "0", "--loop", "uvloop",
            "--http", "httptools", "--no-access-log", "--ws", "websockets-sansio", "--ws-per-message-deflate", "false",
            "--backlog", "16384",
        ])  # fmt: skip
        with words.open("wb") as out:
            process = subprocess.Popen(
                command, cwd=ROOT / "resources" / "deployments" / "starlette", stdout=out, stderr=out
            )
        try:
            server = Uvicorn(_port(process), process.pid)
            with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/health", timeout=10):
                yield server
        finally:
            process.kill()
            process.wait()


def _port(process: subprocess.Popen[bytes]) -> int:
    """Wait until it listens, and return where."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and process.poll() is None:
        ports = [c.laddr.port for c in psutil.Process(process.pid).net_connections("tcp") if c.status == "LISTEN"]
        if ports:
            return ports[0]
        time.sleep(0.05)
    sys.exit("uvicorn did not start: python -m uvicorn app:app in resources/deployments/starlette says why")


def _table(found: dict[str, Each]) -> str:
    head = ("client", "KiB a connection", "by its own account", "KiB a connection in the server")
    return table(head, [
        [
            name, number(each.client / KIB, 1), number(None if each.own is None else each.own / KIB, 1),
            number(each.server / KIB, 1),
        ]
        for name, each in found.items()
    ])  # fmt: skip

"""Echo round trips a second on one core: loadbench, the plain `websockets` client, picows and k6 at one server."""

from __future__ import annotations

import re
import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks import counting, machine, peers, sampling, shipped
from benchmarks.document import Limit
from benchmarks.machine import GENERATOR_CPU, SERVER_CPU
from benchmarks.options import Options
from benchmarks.sockets.part import Part
from benchmarks.tables import median, number, ratio, spread, table

CONNECTIONS, SIZE = 64, 32
LEAST, AIM = 1.2, 2.5
OURS, PLAIN = "loadbench", "websockets"
SLACK_S = 0.5
"""A peer goes on for so long after its window, so that its end is in nobody's rate."""


@dataclass(frozen=True)
class Trips:
    """One run. rate: round trips a second by the server's count; cpu_us: of the client, a round trip."""

    rate: float
    cpu_us: float
    off: int = 0
    p50_us: float | None = None
    p99_us: float | None = None


@dataclass(frozen=True)
class Peer:
    """Somebody else's client. command: by port and seconds; needs: a program that must be there; version: its own."""

    command: Callable[[int, float], list[str]]
    needs: str
    version: Callable[[], str]


def _client(python: str, name: str) -> Callable[[int, float], list[str]]:
    program = str(peers.PROGRAMS / "echo_client.py")
    sizes = ["--connections", str(CONNECTIONS), "--size", str(SIZE)]
    return lambda port, seconds: [python, program, str(port), name, *sizes, "--seconds", f"{seconds + SLACK_S:g}"]


def _k6(port: int, seconds: float) -> list[str]:
    values = {"URL": f"ws://127.0.0.1:{port}/", "SIZE": SIZE, "SECONDS": f"{seconds + SLACK_S:g}"}
    users = ["--vus", str(CONNECTIONS), "--iterations", str(CONNECTIONS)]
    set_ = [f"{name}={value}" for name, value in values.items()]
    return ["env", "GOMAXPROCS=1", *set_, "k6", "run", "--quiet", "--no-usage-report", *users,
            str(peers.PROGRAMS / "echo.js")]  # fmt: skip


def _installed(python: str, package: str) -> Callable[[], str]:
    code = f"import importlib.metadata as m; print(m.version({package!r}))"
    return lambda: peers.run([python, "-c", code]).text.strip()


def _k6_version() -> str:
    return peers.version(next(peer for peer in peers.PEERS if peer.name == "k6"))


PEERS = {
    PLAIN: Peer(_client(sys.executable, PLAIN), sys.executable, _installed(sys.executable, "websockets")),
    "picows": Peer(
        _client(str(machine.PEERS_PYTHON), "picows"), str(machine.PEERS_PYTHON),
        _installed(str(machine.PEERS_PYTHON), "picows"),
    ),
    "k6": Peer(_k6, "k6", _k6_version),
}  # fmt: skip


def measure(options: Options) -> Part:
    """Let all take turns, round after round, each at a fresh server."""
    rounds, seconds = options.pick_rounds(5, 1), options.pick_seconds(5.0, 3.0)
    chosen = {name: peer for name, peer in PEERS.items() if options.wants(name)}
    for name, peer in chosen.items():
        if machine.find(peer.needs) is None:
            sys.exit(f"{name} is not installed; get it with {peers.REGISTRIES}, or leave it out with --only")
    found: dict[str, list[Trips]] = {name: [] for name in (OURS, *chosen)}
    for _ in range(rounds):
        for name, trips in found.items():
            with server() as running:
                trips.append(ours(running, seconds) if name == OURS else theirs(chosen[name], running, seconds))
            print(f"echo {name:12} {trips[-1]}", flush=True)
    head = [
        f"{rounds} rounds of {seconds:g} s, {CONNECTIONS} connections, messages of {SIZE} bytes, each sent when the"
        f" last came back; a server on picows and uvloop, on core {SERVER_CPU}, clients on core {GENERATOR_CPU}.",
        "",
        f"- `{shipped.shown(*_options(seconds), kind='ws')}`",
        *(f"- {name} {peer.version()}: `{_words(peer, seconds)}`" for name, peer in chosen.items()),
    ]
    return Part("Echo round trips", "\n\n".join(["\n".join(head), _table(found), TEXT]), _limits(found))


def server() -> counting.Running:
    """Return the server that gives everything back, as a context."""
    return counting.counting("echo_server.py", cpu=SERVER_CPU, python=str(machine.PEERS_PYTHON))


def ours(running: counting.Counting, seconds: float) -> Trips:
    """Run the shipped command, its worker on the generator's core, and watch the worker from outside."""
    cpu_s: list[float] = []
    url = f"ws://127.0.0.1:{running.port}/"
    with shipped.started(url, *_options(seconds), kind="ws") as command:
        worker = command.worker()
        window = counting.watch(running, seconds, lambda: command.is_over, lambda: cpu_s.append(sampling.cpu_s(worker)))
        found = command.end()[1]
    shipped.require_clean(found, "echo")
    sockets = found.document["websocket"]
    off = max(abs(running.count() - sockets["messages_received"]), abs(found.requests["issued"] - running.count()))
    cpu_us = 1e6 * (cpu_s[1] - cpu_s[0]) / window.done
    return Trips(window.rate, cpu_us, off, sockets["rtt_us"]["p50"], sockets["rtt_us"]["p99"])


def theirs(peer: Peer, running: counting.Counting, seconds: float) -> Trips:
    """Run one peer."""
    windows: list[counting.Window] = []
    ended = peers.run(
        peer.command(running.port, seconds),
        meanwhile=lambda is_over: windows.append(counting.watch(running, seconds, is_over)),
    )
    counted = running.count()
    said = re.search(r"^\s*echoes[.:\s]+(\d+)", ended.text, re.M)
    if said is None:
        sys.exit(f"cannot read a client's output:\n{ended.text[-2000:]}")
    return Trips(windows[0].rate, 1e6 * ended.cpu_s / counted, abs(counted - int(said[1])))


def _options(seconds: float) -> tuple[str, ...]:
    return "--mode", "echo", "-c", str(CONNECTIONS), "--size", str(SIZE), "-d", f"{seconds:g}s"


def _words(peer: Peer, seconds: float) -> str:
    words = peer.command(0, seconds)
    return " ".join("PORT" if word == "0" else word.rpartition("/")[2] or "URL" for word in words)


TEXT = """\
Round trips a second are the server's own count between two readings, a second from either end, for all alike. CPU is
user and system time a round trip: for loadbench the worker's between those readings, for peers that of the whole
process over everything. loadbench stamps, matches by identifier and compares every message in full; the peers compare
its length. Its count may be off by none; a peer's by what was in flight when it stopped."""


def _table(found: dict[str, list[Trips]]) -> str:
    mine = found[OURS]
    rows = []
    for name, trips in found.items():
        rates = [t.rate for t in mine], [t.rate for t in trips]
        each = [a / b for a, b in zip(*rates, strict=True)]
        cpu = ratio([t.cpu_us for t in mine], [t.cpu_us for t in trips])
        off = max(t.off for t in trips)
        rows.append([
            name, number(statistics.median(rates[1])), number(statistics.median(t.cpu_us for t in trips), 2),
            number(median(t.p50_us for t in trips)), number(median(t.p99_us for t in trips)),
            "agrees" if off == 0 else f"up to {off} off",
            *(("", "", "") if name == OURS else (f"{ratio(*rates):.2f}", spread(each), f"{cpu:.2f}")),
        ])  # fmt: skip
    head = ("client", "round trips/s", "CPU us each", "rtt p50, us", "p99, us", "server's count", "our rate / its",
            "lowest–highest", "our CPU / its")  # fmt: skip
    return table(head, rows)


def _limits(found: dict[str, list[Trips]]) -> tuple[Limit, ...]:
    mine = found[OURS]
    off = Limit("echoes that the server counted more or fewer of than we did", 0, 0, max(t.off for t in mine), "",
                higher_is_better=False, digits=0)  # fmt: skip
    if PLAIN not in found:
        return (off,)
    rate = ratio([t.rate for t in mine], [t.rate for t in found[PLAIN]])
    what = "WebSocket echo round trips/s on one core, vs the plain websockets client"
    return Limit(what, LEAST, AIM, rate, "x"), off

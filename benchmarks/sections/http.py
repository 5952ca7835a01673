"""Requests a second on one core, and CPU a request, side by side with other generators at one nginx worker.

Rates are nobody's own claim: the server's counter is read twice, a second after a program's first request and a second
before its time is over, for all programs alike. So no start, no warm-up and no end is in anybody's rate.

CPU of a peer is user and system time of the whole process over all its requests. Ours is there twice: of the worker
process by the kernel's account in that window, and of everything that the command cost from its start to its end
(interpreter, supervisor, terminal, history and document too) over all its requests, as a peer's.

loadbench takes two turns a round. *As shipped*: its worker is pinned to the generator's core, and the system puts the
rest of it where it likes, as it does for a user; the limits are about this one. *All on one core*: whatever it starts
shares the generator's core with its worker, as all threads of a peer do.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks import peers, sampling, shipped
from benchmarks.document import Limit, Section
from benchmarks.machine import GENERATOR_CPU, SERVER_CPU
from benchmarks.nginx import Nginx, nginx
from benchmarks.options import Options
from benchmarks.tables import median, number, ratio, spread, table

EDGE_S = 1.0
"""Left out at both ends of the window in which requests are counted, from the first request on."""

SHIPPED = "loadbench, as shipped"
ONE_CORE = "loadbench, all on one core"
OURS: dict[str, int | None] = {SHIPPED: None, ONE_CORE: GENERATOR_CPU}
"""Where what is not its worker runs; None: where the system puts it."""
CPU_LIMITS = (1.20, 1.00)


@dataclass(frozen=True)
class Window:
    """The middle of one run. requests: answered in it; asked: times that the counter was read during the whole run."""

    requests: int
    length_s: float
    asked: int

    @property
    def rate_rps(self) -> float:
        """Requests a second."""
        return self.requests / self.length_s


@dataclass(frozen=True)
class Result:
    """One generator in one round.

    rate_rps: in the window, by the server's counter; said_rps: its own claim. cpu_us: per request; for ours of the
    worker, in the window. command_us: of the whole command. requests: all it claims to have made; counted: by the
    server. own_cpu_us: what ours says of itself.
    """

    rate_rps: float
    said_rps: float
    cpu_us: float
    command_us: float
    requests: int
    counted: int
    own_cpu_us: float | None = None
    p50_us: float | None = None
    p99_us: float | None = None


def measure(options: Options) -> Section:
    """Let all take turns, round after round."""
    rounds, seconds = options.pick_rounds(5, 2), options.pick_seconds(5.0, 3.0)
    chosen = tuple(peer for peer in peers.PEERS if options.wants(peer.name) or options.wants(peer.program))
    peers.require(chosen)
    results: dict[str, list[Result]] = {name: [] for name in (*OURS, *(peer.name for peer in chosen))}
    with nginx(SERVER_CPU) as server:
        for number_ in range(rounds):
            for name, cpu in OURS.items():
                _take(results, name, number_, ours(server, options.connections, seconds, cpu))
            for peer in chosen:
                _take(results, peer.name, number_, theirs(peer, server, options.connections, seconds))
        version = server.version
    return Section(
        "http",
        "HTTP/1.1 requests per second and CPU per request",
        _commands(options, chosen, rounds, seconds, version),
        _body(results),
        _limits(results, chosen),
    )


def _take(results: dict[str, list[Result]], name: str, round_: int, result: Result) -> None:
    results[name].append(result)
    print(f"round {round_ + 1} {name:26} {result.rate_rps:9,.0f}/s  {result.cpu_us:7.2f} us CPU/request", flush=True)


def watch(server: Nginx, seconds: float, is_over: Callable[[], bool], mark: Callable[[], None] | None = None) -> Window:
    """Count the requests in the middle of a run of `seconds` that has just been started; call `mark` at both edges.

    Ends the benchmark if the program ends before the window does.
    """
    before, asked = server.requests(), 1
    while server.requests() - before <= asked:
        asked += 1
        _require_running(is_over)
        time.sleep(0.02)
    time.sleep(EDGE_S)
    first = _edge(server, mark)
    time.sleep(seconds - 2 * EDGE_S)
    last = _edge(server, mark)
    _require_running(is_over)
    return Window(last[1] - first[1] - 1, last[0] - first[0], asked + 3)


def _edge(server: Nginx, mark: Callable[[], None] | None) -> tuple[float, int]:
    if mark is not None:
        mark()
    return time.monotonic(), server.requests()


def _require_running(is_over: Callable[[], bool]) -> None:
    if is_over():
        sys.exit("a generator ended before its requests could be counted")


def ours(server: Nginx, connections: int, seconds: float, cpu: int | None) -> Result:
    """Run the shipped command and watch its worker from outside. cpu: where the rest of it runs, as in `OURS`."""
    before = server.requests()
    cpu_s: list[float] = []
    with shipped.started(server.url, *_options(connections, seconds), cpu=cpu) as command:
        worker = command.worker()
        window = watch(server, seconds, lambda: command.is_over, lambda: cpu_s.append(sampling.cpu_s(worker)))
        ended, found = command.end()
    shipped.require_clean(found, "loadbench")
    return Result(
        window.rate_rps,
        found.rate_rps,
        1e6 * (cpu_s[1] - cpu_s[0]) / window.requests,
        1e6 * ended.cpu_s / found.sent,
        found.sent,
        server.requests() - before - 1 - window.asked,
        found.own_cpu_us,
        found.service_us["p50"],
        found.service_us["p99"],
    )


def theirs(peer: peers.Peer, server: Nginx, connections: int, seconds: float) -> Result:
    """Run one peer."""
    before = server.requests()
    windows: list[Window] = []
    ended = peers.run(
        peer.command(server.url, connections, seconds),
        meanwhile=lambda is_over: windows.append(watch(server, seconds, is_over)),
    )
    counted = server.requests() - before - 1 - windows[0].asked
    said = peer.read(ended.text)
    cpu_us = 1e6 * ended.cpu_s / counted
    return Result(windows[0].rate_rps, said.rate_rps, cpu_us, cpu_us, said.requests, counted)


def _options(connections: int, seconds: float) -> tuple[str, ...]:
    return "-c", str(connections), "-d", f"{seconds:g}s", "--warmup", "0s"


def _commands(options: Options, chosen: tuple[peers.Peer, ...], rounds: int, seconds: float, server: str) -> str:
    command = shipped.shown(*_options(options.connections, seconds))
    lines = [
        f"`{options.command('http')}`: {rounds} rounds of {seconds:g} s, {options.connections} connections; {server},"
        f" one worker, on core {SERVER_CPU} answering 27 bytes of JSON, generators on core {GENERATOR_CPU}. Nobody has"
        " a warm-up. loadbench runs twice a round:",
        "",
        f"- {SHIPPED}: `{command}`. Its worker is on core {GENERATOR_CPU}; supervisor, terminal and history run"
        " where the system puts them, most of the time beside the server.",
        f"- {ONE_CORE}: `taskset -c {GENERATOR_CPU} {command}`. Supervisor, terminal and history take their turns on"
        " the worker's core.",
    ]
    for peer in chosen:
        words = " ".join(
            word.rpartition("/")[2] if "/programs/" in word else word
            for word in peer.command("URL", options.connections, seconds)
        )
        lines.append(f"- {peer.name} {peers.version(peer)}: `{words}`")
    return "\n".join(lines)


def _body(results: dict[str, list[Result]]) -> str:
    mine = results[SHIPPED]
    head = ("generator", "requests/s", "by its own account", "CPU us/request", "whole command", "server's count",
            "our rate / its", "lowest–highest", "all on one core: rate / its", "our worker's CPU / its",
            "our whole command's / its")  # fmt: skip
    rows = [_row(name, results) for name in results]
    own = median(r.own_cpu_us for r in mine)
    p50, p99 = median(r.p50_us for r in mine), median(r.p99_us for r in mine)
    return "\n".join([
        table(head, rows),
        "",
        "Requests a second are the server's own count between two readings: a second after the first request and a"
        f" second before the end of the time, for all alike ({EDGE_S:g} s at either end are in nobody's rate). What a"
        " generator says of its whole run is beside it. The ratios and the limits are those of the command as shipped;"
        " what is left of its rate where all of it shares one core is the column that says so. loadbench's CPU is its"
        " worker's, user and system, by the kernel's account between the same readings, per request that the server"
        f" counted meanwhile; by its own account it is {number(own, 2)} us. Its *whole command* is everything from the"
        " first import to the last byte of the document, of all its processes, over all its requests, so it falls as"
        " runs get longer; a peer's figure is made in this second way, which is little for those in C and Go and much"
        f" for Locust. Service time as shipped p50 {number(p50)} us, p99 {number(p99)} us. A count that is off by no"
        " more than the connections is what a generator left in flight when it stopped; ours waits for the last"
        " answers.",
    ])  # fmt: skip


def _row(name: str, results: dict[str, list[Result]]) -> tuple[str, ...]:
    mine, alone, found = results[SHIPPED], results[ONE_CORE], results[name]
    gap = max(abs(r.counted - r.requests) for r in found)
    cells = (
        name,
        number(statistics.median(r.rate_rps for r in found)),
        number(statistics.median(r.said_rps for r in found)),
        number(statistics.median(r.cpu_us for r in found), 2),
        number(statistics.median(r.command_us for r in found), 2),
        "agrees" if gap == 0 else f"up to {gap} off",
    )
    if name in OURS:
        return (*cells, "", "", "", "", "")
    rates = [r.rate_rps for r in mine], [r.rate_rps for r in found]
    one_core = ratio([r.rate_rps for r in alone], rates[1])
    each = [a / b for a, b in zip(*rates, strict=True)]
    cpu = ratio([r.cpu_us for r in mine], [r.cpu_us for r in found])
    command = ratio([r.command_us for r in mine], [r.command_us for r in found])
    return (*cells, f"{ratio(*rates):.2f}", spread(each), f"{one_core:.2f}", f"{cpu:.2f}", f"{command:.2f}")


def _limits(results: dict[str, list[Result]], chosen: tuple[peers.Peer, ...]) -> tuple[Limit, ...]:
    mine = results[SHIPPED]
    gap = max(abs(r.counted - r.requests) for name in OURS for r in results[name])
    limits = [Limit("requests that the server's own counter has more or fewer than ours", 0, 0, gap, "", False, 0)]
    for peer in chosen:
        if peer.limits is None:
            continue
        rate = ratio([r.rate_rps for r in mine], [r.rate_rps for r in results[peer.name]])
        limits.append(Limit(f"requests/s on one core, vs {peer.name}", *peer.limits, rate, "x"))
        if peer.name == "wrk":
            cpu = ratio([r.cpu_us for r in mine], [r.cpu_us for r in results["wrk"]])
            limits.append(Limit("CPU per request of the worker, vs wrk", *CPU_LIMITS, cpu, "x", False))
    return tuple(limits)

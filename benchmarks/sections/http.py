"""Requests a second on one core, and CPU a request, side by side with other generators at one nginx worker.

CPU of a peer is user and system time of the whole process. Ours is read from the kernel for the worker process over a
window inside the run, and divided by what the server counted in the same window; a second figure has everything the
command cost from its start to its end: interpreter, supervisor, terminal, history and document too.
"""

from __future__ import annotations

import statistics
import sys
import time
from dataclasses import dataclass

from benchmarks import peers, sampling, shipped
from benchmarks.document import Limit, Section
from benchmarks.machine import GENERATOR_CPU, SERVER_CPU
from benchmarks.nginx import Nginx, nginx
from benchmarks.options import Options
from benchmarks.tables import median, number, ratio, spread, table

WARMUP_S = 0.5
EDGE_S = 0.25
"""Left out at both ends of the window in which our worker's CPU is read."""

OURS = "loadbench"
CPU_LIMITS = (1.20, 1.00)


@dataclass(frozen=True)
class Result:
    """One generator in one round.

    cpu_us: per request; for ours of the worker, in the window. command_us: of the whole command. requests: all it
    claims to have made; counted: by the server. own_cpu_us: what ours says of itself.
    """

    rate_rps: float
    cpu_us: float
    command_us: float
    requests: int
    counted: int
    own_cpu_us: float | None = None
    p50_us: float | None = None
    p99_us: float | None = None


def measure(options: Options) -> Section:
    """Let all take turns, round after round."""
    rounds, seconds = options.pick_rounds(5, 2), options.pick_seconds(4.0, 2.0)
    chosen = tuple(peer for peer in peers.PEERS if options.wants(peer.name) or options.wants(peer.program))
    peers.require(chosen)
    results: dict[str, list[Result]] = {OURS: [], **{peer.name: [] for peer in chosen}}
    with nginx(SERVER_CPU) as server:
        for number_ in range(rounds):
            _take(results, OURS, number_, ours(server, options.connections, seconds))
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
    print(f"round {round_ + 1} {name:20} {result.rate_rps:9,.0f}/s  {result.cpu_us:7.2f} us CPU/request", flush=True)


def ours(server: Nginx, connections: int, seconds: float) -> Result:
    """Run the shipped command and watch its worker from outside."""
    before = server.requests()
    asked = 1
    options = ("-c", str(connections), "-d", f"{seconds:g}s", "--warmup", f"{WARMUP_S:g}s")
    with shipped.started(server.url, *options) as command:
        worker = command.worker()
        while server.requests() - before <= asked:
            asked += 1
            if command.is_over:
                command.end()
                sys.exit("loadbench ended before it had sent anything")
            time.sleep(0.02)
        asked += 1
        time.sleep(WARMUP_S + EDGE_S)
        first = sampling.cpu_s(worker), server.requests()
        time.sleep(seconds - 2 * EDGE_S)
        last = sampling.cpu_s(worker), server.requests()
        asked += 2
        ended, found = command.end()
    shipped.require_clean(found, OURS)
    counted = server.requests() - before - 1 - asked + 1
    cpu_us = 1e6 * (last[0] - first[0]) / (last[1] - first[1] - 1)
    return Result(
        found.rate_rps,
        cpu_us,
        1e6 * ended.cpu_s / found.sent,
        found.sent,
        counted,
        found.own_cpu_us,
        found.service_us["p50"],
        found.service_us["p99"],
    )


def theirs(peer: peers.Peer, server: Nginx, connections: int, seconds: float) -> Result:
    """Run one peer."""
    before = server.requests()
    ended = peers.run(peer.command(server.url, connections, seconds))
    counted = server.requests() - before - 1
    said = peer.read(ended.text)
    cpu_us = 1e6 * ended.cpu_s / counted
    return Result(said.rate_rps, cpu_us, cpu_us, said.requests, counted)


def _commands(options: Options, chosen: tuple[peers.Peer, ...], rounds: int, seconds: float, server: str) -> str:
    lines = [
        f"`{options.command('http')}`: {rounds} rounds of {seconds:g} s, {options.connections} connections; {server},"
        f" one worker, on core {SERVER_CPU} answering 27 bytes of JSON, generators on core {GENERATOR_CPU}.",
        "",
        f"- `{shipped.shown('-c', str(options.connections), '-d', f'{seconds:g}s', '--warmup', f'{WARMUP_S:g}s')}`",
    ]
    for peer in chosen:
        command = " ".join(
            word.rpartition("/")[2] if "/programs/" in word else word
            for word in peer.command("URL", options.connections, seconds)
        )
        lines.append(f"- {peer.name} {peers.version(peer)}: `{command}`")
    return "\n".join(lines)


def _body(results: dict[str, list[Result]]) -> str:
    mine = results[OURS]
    head = ("generator", "requests/s", "CPU us/request", "whole command", "server's count", "our rate / its",
            "lowest–highest", "our CPU / its")  # fmt: skip
    rows = [_row(name, mine, found) for name, found in results.items()]
    own = median(r.own_cpu_us for r in mine)
    p50, p99 = median(r.p50_us for r in mine), median(r.p99_us for r in mine)
    return "\n".join([
        table(head, rows),
        "",
        "loadbench's CPU is its worker's, user and system, by the kernel's account over the middle of the run, and per"
        f" request that the server counted meanwhile; by its own account it is {number(own, 2)} us. Its *whole command*"
        " is everything from the first import to the last byte of the document, so it falls as runs get longer; a"
        " peer's figure has its own start in it, which is little for those in C and Go and much for Locust. Service"
        f" time p50 {number(p50)} us, p99 {number(p99)} us. A count that is off by no more than the connections is"
        " what a generator left in flight when it stopped; ours waits for the last answers.",
    ])  # fmt: skip


def _row(name: str, mine: list[Result], found: list[Result]) -> tuple[str, ...]:
    gap = max(abs(r.counted - r.requests) for r in found)
    cells = (
        name,
        number(statistics.median(r.rate_rps for r in found)),
        number(statistics.median(r.cpu_us for r in found), 2),
        number(statistics.median(r.command_us for r in found), 2),
        "agrees" if gap == 0 else f"up to {gap} off",
    )
    if name == OURS:
        return (*cells, "", "", "")
    rates = [r.rate_rps for r in mine], [r.rate_rps for r in found]
    each = [a / b for a, b in zip(*rates, strict=True)]
    cpu = ratio([r.cpu_us for r in mine], [r.cpu_us for r in found])
    return (*cells, f"{ratio(*rates):.2f}", spread(each), f"{cpu:.2f}")


def _limits(results: dict[str, list[Result]], chosen: tuple[peers.Peer, ...]) -> tuple[Limit, ...]:
    mine = results[OURS]
    gap = max(abs(r.counted - r.requests) for r in mine)
    limits = [Limit("requests that the server's own counter has more or fewer than ours", 0, 0, gap, "", False, 0)]
    for peer in chosen:
        if peer.limits is None:
            continue
        rate = ratio([r.rate_rps for r in mine], [r.rate_rps for r in results[peer.name]])
        limits.append(Limit(f"requests/s on one core, vs {peer.name}", *peer.limits, rate, "x"))
        if peer.name == "wrk":
            cpu = ratio([r.cpu_us for r in mine], [r.cpu_us for r in results["wrk"]])
            limits.append(Limit("CPU per request, vs wrk", *CPU_LIMITS, cpu, "x", False))
    return tuple(limits)

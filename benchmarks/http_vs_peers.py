"""HTTP/1.1 requests per second and CPU per request, side by side with wrk and hey: `make bench`.

One nginx worker on core 0, one generator at a time on core 1, 64 keep-alive connections, alternating A B C A B C so
that whatever else the machine does meets all of them alike. Our side is the real thing: `fire`, a worker process,
both clocks, full recording. Ratios of the same round are compared, never figures of different minutes; the CPU time
per request (user and system) is what noise hurts least. The server's own counter must agree with ours.

    python -m benchmarks.http_vs_peers [--rounds 5] [--seconds 4] [--connections 64] [--no-write]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

if __package__ in (None, ""):  # started as a file
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.nginx import Nginx, nginx

from loadbench_gui.core.plan import ClosedLoad, Expectation, GeneratorSettings, Load, Request, Target, Workload
from loadbench_gui.core.run import Interval
from loadbench_gui.services.generator import Fired, fire

SERVER_CPU, GENERATOR_CPU = 0, 1
RESULTS = Path(__file__).with_name("RESULTS.md")
WARMUP_S = 0.5
LEAST_RATE, LEAST_CPU = 0.85, 1.20


@dataclass(frozen=True)
class Result:
    """One generator in one round. requests: all it sent; counted: by the server."""

    rate_rps: float
    cpu_us: float
    requests: int
    counted: int
    p50_us: float | None = None
    p99_us: float | None = None


def ours(server: Nginx, connections: int, seconds: float) -> Result:
    """Fire through the generator service, as every command does."""
    before = server.requests()
    intervals: list[Interval] = []
    fired = asyncio.run(_fire(server, connections, seconds, intervals))
    counted = server.requests() - before - 1
    window = [i for i in intervals if WARMUP_S <= i.t_s < WARMUP_S + seconds]
    cpu_s = sum(i.health.work_cpu_s for i in window)
    completed = sum(i.traffic.completed for i in window)
    total = sum((i.everything.ended for i in intervals), 0)
    if fired.measured.succeeded != fired.measured.issued:
        sys.exit(f"requests failed: {dict(fired.measured.errors)}")
    service = fired.measured.service
    return Result(
        fired.traffic.completed / fired.duration_s,
        1e6 * cpu_s / completed,
        total,
        counted,
        service.quantile(0.5),
        service.quantile(0.99),
    )


async def _fire(server: Nginx, connections: int, seconds: float, intervals: list[Interval]) -> Fired:
    workload = Workload("bench", "http", Request(), Expectation(status=200), ClosedLoad(connections), WARMUP_S, seconds)
    return await fire(
        Load(Target("http", "127.0.0.1", server.port, "127.0.0.1"), workload),
        GeneratorSettings(workers=1),
        cpus=(GENERATOR_CPU,),
        on_state=lambda _: None,
        on_interval=intervals.append,
        on_caveat=lambda _: None,
        stop=asyncio.Event(),
        on_start=lambda _: None,
    )


def wrk(server: Nginx, connections: int, seconds: float) -> Result:
    """Run wrk with one thread."""
    text, cpu_s, counted = _peer(server, ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "--latency", server.url])
    requests = int(_number(r"(\d+) requests in", text))
    p50, p99 = (_duration_us(re.search(rf"{q}%\s+([\d.]+)(us|ms|s)", text)) for q in (50, 99))
    return Result(_number(r"Requests/sec:\s+([\d.]+)", text), 1e6 * cpu_s / requests, requests, counted, p50, p99)


def hey(server: Nginx, connections: int, seconds: float) -> Result:
    """Run hey on one CPU."""
    command = ["hey", "-z", f"{seconds:g}s", "-c", str(connections), "-cpus", "1", server.url]
    text, cpu_s, counted = _peer(server, command)
    requests = int(_number(r"\[200\]\s+(\d+) responses", text))
    return Result(_number(r"Requests/sec:\s+([\d.]+)", text), 1e6 * cpu_s / requests, requests, counted)


def _peer(server: Nginx, command: list[str]) -> tuple[str, float, int]:
    """Return what a peer printed, its CPU seconds (user and system) and how many requests the server saw."""
    before = server.requests()
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(["taskset", "-c", str(GENERATOR_CPU), *command], stdout=output)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read()
    if process.returncode:
        sys.exit(f"{command[0]} failed:\n{text}")
    return text, usage.ru_utime + usage.ru_stime, server.requests() - before - 1


def _number(pattern: str, text: str) -> float:
    found = re.search(pattern, text)
    if found is None:
        sys.exit(f"cannot read the peer's output ({pattern}):\n{text}")
    return float(found[1])


def _duration_us(found: re.Match[str] | None) -> float | None:
    return float(found[1]) * {"us": 1.0, "ms": 1e3, "s": 1e6}[found[2]] if found else None


TOOLS = {"loadbench": ours, "wrk": wrk, "hey": hey}


def compare(rounds: int, seconds: float, connections: int) -> tuple[str, dict[str, list[Result]]]:
    """Alternate the tools that are installed; return nginx's version and the results by tool."""
    tools = {name: tool for name, tool in TOOLS.items() if name == "loadbench" or shutil.which(name)}
    results: dict[str, list[Result]] = {name: [] for name in tools}
    with nginx(SERVER_CPU) as server:
        for number in range(rounds):
            for name, tool in tools.items():
                result = tool(server, connections, seconds)
                results[name].append(result)
                print(f"round {number + 1} {name:10} {result.rate_rps:9,.0f}/s  {result.cpu_us:6.2f} us CPU/request")
        return server.version, results


def table(results: dict[str, list[Result]]) -> list[str]:
    """Return the comparison as a Markdown table; ratios are medians of the ratios within each round."""
    mine = results["loadbench"]
    lines = [
        "| generator | requests/s | CPU us/request | p50 us | p99 us | server's count agrees"
        " | our rate / its | our CPU / its |",
        "|---|---:|---:|---:|---:|---|---:|---:|",
    ]
    for name, theirs in results.items():
        rate = statistics.median(a.rate_rps / b.rate_rps for a, b in zip(mine, theirs, strict=True))
        cpu = statistics.median(a.cpu_us / b.cpu_us for a, b in zip(mine, theirs, strict=True))
        quantiles = [_median([r.p50_us for r in theirs]), _median([r.p99_us for r in theirs])]
        gap = max(abs(r.counted - r.requests) for r in theirs)
        agrees = "yes" if gap == 0 else f"differs by up to {gap}"
        lines.append(
            f"| {name} | {statistics.median(r.rate_rps for r in theirs):,.0f}"
            f" | {statistics.median(r.cpu_us for r in theirs):.2f} | {quantiles[0]} | {quantiles[1]} | {agrees}"
            + (" | | |" if name == "loadbench" else f" | {rate:.2f} | {cpu:.2f} |")
        )
    return lines


def _median(values: list[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{statistics.median(known):,.0f}" if known else ""


def document(options: argparse.Namespace, version: str, results: dict[str, list[Result]]) -> str:
    """Return RESULTS.md."""
    model = next(
        (line.split(":", 1)[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), "unknown"
    )
    return "\n".join(
        [
            "# HTTP/1.1 side by side",
            "",
            f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {model}, {os.cpu_count()} CPUs, {platform.system()}"
            f" {platform.release()}, Python {platform.python_version()}, {version}; load average"
            f" {os.getloadavg()[0]:.1f}.",
            "",
            f"`python -m benchmarks.http_vs_peers --rounds {options.rounds} --seconds {options.seconds:g}"
            f" --connections {options.connections}`: the server pinned to core {SERVER_CPU}, one generator at a time"
            f" on core {GENERATOR_CPU}, alternating. Medians; ratios are medians of the ratios within each round.",
            "CPU is user and system time: for peers of the whole process, for loadbench of the worker process during"
            " the measured window, both histograms, all five stamps and the error classes recorded.",
            "",
            *table(results),
            "",
            f"Limits: at least {LEAST_RATE} of wrk's rate, at most {LEAST_CPU} times its CPU per request.",
            "",
        ]
    )


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--no-write", action="store_true", help="leave RESULTS.md alone")
    options = parser.parse_args()
    if (os.cpu_count() or 1) < 2:
        sys.exit("server and generator need a core each: this machine has one")
    version, results = compare(options.rounds, options.seconds, options.connections)
    text = document(options, version, results)
    print("\n" + text)
    if not options.no_write:
        RESULTS.write_text(text, encoding="utf-8")
    wrong = [r for r in results["loadbench"] if r.counted != r.requests]
    if wrong:
        sys.exit("the server's own counter does not agree with ours")


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(65_536, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2)
    main()

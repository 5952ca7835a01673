"""Where the microseconds of a request go: the worker's samples by the kernel, by place, and the floor below them."""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import machine, peers, sampling, shipped
from benchmarks.document import Section
from benchmarks.machine import SERVER_CPU
from benchmarks.nginx import Nginx, nginx
from benchmarks.options import Options
from benchmarks.tables import number, table

SAMPLES_HZ = 1999
SETTLE_S = 1.0
TAIL_S = 2.0
"""The run goes on for so long after the last look, so that no tool meets its end."""

FLOOR = Path(__file__).parents[1] / "programs" / "floor_client.py"
FLOORS = {
    "transport": "a protocol over uvloop that writes again, and looks at nothing",
    "buffered": "the same, reading into memory of its own",
    "descriptor": "the same, writing past uvloop's transport",
    "epoll": "no event loop: epoll, read, write",
}
CALLS = (
    (
        r"ksys_write|vfs_write|__sys_sendto|__sys_sendmsg|do_writev",
        "kernel: write, the way to the server's socket included",
    ),
    (r"ksys_read|vfs_read|__sys_recvfrom|__sys_recvmsg|do_readv", "kernel: read"),
    (r".*epoll_", "kernel: epoll"),
)
LIBRARIES = (
    ("kernel", "kernel: entering and leaving calls, interrupts"),
    ("uvloop", "event loop (uvloop)"),
    ("httptools", "parser (httptools)"),
    ("_multiarray", "folding (numpy)"),
    ("libpython", "interpreter: our own code"),
    ("python3", "interpreter: our own code"),
    ("libc.", "C library"),
    ("vdso", "reading the clock"),
)
NAMES = {"loop.cpython": "uvloop", "parser.cpython": "httptools", "[kernel": "kernel"}


@dataclass(frozen=True)
class Profile:
    """Samples by place, the CPU a request cost meanwhile, and system calls a request."""

    places: Counter[str]
    cpu_us: float
    calls: dict[str, float]


def measure(options: Options) -> Section:
    """Profile our worker, and measure the floor beside it."""
    rounds, seconds = options.pick_rounds(3, 1), options.pick_seconds(4.0, 2.0)
    for program in ("perf", "strace"):
        if machine.find(program) is None:
            sys.exit(f"{program} is not installed; get it with {peers.DEBIAN}")
    profiles: list[Profile] = []
    floors: dict[str, list[float]] = {kind: [] for kind in FLOORS}
    with nginx(SERVER_CPU) as server:
        for _ in range(rounds):
            profiles.append(_profile(server, options.connections, seconds))
            for kind, costs in floors.items():
                costs.append(_floor(server, kind, options.connections, seconds / 2))
            print(profiles[-1], floors, flush=True)
    return Section(
        "hotpath",
        "Where the microseconds of a request go",
        f"`{options.command('hotpath')}`: {rounds} rounds of `{shipped.shown('-c', str(options.connections))}`; `perf"
        f" record -e cpu-clock -F {SAMPLES_HZ} -g` on the worker for {seconds:g} s, its CPU time and the server's count"
        " over the same span, then `strace -c` on it for a second. Medians.",
        _body(profiles, floors),
    )


def _profile(server: Nginx, connections: int, seconds: float) -> Profile:
    length_s = SETTLE_S + seconds + 2 + TAIL_S
    with shipped.started(server.url, "-c", str(connections), "-d", f"{length_s:g}s") as command:
        worker, before = command.worker(), server.requests()
        while server.requests() - before < 1_000 and not command.is_over:
            time.sleep(0.05)
        time.sleep(SETTLE_S)
        first = sampling.cpu_s(worker), server.requests()
        places = _perf(worker, seconds)
        last = sampling.cpu_s(worker), server.requests()
        calls = _strace(worker, server)
        command.end()
    return Profile(places, 1e6 * (last[0] - first[0]) / (last[1] - first[1]), calls)


def _perf(pid: int, seconds: float) -> Counter[str]:
    """Sample a process and sort each sample into a place."""
    with TemporaryDirectory(prefix="loadbench-perf-") as folder:
        data = str(Path(folder, "perf.data"))
        record = ["perf", "record", "-q", "-e", "cpu-clock", "-F", str(SAMPLES_HZ), "-g", "-p", str(pid), "-o", data]
        subprocess.run([*record, "--", "sleep", f"{seconds:g}"], check=True, stderr=subprocess.DEVNULL)
        script = ["perf", "script", "-i", data, "-F", "ip,sym,dso"]
        text = subprocess.run(script, check=True, capture_output=True, text=True).stdout
    return Counter(_place(sample.strip().splitlines()) for sample in text.split("\n\n") if sample.strip())


def _place(frames: list[str]) -> str:
    """Name the place of one sample, innermost frame first."""
    symbols = [frame.split()[1] for frame in frames if len(frame.split()) > 1]
    for pattern, name in CALLS:
        if any(re.match(pattern, symbol) for symbol in symbols):
            return name
    where = frames[0].rpartition("(")[2]
    where = next((name for part, name in NAMES.items() if part in where), where)
    return next((name for part, name in LIBRARIES if part in where), "elsewhere")


def _strace(pid: int, server: Nginx) -> dict[str, float]:
    """Count the system calls of a second, per request that the server counted meanwhile."""
    with TemporaryDirectory(prefix="loadbench-strace-") as folder:
        out = Path(folder, "calls")
        with subprocess.Popen(["strace", "-c", "-p", str(pid), "-o", str(out)], stderr=subprocess.DEVNULL) as tracer:
            time.sleep(0.3)
            before = server.requests()
            time.sleep(1.0)
            counted = server.requests() - before
            tracer.terminate()
        rows = re.findall(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$", out.read_text(), re.M)
    # It began a moment before the count and ended with it: shares of the commonest call are right, and that is one.
    found = {name: int(count) for count, name in rows if name != "total"}
    most = max(found.values(), default=1)
    return {name: count / most for name, count in found.items()} if counted else {}


def _floor(server: Nginx, kind: str, connections: int, seconds: float) -> float:
    """Return what a request costs that nobody looks at, in microseconds."""
    how = [kind, "--seconds", f"{seconds:g}", "--connections", str(connections)]
    text = peers.run([sys.executable, str(FLOOR), str(server.port), *how]).text
    return 1e6 * peers.found(r"cpu_s ([\d.]+)", text) / peers.found(r"answers (\d+)", text)


def _body(profiles: list[Profile], floors: dict[str, list[float]]) -> str:
    cost = statistics.median(profile.cpu_us for profile in profiles)
    names = sorted({name for profile in profiles for name in profile.places}, key=lambda name: -_share(profiles, name))
    rows = [[name, f"{_share(profiles, name):.1%}", number(cost * _share(profiles, name), 2)] for name in names]
    calls = {name: statistics.median(p.calls.get(name, 0.0) for p in profiles) for p in profiles for name in p.calls}
    most = sorted(calls.items(), key=lambda item: -item[1])[:4]
    below = [[FLOORS[kind], number(statistics.median(costs), 2)] for kind, costs in floors.items()]
    return "\n\n".join([
        table(("place", "share of the worker's samples", "us a request"), rows),
        f"In all {cost:.2f} us of CPU a request. System calls, per write: "
        + ", ".join(f"{name} {count:.3f}" for name, count in most) + ".",
        table(("the floor: nothing checked, nothing recorded", "us of CPU a request"), below),
    ])  # fmt: skip


def _share(profiles: list[Profile], name: str) -> float:
    return statistics.median(profile.places[name] / profile.places.total() for profile in profiles)

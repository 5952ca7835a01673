"""The load generators that loadbench is held against: how each is started, and how its words are read."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import machine, sampling

PROGRAMS = Path(__file__).with_name("programs")
DEBIAN = "packaging/system-packages.sh bench"
REGISTRIES = "packaging/bench-tools.sh"


@dataclass(frozen=True)
class Said:
    """What a generator claims: requests a second, and how many requests it made."""

    rate_rps: float
    requests: int


@dataclass(frozen=True)
class Peer:
    """One generator.

    command: program and arguments for (url, connections, seconds). read: its claims out of its words. limits: at least
    and aim, how many times its rate ours has to be; None where no limit is set. origin: how to get it.
    """

    name: str
    command: Callable[[str, int, float], list[str]]
    read: Callable[[str], Said]
    origin: str
    version: tuple[str, str]
    limits: tuple[float, float] | None = None

    @property
    def program(self) -> str:
        """The program's name on the path."""
        return self.version[0].split()[0]


def found(pattern: str, text: str) -> float:
    """Return the number that the pattern's group catches. Ends the benchmark with the words where it does not."""
    match = re.search(pattern, text, re.M)
    if match is None:
        sys.exit(f"cannot read a peer's output ({pattern}):\n{text[-2000:]}")
    return float(match[1])


def _wrk(url: str, connections: int, seconds: float) -> list[str]:
    return ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", url]


def _h2load(url: str, connections: int, seconds: float) -> list[str]:
    return ["h2load", "--h1", "-t1", f"-c{connections}", f"-D{seconds:g}", url]


def _ab(url: str, connections: int, seconds: float) -> list[str]:
    most = str(round(seconds * 300_000))
    return ["ab", "-q", "-k", "-c", str(connections), "-t", f"{seconds:.0f}", "-n", most, url]


def _hey(url: str, connections: int, seconds: float) -> list[str]:
    return ["hey", "-cpus", "1", "-c", str(connections), "-z", f"{seconds:g}s", url]


def _autocannon(url: str, connections: int, seconds: float) -> list[str]:
    return ["autocannon", "-j", "-n", "-c", str(connections), "-d", f"{seconds:g}", url]


def _k6(url: str, connections: int, seconds: float) -> list[str]:
    options = ["--quiet", "--no-usage-report", "--vus", str(connections), "--duration", f"{seconds:g}s"]
    return ["env", "GOMAXPROCS=1", f"URL={url}", "k6", "run", *options, str(PROGRAMS / "closed.js")]


def _locust(url: str, connections: int, seconds: float) -> list[str]:
    users = ["-u", str(connections), "-r", str(connections), "-t", f"{seconds:g}s"]
    return ["locust", "-f", str(PROGRAMS / "locustfile.py"), "--headless", "--json", "-H", url.rstrip("/"), *users]


def _read_autocannon(text: str) -> Said:
    line = next((line for line in text.splitlines() if line.startswith("{")), None)
    if line is None:
        sys.exit(f"cannot read autocannon's output:\n{text[-2000:]}")
    result = json.loads(line)
    return Said(result["requests"]["total"] / result["duration"], result["requests"]["total"])


def _read_locust(text: str) -> Said:
    start = text.find("\n[\n")
    if start < 0:
        sys.exit(f"cannot read Locust's output:\n{text[-2000:]}")
    entry = json.JSONDecoder().raw_decode(text[start + 1 :])[0][0]
    return Said(entry["num_requests"] / (entry["last_request_timestamp"] - entry["start_time"]), entry["num_requests"])


def _reader(rate: str, requests: str) -> Callable[[str], Said]:
    return lambda text: Said(found(rate, text), int(found(requests, text)))


PEERS: tuple[Peer, ...] = (
    Peer(
        "wrk", _wrk, _reader(r"Requests/sec:\s+([\d.]+)", r"^\s*(\d+) requests in"),
        DEBIAN, ("wrk -v", r"wrk (?:debian/)?([\d.]+)"), (0.85, 1.0),
    ),
    Peer(
        "h2load", _h2load, _reader(r"finished in .*, ([\d.]+) req/s", r"(\d+) succeeded"),
        DEBIAN, ("h2load --version", r"nghttp2/([\d.]+)"),
    ),
    Peer(
        "ab", _ab, _reader(r"Requests per second:\s+([\d.]+)", r"Complete requests:\s+(\d+)"),
        DEBIAN, ("ab -V", r"Version ([\d.]+)"),
    ),
    Peer(
        "hey", _hey, _reader(r"Requests/sec:\s+([\d.]+)", r"\[200\]\s+(\d+) responses"),
        DEBIAN, ("dpkg-query -W -f ${Version} hey", r"([\d.]+)"), (2.3, 3.0),
    ),
    Peer(
        "autocannon", _autocannon, _read_autocannon,
        REGISTRIES, ("autocannon --version", r"autocannon v([\d.]+)"), (1.3, 1.8),
    ),
    Peer(
        "k6", _k6, _reader(r"http_reqs[.:\s]+\d+\s+([\d.]+)/s", r"http_reqs[.:\s]+(\d+)"),
        REGISTRIES, ("k6 version", r"k6 v([\d.]+)"), (7.0, 10.0),
    ),
    Peer(
        "Locust FastHttpUser", _locust, _read_locust,
        REGISTRIES, ("locust --version", r"locust ([\d.]+)"), (14.0, 20.0),
    ),
)  # fmt: skip


def require(peers: tuple[Peer, ...]) -> None:
    """End the benchmark where one is missing, and say how to get it."""
    programs = {"hey" if peer.name == "hey" else peer.program: peer.origin for peer in peers}
    missing = {program: origin for program, origin in programs.items() if machine.find(program) is None}
    if missing:
        lines = [f"  {program}: {origin}" for program, origin in missing.items()]
        sys.exit("\n".join(["not installed; get them so, or leave them out with --only:", *lines]))


def version(peer: Peer) -> str:
    """Return its version in its own words."""
    command, pattern = peer.version
    done = subprocess.run(command.split(), capture_output=True, text=True, check=False)
    match = re.search(pattern, done.stdout + done.stderr)
    return match[1] if match else "unknown"


def run(
    command: list[str],
    cpu: int = machine.GENERATOR_CPU,
    meanwhile: Callable[[Callable[[], bool]], object] | None = None,
) -> sampling.Ended:
    """Run a generator on one CPU to its end. Ends the benchmark with its words if it fails.

    meanwhile: called once it has been started, with what tells whether it has ended.
    """
    with TemporaryDirectory(prefix="loadbench-peer-") as folder:
        output = Path(folder, "output")
        start_s = time.monotonic()
        with output.open("wb") as out:
            process = subprocess.Popen(machine.pinned(cpu, command), stdout=out, stderr=subprocess.STDOUT, cwd=folder)
        try:
            if meanwhile is not None:
                meanwhile(lambda: sampling.over(process.pid))
            ended = sampling.wait(process, output, start_s)
        finally:
            if process.returncode is None:
                process.terminate()
                process.wait()
    if ended.code:
        sys.exit(f"{command[0]} failed with exit code {ended.code}:\n{ended.text[-2000:]}")
    return ended

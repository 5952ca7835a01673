"""Generators that say quantiles: at a constant rate where they can, as a closed loop where they cannot.

Each is a function from a running truth server to what it claims. A peer without a rate gets so few connections that it
comes out near the same rate. What is missing is said, never skipped in silence.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks import machine, peers, shipped, truth
from benchmarks.quantiles import quantiles

RATE_RPS = 1000
CONNECTIONS = 64
CLOSED_CONNECTIONS = 5
"""With answers that take 5 ms on average, five connections make about a thousand requests a second."""
H2LOAD_CLIENTS = 20
WRK2_CALIBRATION_S = 10.5
"""wrk2 measures its own overhead for ten seconds and throws away what it saw until then."""

CONTROL = Path(__file__).with_name("programs") / "control_client.py"
Quantiles = Mapping[str, float | None]


@dataclass(frozen=True)
class Claim:
    """What a generator says it saw, in microseconds. last_s: its figures are about so many last seconds; 0: all."""

    clock: str
    figures: Quantiles
    last_s: float = 0.0


@dataclass(frozen=True)
class Rated:
    """One generator. ask: (server, seconds) -> claims. shown: its command; programs: what it needs; how: to get it."""

    name: str
    ask: Callable[[truth.Running, float], list[Claim]]
    shown: str
    program: str = ""
    how: str = ""


def loadbench(server: truth.Running, seconds: float) -> list[Claim]:
    """The shipped command at a constant rate: both clocks."""
    found = shipped.run(server.url, "-c", str(CONNECTIONS), "-r", str(RATE_RPS), "-d", f"{seconds:g}s")
    shipped.require_clean(found, "loadbench")
    return [Claim("scheduled", found.scheduled_us), Claim("service", found.service_us)]


def control(server: truth.Running, seconds: float) -> list[Claim]:
    """A bare client: both clocks."""
    options = ["--rate", str(RATE_RPS), "--seconds", f"{seconds:g}", "--connections", str(CONNECTIONS)]
    found = json.loads(peers.run([sys.executable, str(CONTROL), str(server.port), *options]).text)
    return [Claim("scheduled", found["scheduled"]), Claim("service", found["service"])]


def wrk(server: truth.Running, seconds: float) -> list[Claim]:
    """Run wrk, which has no rate: service time only."""
    script = str(peers.PROGRAMS / "quantiles.lua")
    text = peers.run(["wrk", "-t1", f"-c{CLOSED_CONNECTIONS}", f"-d{seconds:g}s", "-s", script, server.url]).text
    return [Claim("service", _from_lua(text))]


def wrk2(server: truth.Running, seconds: float) -> list[Claim]:
    """Run wrk2: it counts from the intended moment."""
    script = str(peers.PROGRAMS / "quantiles.lua")
    length_s = round(seconds + WRK2_CALIBRATION_S)
    options = ["-t1", f"-c{CONNECTIONS}", f"-d{length_s}s", f"-R{RATE_RPS}", "-s", script]
    return [Claim("scheduled", _from_lua(peers.run(["wrk2", *options, server.url]).text), last_s=seconds)]


def k6(server: truth.Running, seconds: float) -> list[Claim]:
    """Run k6 with constant arrivals: it counts from the actual sending."""
    with TemporaryDirectory(prefix="loadbench-k6-") as folder:
        out = Path(folder, "summary.json")
        values = {"URL": server.url, "RATE": RATE_RPS, "SECONDS": f"{seconds:g}", "CONNECTIONS": CONNECTIONS}
        peers.run([
            "env", "GOMAXPROCS=1", *(f"{name}={value}" for name, value in values.items()),
            "k6", "run", "--quiet", "--no-usage-report", "--summary-export", str(out),
            "--summary-trend-stats", "p(50),p(90),p(99),p(99.9)", str(peers.PROGRAMS / "open.js"),
        ])  # fmt: skip
        found = json.loads(out.read_text(encoding="utf-8"))["metrics"]["http_req_duration"]
    names = {"p50": "p(50)", "p90": "p(90)", "p99": "p(99)", "p99_9": "p(99.9)"}
    return [Claim("service", {ours: found[theirs] * 1e3 for ours, theirs in names.items()})]


def h2load(server: truth.Running, seconds: float) -> list[Claim]:
    """Run h2load with a rate for each client; its quantiles are those of its own log of requests."""
    with TemporaryDirectory(prefix="loadbench-h2load-") as folder:
        out = Path(folder, "requests.tsv")
        rate = f"--rps={RATE_RPS / H2LOAD_CLIENTS:g}"
        options = ["--h1", "-t1", f"-c{H2LOAD_CLIENTS}", rate, f"-D{seconds:g}", f"--log-file={out}"]
        peers.run(["h2load", *options, server.url])
        columns = np.loadtxt(out, dtype=np.int64)
    return [Claim("service", quantiles(columns[columns[:, 1] == 200][:, 2].astype(np.float64)))]


def _from_lua(text: str) -> Quantiles:
    found = dict(re.findall(r"^quantile ([\d.]+) (\d+)$", text, re.M))
    if set(found) != {"50", "90", "99", "99.9"}:
        sys.exit(f"cannot read the quantiles:\n{text[-2000:]}")
    return {
        "p50": float(found["50"]),
        "p90": float(found["90"]),
        "p99": float(found["99"]),
        "p99_9": float(found["99.9"]),
    }


SOURCE = "no package of it here: build it from its source and put it on the PATH"
TABLE: tuple[Rated, ...] = (
    Rated("loadbench", loadbench, shipped.shown("-c", str(CONNECTIONS), "-r", str(RATE_RPS), "-d", "..")),
    Rated("bare control", control, f"control_client.py PORT --rate {RATE_RPS} --connections {CONNECTIONS}"),
    Rated("wrk2", wrk2, f"wrk2 -t1 -c{CONNECTIONS} -R{RATE_RPS} -d.. -s quantiles.lua URL", "wrk2", SOURCE),
    Rated("k6", k6, f"k6 run open.js, {RATE_RPS}/s, {CONNECTIONS} users, GOMAXPROCS=1", "k6", peers.REGISTRIES),
    Rated(
        "h2load", h2load, f"h2load --h1 -t1 -c{H2LOAD_CLIENTS} --rps={RATE_RPS / H2LOAD_CLIENTS:g} -D.. URL",
        "h2load", peers.DEBIAN,
    ),
    Rated("wrk", wrk, f"wrk -t1 -c{CLOSED_CONNECTIONS} -d.. -s quantiles.lua URL (closed loop)", "wrk", peers.DEBIAN),
)  # fmt: skip
OPTIONAL = frozenset({"wrk2"})


def available(wants: Callable[[str], bool]) -> tuple[tuple[Rated, ...], list[str]]:
    """Return those that can run, and a sentence for each that cannot be had. Ends the benchmark for any other."""
    chosen = [rated for rated in TABLE if not rated.program or wants(rated.name)]
    missing = [rated for rated in chosen if rated.program and machine.find(rated.program) is None]
    if wrong := [rated for rated in missing if rated.name not in OPTIONAL]:
        lines = [f"  {rated.program}: {rated.how}" for rated in wrong]
        sys.exit("\n".join(["not installed; get them so, or leave them out with --only:", *lines]))
    sentences = [f"{rated.name} was not measured ({rated.how})." for rated in missing]
    return tuple(rated for rated in chosen if rated not in missing), sentences

"""Does the open window cost the figures anything? The same profile in the window and headless, in turns."""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import shipped
from benchmarks.display import SCREEN, display
from benchmarks.document import Limit, Section
from benchmarks.machine import GENERATOR_CPU, ROOT, SERVER_CPU, STOLEN
from benchmarks.nginx import Nginx, nginx
from benchmarks.options import Options
from benchmarks.tables import number, ratio, spread, table

SHARE = 0.6
WARMUP_S = 0.5
CAPACITY_S = 3.0
PATIENCE_S = 300.0
ATTEMPTS = 3
"""So many times the rounds asked for, to find enough runs that count."""
DRIVER = Path(__file__).parents[1] / "programs" / "window_run.py"

PROFILE = """\
schema = 1
name = "Window and headless"

[[deployment]]
name = "first"
url = "http://127.0.0.1:{port}"

[[deployment]]
name = "second"
url = "http://127.0.0.1:{port}"

[[workload]]
name = "json"
request = {{ path = "/" }}
expect = {{ status = 200 }}
load = {{ model = "open", rate = {rate}, connections = {connections} }}
warmup = "{warmup}ms"
duration = "{seconds}ms"

[generator]
workers = 1
cpus = [{cpu}]

[comparison]
baseline = "first"
rounds = 1
"""


@dataclass(frozen=True)
class Ran:
    """One run. rate in requests a second, latencies scheduled, in microseconds, steal as a share of a CPU's time."""

    rate_rps: float
    p50_us: float
    p99_us: float
    steal: float
    verdict: str


def measure(options: Options) -> Section:
    """Find the capacity, then alternate at a share of it. A profile has two deployments: a round is two runs each."""
    rounds, seconds = options.pick_rounds(4, 1), options.pick_seconds(4.0, 2.0)
    headless: list[Ran] = []
    window: list[Ran] = []
    said = ""
    tried = 0
    with nginx(SERVER_CPU) as server, display() as screen, TemporaryDirectory(prefix="loadbench-window-") as folder:
        capacity = _capacity(server, options.connections)
        rate = round(SHARE * capacity)
        profile = Path(folder, "profile.toml")
        profile.write_text(_profile(server, rate, options.connections, seconds), encoding="utf-8")
        while tried < rounds or (_too_few(headless, window, 2 * rounds) and tried < ATTEMPTS * rounds):
            tried += 1
            place = Path(folder, str(tried))
            headless += _headless(profile, place / "headless")
            ran, said = _window(profile, place / "window", screen)
            window += ran
            print(f"round {tried} headless {headless[-2:]}\nround {tried} window   {window[-2:]}", flush=True)
    if _too_few(headless, window, 1):
        sys.exit(
            f"the hypervisor took more than {STOLEN:.0%} of the CPUs in all runs: try again when the host is quieter"
        )
    return Section(
        "window",
        "With the window open",
        f"`{options.command('window')}`: {tried} rounds of two runs of {seconds:g} s,"
        f" {options.connections} connections, at {rate:,}/s, which is {SHARE:.0%} of the {capacity:,.0f}/s that one"
        f" worker made in a closed loop just before; nginx on core {SERVER_CPU}, the worker on core {GENERATOR_CPU}."
        " The same profile by `loadbench compare` and in `loadbench-gui`, its window open on an Xvfb of"
        f" {SCREEN.rpartition('x')[0]}, on the Live page, drawing all its {_hz(said)}."
        f" Runs of whose CPUs the hypervisor took more than {STOLEN:.0%} are not counted, on either side; rounds are"
        " added to find enough others.",
        _table(headless, window),
        _limits(_counted(headless), _counted(window)),
    )


def _counted(runs: list[Ran]) -> list[Ran]:
    return [run for run in runs if run.steal <= STOLEN]


def _too_few(headless: list[Ran], window: list[Ran], wanted: int) -> bool:
    return min(len(_counted(headless)), len(_counted(window))) < wanted


def _profile(server: Nginx, rate: int, connections: int, seconds: float) -> str:
    return PROFILE.format(
        port=server.port, rate=rate, connections=connections, cpu=GENERATOR_CPU,
        warmup=round(WARMUP_S * 1e3), seconds=round(seconds * 1e3),
    )  # fmt: skip


def _capacity(server: Nginx, connections: int) -> float:
    found = shipped.run(server.url, "-c", str(connections), "-d", f"{CAPACITY_S:g}s", "--warmup", "500ms")
    shipped.require_clean(found, "capacity")
    return found.rate_rps


def _headless(profile: Path, folder: Path) -> list[Ran]:
    folder.mkdir(parents=True)
    result = folder / "result.json"
    _finish([str(shipped.PROGRAM), "compare", str(profile), "--json", str(result)], folder)
    return _read(result)


def _window(profile: Path, folder: Path, screen: str) -> tuple[list[Ran], str]:
    """Open the window, let it measure, and read what it kept in its history."""
    folder.mkdir(parents=True)
    here = {"DISPLAY": screen, "QT_QPA_PLATFORM": "xcb"}
    said = _finish([sys.executable, str(DRIVER), str(profile), "--data-dir", str(folder / "data")], folder, here)
    listed = folder / "list.json"
    _finish([str(shipped.PROGRAM), "history", "list", "--json", str(listed)], folder)
    runs = json.loads(listed.read_text(encoding="utf-8"))["runs"]
    comparison = runs[0]["comparison_id"]
    result = folder / "result.json"
    _finish([str(shipped.PROGRAM), "history", "export", comparison, "-o", str(result)], folder)
    return _read(result), said


def _finish(command: list[str], folder: Path, extra: dict[str, str] | None = None) -> str:
    """Run a command to its end and return what it printed. A verdict that was withheld (3) is no failure here."""
    surroundings = shipped.environment(folder) | (extra or {})
    done = subprocess.run(
        command, env=surroundings, capture_output=True, text=True, timeout=PATIENCE_S, check=False, cwd=ROOT
    )
    if done.returncode not in (0, 3):
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def _hz(said: str) -> str:
    """Return how often the window drew, in its own words."""
    match = re.search(r"charts \d+ times a second", said)
    if match is None:
        sys.exit(f"the window did not say how often it drew: {said!r}")
    return match[0]


def _read(result: Path) -> list[Ran]:
    runs = json.loads(result.read_text(encoding="utf-8"))["runs"]
    return [_ran(shipped.figures(run)) for run in sorted(runs, key=lambda run: run["order"])]


def _ran(found: shipped.Figures) -> Ran:
    shipped.require_clean(found, "window")
    p50, p99 = found.scheduled_us["p50"], found.scheduled_us["p99"]
    if p50 is None or p99 is None:
        sys.exit("too few requests for a p99: ask for more --seconds")
    return Ran(found.rate_rps, p50, p99, found.document["generator"]["steal_fraction"] or 0.0, found.verdict)


def _table(headless: list[Ran], window: list[Ran]) -> str:
    head = (
        "", "runs counted", "requests/s", "scheduled p50, us", "p99, us", "p99 lowest–highest",
        "p99 of those not counted", "verdicts on the generator",
    )  # fmt: skip
    return table(head, [_row("headless", headless), _row("window", window)])


def _row(name: str, runs: list[Ran]) -> list[str]:
    counted = _counted(runs)
    spoiled = [run.p99_us for run in runs if run not in counted]
    return [
        name, f"{len(counted)} of {len(runs)}",
        number(statistics.median(run.rate_rps for run in counted)),
        number(statistics.median(run.p50_us for run in counted)),
        number(statistics.median(run.p99_us for run in counted)),
        spread([run.p99_us for run in counted], 0), spread(spoiled, 0) if spoiled else "–",
        ", ".join(f"{word} {times}" for word, times in Counter(run.verdict for run in counted).items()),
    ]  # fmt: skip


def _limits(headless: list[Ran], window: list[Ran]) -> tuple[Limit, ...]:
    rate = ratio([run.rate_rps for run in window], [run.rate_rps for run in headless])
    p99 = ratio([run.p99_us for run in window], [run.p99_us for run in headless])
    return (
        Limit("throughput with the window open, vs headless", 0.95, 1.0, round(rate, 3), "x"),
        Limit("scheduled p99 with the window open, vs headless", 1.05, 1.0, p99, "x", higher_is_better=False),
    )

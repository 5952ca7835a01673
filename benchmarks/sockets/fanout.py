"""The three bundled frameworks compared on fan-out, by the bundled profile, with its verdict."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import shipped
from benchmarks.machine import ROOT
from benchmarks.options import Options
from benchmarks.sockets.part import Part
from benchmarks.tables import median, milliseconds, number, table

PROFILE = "fan-out"
SHORT = {r"^rounds = .*": "rounds = 2", r"^warmup = .*": 'warmup = "0.5s"', r"^duration = .*": 'duration = "3s"'}
PATIENCE_S = 1200.0
WITHHELD = (0, 3)
"""A verdict that a gate withheld is told as it is; it is no failure of the benchmark."""


def measure(options: Options) -> Part:
    """Compare, and repeat what the comparison says."""
    found = _compare(_profile(options.quick))
    comparison = found["comparison"]
    body = "\n\n".join([
        f"`loadbench compare {PROFILE}`: 100 subscribers in one room, 50 publications a second. The verdicts are the"
        " program's own, by runs and not by messages; medians of the runs beside them, in milliseconds.",
        _runs_table(found["runs"]),
        comparison["summary"],
        _verdict_table(comparison["metrics"]),
        _gates(comparison["gates"]),
    ])  # fmt: skip
    return Part("Three frameworks on fan-out", body)


def _profile(quick: bool) -> str:
    """Return the bundled profile as it is, or with short runs and few of them."""
    text = (ROOT / "profiles" / f"{PROFILE}.toml").read_text(encoding="utf-8")
    for pattern, short in SHORT.items() if quick else ():
        text, found = re.subn(pattern, short, text, flags=re.M)
        if found != 1:
            sys.exit(f"{PROFILE} has no line like {pattern}")
    return text


def _compare(profile: str) -> dict[str, Any]:
    with TemporaryDirectory(prefix="loadbench-fanout-") as place:
        folder = Path(place)
        result, path = folder / "result.json", folder / f"{PROFILE}.toml"
        path.write_text(profile, encoding="utf-8")
        done = subprocess.run(
            [str(shipped.PROGRAM), "compare", str(path), "--json", str(result)],
            env=shipped.environment(folder), capture_output=True, text=True, timeout=PATIENCE_S, check=False, cwd=ROOT,
        )  # fmt: skip
        if done.returncode not in WITHHELD:
            sys.exit(f"the comparison ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        found: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
    return found


def _runs_table(runs: list[dict[str, Any]]) -> str:
    rows = []
    for name in dict.fromkeys(run["deployment"] for run in runs):
        mine = [run for run in runs if run["deployment"] == name]
        sockets = [run["websocket"] for run in mine]
        rows.append([
            name, number(len(mine)), number(sum(one["fanout_us"]["count"] for one in sockets)),
            *(milliseconds(median(one["fanout_us"][q] for one in sockets)) for q in ("p50", "p99")),
            milliseconds(median(one["skew_us"]["p50"] for one in sockets)),
            number(sum(one["lost"] for one in sockets)),
        ])  # fmt: skip
    head = ("deployment", "runs", "deliveries", "publication to a subscriber p50", "p99", "skew p50", "lost")
    return table(head, rows)


def _verdict_table(metrics: list[dict[str, Any]]) -> str:
    rows = [
        [one["deployment"], one["metric"], _ratio(one), one["verdict"], one["sentence"]]
        for one in metrics
    ]  # fmt: skip
    return table(("deployment", "metric", "ratio to the baseline, 95 % interval", "verdict", "in words"), rows)


def _ratio(metric: dict[str, Any]) -> str:
    if metric["ratio"] is None or metric["ci95"] is None:
        return "–"
    low, high = metric["ci95"]
    return f"{metric['ratio']:.2f} ({_bound(low)}–{_bound(high)})"


def _bound(value: float) -> str:
    """Write the end of an interval; of few runs it may be anywhere."""
    return f"{value:.2f}" if value < 100 else "over 100"


def _gates(gates: list[dict[str, Any]]) -> str:
    failed = [gate for gate in gates if not gate["passed"]]
    if not failed:
        return "Every gate was passed."
    return "\n".join(["Gates that were not passed:", "", *(f"- {gate['name']}: {gate['detail']}" for gate in failed)])

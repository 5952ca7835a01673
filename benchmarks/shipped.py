"""The shipped command, as a user runs it: `loadbench http URL ... --json FILE`, in a history of its own.

kind: which command, `http`, `stream` or `ws`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import sampling
from benchmarks.machine import GENERATOR_CPU, ROOT, pinned

PROGRAM = ROOT / ".venv" / "bin" / "loadbench"


@dataclass(frozen=True)
class Figures:
    """One run out of its result document. Latencies in microseconds by the document's names; None is unsupported.

    sent: all requests that ended, warm-up included.
    """

    requests: Mapping[str, int]
    sent: int
    rate_rps: float
    service_us: Mapping[str, float | None]
    scheduled_us: Mapping[str, float | None]
    dispatch_lag_us: Mapping[str, float | None]
    own_cpu_us: float | None
    verdict: str
    caveats: tuple[str, ...]
    errors: Mapping[str, int]
    document: Mapping[str, Any]


@dataclass(frozen=True)
class Started:
    """A command on its way. folder: its history, its result and its words."""

    process: subprocess.Popen[bytes]
    folder: Path
    started_s: float

    def worker(self) -> int:
        """Return the process id of its one worker, once there is one."""
        found = sampling.worker(self.process.pid)
        if found is None:
            self.end()
            sys.exit("loadbench ended before it had a worker to watch")
        return found

    @property
    def is_over(self) -> bool:
        """Tell whether it has ended."""
        return sampling.over(self.process.pid)

    def end(self) -> tuple[sampling.Ended, Figures]:
        """Wait for it; return what it cost and what it found. Ends the benchmark with its words if it failed."""
        ended = sampling.wait(self.process, self.folder / "words.txt", self.started_s)
        result = self.folder / "result.json"
        if ended.code or not result.exists():
            sys.exit(f"loadbench failed with exit code {ended.code}:\n{ended.text}")
        return ended, figures(json.loads(result.read_text(encoding="utf-8"))["runs"][0])


def environment(folder: Path) -> dict[str, str]:
    """Return the surroundings of a command that keeps its history in `folder`."""
    places = {"LOADBENCH_DATA_DIR": str(folder / "data"), "LOADBENCH_RUNTIME_DIR": str(folder / "run")}
    return {**os.environ, **places, "COLUMNS": "160", "NO_COLOR": "1"}


def arguments(url: str, *options: str, kind: str = "http") -> list[str]:
    """Return the command: one worker on the generator's core unless an option says otherwise."""
    return [str(PROGRAM), kind, url, "-w", "1", "--cpus", str(GENERATOR_CPU), *options]


def shown(*options: str, kind: str = "http") -> str:
    """Return the command as a person would type it."""
    return " ".join([f"loadbench {kind} URL -w 1 --cpus", str(GENERATOR_CPU), *options, "--json FILE"])


@contextmanager
def started(url: str, *options: str, cpu: int | None = None, kind: str = "http") -> Iterator[Started]:
    """Start it; what it leaves behind is removed.

    cpu: where all of it runs; None: what is not its worker runs where the system puts it.
    """
    with TemporaryDirectory(prefix="loadbench-bench-") as place:
        folder = Path(place)
        command = [*arguments(url, *options, kind=kind), "--json", str(folder / "result.json")]
        if cpu is not None:
            command = pinned(cpu, command)
        with (folder / "words.txt").open("wb") as words:
            process = subprocess.Popen(command, stdout=words, stderr=subprocess.STDOUT, env=environment(folder))
        try:
            yield Started(process, folder, time.monotonic())
        finally:
            if process.returncode is None:
                process.terminate()
                process.wait()


def run(url: str, *options: str, kind: str = "http") -> Figures:
    """Run it from start to end."""
    with started(url, *options, kind=kind) as command:
        return command.end()[1]


def figures(run: Mapping[str, Any]) -> Figures:
    """Read one run of a result document."""
    return Figures(
        requests=run["requests"],
        sent=sum(interval["requests"] for interval in run["intervals"]),
        rate_rps=run["throughput_rps"],
        service_us=run["latency_us"]["service"],
        scheduled_us=run["latency_us"]["scheduled"],
        dispatch_lag_us=run["dispatch_lag_us"],
        own_cpu_us=run["generator"]["cpu_us_per_request"],
        verdict=run["generator"]["verdict"],
        caveats=tuple(caveat["message"] for caveat in run["generator"]["caveats"]),
        errors=run["errors"],
        document=run,
    )


def require_clean(found: Figures, what: str) -> None:
    """End the benchmark if a request did not succeed: its figures would compare different work."""
    if found.requests["succeeded"] != found.requests["issued"]:
        sys.exit(f"{what}: requests failed: {dict(found.requests)} {dict(found.errors)}")

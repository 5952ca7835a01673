"""The whole program as a user starts it: real processes, real sockets, a history of its own."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psutil
import pytest

T = TypeVar("T")
HERE = Path(__file__).parent


@dataclass
class Target:
    """A server under test: its address and, once closed, how many requests it saw."""

    process: subprocess.Popen[str]
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> int:
        out, _ = self.process.communicate(timeout=30)
        return int(json.loads(out.splitlines()[-1])["seen"])


@contextmanager
def serving(mode: str) -> Iterator[Target]:
    process = subprocess.Popen(
        [sys.executable, str(HERE / "target_server.py"), mode], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield Target(process, int(process.stdout.readline()))
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


class Loadbench:
    """`loadbench ...` in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            **os.environ,
            "LOADBENCH_DATA_DIR": str(folder / "data"),
            "LOADBENCH_RUNTIME_DIR": str(folder / "run"),
            "COLUMNS": "160",
            "NO_COLOR": "1",
        }

    def start(self, *arguments: str, largest_file_bytes: int | None = None) -> subprocess.Popen[str]:
        """Start it; with `largest_file_bytes` no file can grow beyond that, as on a disk that is full."""
        limit = [] if largest_file_bytes is None else ["prlimit", f"--fsize={largest_file_bytes}"]
        return subprocess.Popen(
            [*limit, sys.executable, "-m", "loadbench_gui", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.environment, cwd=self.folder,
        )  # fmt: skip

    def __call__(self, *arguments: str, timeout: float = 100) -> subprocess.CompletedProcess[str]:
        process = self.start(*arguments)
        out, err = process.communicate(timeout=timeout)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def interrupted(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Interrupt it, as a person does with Ctrl+C, once the history holds an interval; it ends in good order."""
        process = self.start(*arguments)
        self.wait_for_intervals(1)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        assert process.returncode == 130, err
        assert "Traceback" not in err
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def act_here(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let what runs in this process have its folder and its environment."""
        monkeypatch.chdir(self.folder)
        for name, value in self.environment.items():
            monkeypatch.setenv(name, value)

    def profile(self, text: str, name: str = "profile.toml") -> str:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    def leftovers(self) -> list[str]:
        """Command lines of living processes that were started with this history: there should be none."""
        return leftovers_of(self.environment["LOADBENCH_DATA_DIR"])

    def wait_for_intervals(self, count: int, deadline_s: float = 60) -> int:
        """Return once the history holds `count` intervals or more: the event that a test of faults waits for."""
        database = self.folder / "data" / "history.db"

        def stored() -> int:
            if not database.exists():
                return 0
            try:
                with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
                    return int(connection.execute("SELECT count(*) FROM intervals").fetchone()[0])
            except sqlite3.Error:
                return 0

        return poll_until(stored, lambda found: found >= count, deadline_s)

    def wait_until_nothing_is_left(self, deadline_s: float = 30) -> None:
        """Return once no process of this program is alive."""
        poll_until(self.leftovers, lambda found: not found, deadline_s)


def profile_of(url: str, workload: str, slo: str) -> str:
    """A profile of one deployment. workload, slo: what stands in their tables."""
    deployment = f'name = "accountant"\nurl = "{url}"'
    return f'schema = 1\nname = "events"\n[[deployment]]\n{deployment}\n[[workload]]\n{workload}\n[slo]\n{slo}\n'


def only_run(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The run in the document that a command for one protocol wrote to standard output; its requests add up."""
    (run,) = json.loads(done.stdout)["runs"]
    assert run["protocol"] in done.args
    requests = run["requests"]
    ends = sum(requests[name] for name in ("succeeded", "failed", "timed_out", "censored", "dropped"))
    assert requests["issued"] == ends
    found: dict[str, Any] = run
    return found


def leftovers_of(data_dir: str) -> list[str]:
    """Command lines of living processes that were started with the history in this folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("LOADBENCH_DATA_DIR") == data_dir:
                found.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue
    return found


def poll_until(look: Callable[[], T], good: Callable[[T], bool], deadline_s: float) -> T:
    """Look again and again until it is good; a file or a process table offers no event to wait for."""
    end = time.monotonic() + deadline_s
    while True:
        found = look()
        if good(found):
            return found
        assert time.monotonic() < end, f"still {found!r} after {deadline_s} s"
        time.sleep(0.02)

"""The server of streams and WebSockets that keeps account of itself, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class EventServer:
    """Where it is, and what it did."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def log(self) -> dict[str, int]:
        """Return what it counted since it was last asked; what never happened is not in it."""
        with urllib.request.urlopen(f"{self.url}/log", timeout=10) as answer:
            found: dict[str, int] = json.load(answer)
        return found


@contextmanager
def serving_events() -> Iterator[EventServer]:
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).parent / "event_server.py")], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield EventServer(int(process.stdout.readline()))
    finally:
        process.kill()
        process.communicate()

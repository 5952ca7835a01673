"""What the generator loads only when it is asked to: a calibration's two processes, and the second client."""

from __future__ import annotations

import asyncio
import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any

import psutil
import pytest

from engine.origins import Origin, origin, origin2
from program import poll_until
from smoke.app import Frozen, family


def test_a_calibration_judges_this_machine_and_ends_its_processes(frozen: Frozen) -> None:
    process = frozen.start("calibrate", "--seconds", "500ms", "--json", "-")
    children = poll_until(lambda: family(process.pid), lambda seen: len(seen) >= 2 or process.poll() is not None, 60)
    out, err = ended(process)
    assert process.returncode in (0, 3), err
    assert "Traceback" not in err
    assert len(children) >= 2, "the worker and the server that it fires at were never seen at once"
    # Python's own helper process sees the end of its pipe a moment later than we do.
    poll_until(lambda: [pid for pid in children if psutil.pid_exists(pid)], lambda left: not left, 30)
    found = json.loads(out)
    assert found["trusted"] is (process.returncode == 0)
    assert found["cpu_us_per_request"] > 0


def ended(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Return the words of a program that ends by itself."""
    try:
        return process.communicate(timeout=90)
    finally:
        process.kill()  # one that did not


@pytest.mark.parametrize(
    ("server", "options", "stream"), [(origin, (), 0), (origin2, ("--http2",), 1)], ids=["HTTP/1.1", "HTTP/2"]
)
def test_httpx_sends_requests(frozen: Frozen, server: Any, options: tuple[str, ...], stream: int) -> None:
    with hosted(server()) as log:
        done = frozen("http", f"http://127.0.0.1:{log.port}/", "--client", "httpx", *options,
                      "-c", "2", "-n", "20", "-w", "1", "-q", "--json", "out.json")  # fmt: skip
    assert done.returncode == 0, done.stderr
    (run,) = json.loads((frozen.folder / "out.json").read_text("utf-8"))["runs"]
    assert run["client"] == "httpx"
    assert run["requests"]["succeeded"] >= 20
    assert run["errors"] == {}
    # What looks before the load begins is not the load, hence at least.
    assert len([seen for seen in log.seen if bool(seen.stream) is bool(stream)]) >= run["requests"]["succeeded"]


@contextmanager
def hosted(server: AbstractAsyncContextManager[Origin]) -> Iterator[Origin]:
    """Run a server on an event loop in a thread of its own, and end both."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        log = asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result(10)
        try:
            yield log
        finally:
            asyncio.run_coroutine_threadsafe(server.__aexit__(None, None, None), loop).result(10)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()

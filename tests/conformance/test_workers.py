"""The same applications with two workers: they serve, and nothing of them is left afterwards."""

from __future__ import annotations

from pathlib import Path

import httpx
import psutil
import pytest

from conformance.servers import FRAMEWORKS, running, unexpected_errors


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_two_workers_serve_and_end(framework: str, tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    with running(framework, log, workers=2) as server:
        with httpx.Client(base_url=server.url, trust_env=False, verify=False, timeout=30) as http:
            answers = {http.get("/json").content for _ in range(20)}
        tree = server.tree()
    assert answers == {b'{"message":"Hello, World!"}'}
    assert len(tree) >= 3
    assert [process for process in tree if process.is_running() and process.status() != psutil.STATUS_ZOMBIE] == []
    assert unexpected_errors(log) == []

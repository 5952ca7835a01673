"""One real server per framework for the whole session; every test of this folder runs against each of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from conformance.servers import FRAMEWORKS, Server, running, unexpected_errors


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.real_servers)


@pytest.fixture(scope="session", params=FRAMEWORKS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running sample deployment. At its end its log must hold no unexpected traceback."""
    log = tmp_path_factory.mktemp(request.param) / "server.log"
    with running(request.param, log) as started:
        yield started
    assert unexpected_errors(log) == []


@pytest.fixture
def http(server: Server) -> Iterator[httpx.Client]:
    """A client of the server under test, free of proxies and of certificates that take long to load."""
    with httpx.Client(base_url=server.url, trust_env=False, verify=False, timeout=30) as client:
        yield client

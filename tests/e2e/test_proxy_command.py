"""`loadbench http --proxy`: the proxy looks names up, so one that nobody here knows is measured all the same."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from engine.origins import Origin, origin
from engine.proxies import Proxy, proxying
from program import Loadbench


def test_a_target_that_only_the_proxy_knows_is_measured(loadbench: Loadbench) -> None:
    async def scenario() -> tuple[Any, Origin, Proxy]:
        async with origin() as log, proxying() as proxy:
            url = f"http://something.invalid:{log.port}/json"
            options = ("--proxy", proxy.url(), "-c", "2", "-n", "20", "--json", "-")
            return await asyncio.to_thread(loadbench, "http", url, *options), log, proxy

    done, log, proxy = asyncio.run(scenario())
    assert done.returncode == 0, done.stderr
    (run,) = json.loads(done.stdout)["runs"]
    assert run["requests"]["succeeded"] == len(log.seen) == len(proxy.forwarded) == 20
    assert set(proxy.forwarded) == {f"http://something.invalid:{log.port}/json"}

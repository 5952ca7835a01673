"""A program that fires with two workers, prints their process ids, and is then killed by the test."""

from __future__ import annotations

import asyncio
import multiprocessing

from engine.servers import fire_at, response, says, serving
from loadbench_gui.core.plan import ClosedLoad


async def main() -> None:
    async with serving(says(response())) as server:
        task = asyncio.create_task(fire_at(server.target, ClosedLoad(2), engine="workers", workers=2, duration_s=60.0))
        await server.asked.wait()
        print(*(child.pid for child in multiprocessing.active_children()), flush=True)
        await task


if __name__ == "__main__":
    asyncio.run(main())

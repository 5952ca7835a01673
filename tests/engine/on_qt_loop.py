"""Fires with both engines from a qasync loop and prints what came of it, one line each."""

from __future__ import annotations

import qasync
from PySide6.QtWidgets import QApplication

from engine.servers import fire_at, response, says, serving
from loadbench_gui.core.plan import EngineName, OpenLoad


async def main() -> None:
    engines: tuple[EngineName, ...] = ("in-app", "workers")
    for engine in engines:
        async with serving(says(response())) as server:
            fired = await fire_at(server.target, OpenLoad(2, 100.0), engine=engine, duration_s=1.0)
            codes = [caveat.code for caveat in fired.fitness.caveats]
            print(engine, fired.measured.succeeded, server.requests, codes)


if __name__ == "__main__":
    application = QApplication([])
    with qasync.QEventLoop(application) as loop:
        loop.run_until_complete(main())

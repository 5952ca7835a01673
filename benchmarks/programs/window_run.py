"""The window as a user has it, but for the clicks: opens a profile, presses Compare, waits for the verdict, closes.

    window_run.py PROFILE --data-dir DIR

It goes through the entry of `loadbench-gui` itself; the one thing added is a task that presses the buttons.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

LOOK_S = 0.25


def main() -> int:
    """Open the window with somebody who presses its buttons."""
    from loadbench_gui import __main__ as program
    from loadbench_gui.ui import app

    class Used(app.Desk):
        """A desk at which somebody sits."""

        def open(self, profile: Path | None) -> None:
            """Open it, and begin to use it."""
            super().open(profile)
            self.shell.spawn(use(self))

    async def use(desk: app.Desk) -> None:
        await seen(lambda: desk.live.has_board and desk.home.start_button.text() == "Compare these")
        desk.home.start_button.click()
        await seen(lambda: desk.bridge.running)
        await seen(lambda: not desk.bridge.running)
        sys.stdout.write(f"charts {desk.bridge.hz} times a second, page {desk.window.page}\n")
        desk.window.close()

    app.Desk = Used  # type: ignore[misc]
    return program.gui()


async def seen(condition: Callable[[], bool]) -> None:
    """Look now and then until it is so; whoever started this ends a wait in vain."""
    while not condition():  # noqa: ASYNC110 - what is waited for is on the screen
        await asyncio.sleep(LOOK_S)


if __name__ == "__main__":
    sys.exit(main())

"""Starts a comparison on the window's loop, stops it, and makes sure that nothing is left when the window closes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from PySide6.QtCore import QObject, Signal

from loadbench_gui.core.plan import Plan
from loadbench_gui.errors import LoadbenchError
from loadbench_gui.ui import text
from loadbench_gui.ui.bridge import Bridge
from loadbench_gui.ui.ports import StartComparison

STOP_DEADLINE_S = 20.0
"""Longest that closing waits for servers to end by themselves before everything is cancelled."""


class Runner(QObject):
    """At most one comparison at a time. `failed` carries a `LoadbenchError`, `crashed` anything unforeseen."""

    started = Signal()
    finished = Signal()
    failed = Signal(object)
    crashed = Signal(object)

    def __init__(self, start: StartComparison, bridge: Bridge, allowed: Callable[[Plan], Awaitable[bool]]) -> None:
        super().__init__()
        self._start, self._bridge, self._allowed = start, bridge, allowed
        self._task: asyncio.Task[None] | None = None
        self._stop: asyncio.Event | None = None

    @property
    def running(self) -> bool:
        """Whether a comparison is on."""
        return self._task is not None and not self._task.done()

    def start(self, plan: Plan) -> None:
        """Start comparing; nothing happens while a comparison is on."""
        if not self.running:
            self._stop = asyncio.Event()
            self._task = asyncio.ensure_future(self._run(plan, self._stop))

    def stop(self) -> None:
        """Ask the comparison to end; what was measured is kept."""
        if self._stop is not None:
            self._stop.set()

    async def _run(self, plan: Plan, stop: asyncio.Event) -> None:
        if not await self._allowed(plan):
            return
        self._bridge.start(plan)
        self.started.emit()
        why = text.ENDED_EARLY
        try:
            await self._start(plan, self._bridge.receive, stop)
        except LoadbenchError as fault:
            why = text.ENDED_BY_FAULT.format(reason=fault.message.partition("\n")[0])
            self.failed.emit(fault)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            why = text.ENDED_BY_BUG
            self.crashed.emit(error)
        finally:
            self._bridge.stop(why)
            self.finished.emit()

    async def shut_down(self, deadline_s: float = STOP_DEADLINE_S) -> None:
        """Stop, wait for the end, and cancel what has not ended by the deadline."""
        self.stop()
        if self._task is None:
            return
        done, _ = await asyncio.wait({self._task}, timeout=deadline_s)
        if not done:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.wait({self._task}, timeout=2.0)

"""What every command shares: where its words go, its history, its event loop, its signals.

Standard output carries the result document alone when `--json -` is asked for; words then go to standard error.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.text import Text

from loadbench_gui.cli.console import console_for
from loadbench_gui.cli.files import check_json
from loadbench_gui.errors import ExitCode
from loadbench_gui.services.stopping import StopRequested
from loadbench_gui.store.data_dir import data_dir
from loadbench_gui.store.store import Store

ECHO_S = 0.5
"""Within that time a second signal is the first one's echo."""


@dataclass(slots=True)
class Terminal:
    """The options all commands have, and the console they imply. Raises where `--json` could not be written."""

    json_to: str | None = None
    quiet: bool = False
    data_dir: Path | None = None
    words: Console = field(init=False)

    def __post_init__(self) -> None:
        check_json(self.json_to)
        self.words = console_for(stderr=self.json_to == "-", quiet=self.quiet)

    def remark(self, text: str) -> None:
        """Say something by the way."""
        self.words.print(Text(text, "dim"))

    @asynccontextmanager
    async def store(self) -> AsyncIterator[Store]:
        """Open the history for the length of a command."""
        store = await Store.open(data_dir(self.data_dir))
        try:
            yield store
        finally:
            await store.aclose()


class Interrupts:
    """Ctrl-C and TERM as a stop event; remembers which it was. A second one cancels what still runs.

    One that follows at once is the first one again: `timeout` signals its process and then the whole group.
    """

    def __init__(self) -> None:
        self.stop = asyncio.Event()
        self._stopped_s = 0.0
        self.exit_code: ExitCode = ExitCode.INTERRUPTED
        self._task = asyncio.current_task()

    def install(self, loop: asyncio.AbstractEventLoop) -> None:
        """Take over both signals on `loop`."""
        signals = {signal.SIGINT: ExitCode.INTERRUPTED, signal.SIGTERM: ExitCode.TERMINATED}
        if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            # The terminal was closed; under nohup that is ignored.
            signals[signal.SIGHUP] = ExitCode.TERMINATED
        for signum, code in signals.items():
            try:
                loop.add_signal_handler(signum, self._received, code)
            except NotImplementedError:  # Windows: no loop signal handlers; the interpreter's own will do
                signal.signal(signum, lambda *_, code=code: loop.call_soon_threadsafe(self._received, code))

    def _received(self, code: ExitCode) -> None:
        now_s = asyncio.get_running_loop().time()
        if self.stop.is_set():
            if self._task is not None and now_s - self._stopped_s > ECHO_S:
                self._task.cancel()
            return
        self._stopped_s = now_s
        self.exit_code = code
        self.stop.set()


def run_async(command: Callable[[Interrupts], Awaitable[int]]) -> int:
    """Run one command on an event loop of its own, with its signals under control; return its exit code."""

    async def hosted() -> int:
        interrupts = Interrupts()
        interrupts.install(asyncio.get_running_loop())
        try:
            return await command(interrupts)
        except StopRequested:
            console_for(stderr=True).print("Stopped before anything was measured.")
            return interrupts.exit_code
        except asyncio.CancelledError:
            return interrupts.exit_code

    return _run(hosted())


def _run(main: Coroutine[object, object, int]) -> int:
    if sys.platform == "win32":
        import winloop as fast_loop
    else:
        import uvloop as fast_loop
    return fast_loop.run(main)

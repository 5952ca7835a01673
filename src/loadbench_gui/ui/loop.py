"""The event loop under the window: Qt's, speaking asyncio. The only place that knows qasync.

Seen with it: timers are whole milliseconds and may end early, child watchers do not exist, and a nested `exec()` kills
tasks. So nothing here or above opens a dialog with `exec`.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Coroutine
from types import FrameType
from typing import Any

from PySide6.QtCore import QSocketNotifier
from PySide6.QtWidgets import QApplication
from qasync import QEventLoop

from loadbench_gui.errors import ExitCode

Failure = Callable[[BaseException, str], None]


def make_loop(app: QApplication, failed: Failure) -> QEventLoop:
    """Return asyncio's loop on top of Qt's; what fails in tasks that nobody awaits goes to `failed`."""
    app.setQuitOnLastWindowClosed(False)
    loop = QEventLoop(app, set_running_loop=False)
    asyncio.set_event_loop(loop)

    def on_failure(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception") or RuntimeError(str(context.get("message", "an unnamed failure")))
        failed(error, "in a task")

    loop.set_exception_handler(on_failure)
    return loop


def run(app: QApplication, main: Callable[[], Coroutine[Any, Any, int]], failed: Failure) -> int:
    """Run `main` on a Qt loop until it returns."""
    with make_loop(app, failed) as loop:
        return loop.run_until_complete(main())


_CODES = {signal.SIGINT.value: ExitCode.INTERRUPTED, signal.SIGTERM.value: ExitCode.TERMINATED}


class Signals:
    """SIGINT and SIGTERM as a call on the loop.

    Python runs its handlers only between byte codes, and Qt's loop may rest for hours: the wake-up socket makes Qt
    look. Keep the object as long as signals are wanted.
    """

    def __init__(self, received: Callable[[ExitCode], None]) -> None:
        self._received = received
        self._reader, self._writer = socket.socketpair()
        for end in (self._reader, self._writer):
            end.setblocking(False)
        self._old_fd = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        self._notifier = QSocketNotifier(self._reader.fileno(), QSocketNotifier.Type.Read)
        self._notifier.activated.connect(self._drain)
        self._old = {number: signal.signal(number, self._handle) for number in _CODES}

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        self._received(_CODES[number])

    def _drain(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._reader.recv(4096)

    def close(self) -> None:
        """Give the signals back."""
        for number, handler in self._old.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._old_fd)
        self._notifier.setEnabled(False)
        self._reader.close()
        self._writer.close()

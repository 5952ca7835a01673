"""The part of qasync that the window uses. Its loop derives from the platform's selector loop."""

import asyncio

from PySide6.QtWidgets import QApplication

class QEventLoop(asyncio.SelectorEventLoop):
    def __init__(self, app: QApplication | None = ..., set_running_loop: bool = ...) -> None: ...
    def __enter__(self) -> QEventLoop: ...
    def __exit__(self, *args: object) -> None: ...

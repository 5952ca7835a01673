"""A question whose answer is awaited: dialogs are opened, never executed, because a nested loop kills tasks."""

from __future__ import annotations

import asyncio

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from loadbench_gui.ui import text


async def ask(parent: QWidget, question: str, detail: str, yes: str, no: str) -> bool:
    """Ask once, over `parent`. Escape and closing the dialog mean no; a question that is cancelled goes away."""
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setIcon(QMessageBox.Icon.NoIcon)
    box.setWindowTitle(text.APP)
    box.setText(f"<b>{question}</b>")
    box.setInformativeText(detail)
    accept = box.addButton(yes, QMessageBox.ButtonRole.AcceptRole)
    refuse = box.addButton(no, QMessageBox.ButtonRole.RejectRole)
    accept.setProperty("primary", True)
    box.setDefaultButton(refuse)
    box.setEscapeButton(refuse)
    answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def finished(_result: int) -> None:
        if not answer.done():
            answer.set_result(box.clickedButton() is accept)

    box.finished.connect(finished)
    box.open()
    try:
        return await answer
    except asyncio.CancelledError:
        box.close()
        raise

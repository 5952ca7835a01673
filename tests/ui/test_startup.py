"""What the first paint may not wait for, checked in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import sys
from loadbench_gui.ui import app
from loadbench_gui.ui.window import MainWindow

seen = {}

def first_paint(self, event, original=MainWindow.paintEvent):
    seen.setdefault("heavy", sorted({"scipy", "pyqtgraph", "pydantic", "httpx"} & set(sys.modules)))
    original(self, event)

MainWindow.paintEvent = first_paint
original = app.Desk._load_charts

async def loaded(self):
    await original(self)
    print("before first paint:", seen["heavy"])
    print("after it:", "pyqtgraph" in sys.modules, "scipy" in sys.modules)
    self.window.close()

app.Desk._load_charts = loaded
sys.exit(app.main(["--data-dir", sys.argv[1]]))
"""


def test_neither_scipy_nor_pyqtgraph_is_imported_before_the_first_paint(tmp_path: Path) -> None:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM, str(tmp_path)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert "before first paint: []" in ended.stdout
    assert "after it: True False" in ended.stdout

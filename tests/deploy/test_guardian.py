from __future__ import annotations

import subprocess
import sys

HEAVY = ("asyncio", "psutil", "httpx", "numpy", "subprocess", "platformdirs", "PySide6")
REPORT = "import sys, loadbench_gui.deploy.guardian; sys.stdout.write(' '.join(sys.modules))"


def test_the_guardian_starts_lean() -> None:
    loaded = subprocess.run([sys.executable, "-c", REPORT], capture_output=True, text=True, check=True).stdout.split()

    assert "loadbench_gui.deploy.guardian" in loaded
    assert not set(HEAVY) & set(loaded)


def test_a_guardian_that_is_told_nothing_ends_at_once() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "loadbench_gui.deploy.guardian"], stdin=subprocess.DEVNULL, check=False, timeout=60
    )

    assert done.returncode == 0

"""An X server of our own, without a screen, for as long as a window is measured."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks import machine

SCREEN = "1440x900x24"


@contextmanager
def display() -> Iterator[str]:
    """Run Xvfb on a display that is free, and return its name."""
    if machine.find("Xvfb") is None:
        sys.exit("Xvfb is not installed; get it with packaging/system-packages.sh bench")
    reader, writer = os.pipe()
    command = ["Xvfb", "-displayfd", str(writer), "-screen", "0", SCREEN, "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=[writer], stderr=subprocess.DEVNULL) as server:
        os.close(writer)
        try:
            with os.fdopen(reader) as said:
                number = said.readline().strip()
            if not number:
                sys.exit("Xvfb did not start")
            yield f":{number}"
        finally:
            server.terminate()

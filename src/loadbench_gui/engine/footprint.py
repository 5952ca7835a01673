"""How much memory this process has taken since a moment: what its connections cost the generator."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

_STATM: Final = Path("/proc/self/statm")


class Footprint:
    """Counts from the moment it is made. Reading it costs microseconds."""

    def __init__(self) -> None:
        self._before = _resident_bytes()

    def grown_bytes(self) -> int | None:
        """Return how many bytes more are resident than at the beginning; None where the system does not tell."""
        now = _resident_bytes()
        return None if now is None or self._before is None else max(0, now - self._before)


def _resident_bytes() -> int | None:
    """Return what is resident (proc(5): the second number of statm, in pages)."""
    if sys.platform != "linux":
        return None
    try:
        return int(_STATM.read_bytes().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None

"""How long this thread could have run and had no CPU: other programs in the way, which no clock of ours can see."""

from __future__ import annotations

import os
import sys
import threading


class RunDelay:
    """Reads the scheduler's own count for the thread that calls `take` first (Linux, `schedstat`: second field, ns)."""

    def __init__(self) -> None:
        self._fd = -1
        self._known_ns: int | None = None

    def take(self) -> float | None:
        """Return the seconds since the last call; None at the first, and where the system does not tell."""
        before_ns = self._known_ns
        self._known_ns = self._read()
        if before_ns is None or self._known_ns is None:
            return None
        return (self._known_ns - before_ns) / 1e9

    def close(self) -> None:
        """Give the descriptor back."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _read(self) -> int | None:
        if sys.platform != "linux":
            return None
        try:
            if self._fd < 0:
                self._fd = os.open(f"/proc/self/task/{threading.get_native_id()}/schedstat", os.O_RDONLY)
            return int(os.pread(self._fd, 128, 0).split()[1])
        except (OSError, ValueError, IndexError):
            return None

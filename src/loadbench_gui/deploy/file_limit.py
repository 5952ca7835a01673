"""How many files a server that is started here may open: each connection is one, and usual limits are for terminals."""

from __future__ import annotations

import contextlib
import sys
from typing import Final

WANTED: Final = 65_536
"""As far as the limit is raised: enough for any load of ours, and not so many that walking through all takes long."""


def server_file_limit() -> int | None:
    """Return how many files a server will be able to open, or None where no limit can be read."""
    if sys.platform == "win32":
        return None
    import resource

    return _raised(*resource.getrlimit(resource.RLIMIT_NOFILE), resource.RLIM_INFINITY)


def raise_file_limit() -> None:
    """Raise this process's own limit, and with it that of the command it is about to become. Never lowers it."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _raised(soft, hard, resource.RLIM_INFINITY)
    if wanted is not None and wanted != soft:
        # macOS allows less than it says.
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _raised(soft: int, hard: int, endless: int) -> int | None:
    if soft == endless:
        return None
    return max(soft, WANTED if hard == endless else min(WANTED, hard))

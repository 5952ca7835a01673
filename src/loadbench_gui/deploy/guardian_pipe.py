"""The pipe between a guardian and the app, seen from the guardian: its orders come in one line, its news go out."""

from __future__ import annotations

import contextlib
import json
import os


def emit(event: dict[str, object]) -> None:
    """Tell the app; when it is gone there is nobody to tell."""
    with contextlib.suppress(OSError):
        data = json.dumps(event).encode() + b"\n"
        while data:
            data = data[os.write(1, data) :]


def read_spec() -> tuple[dict[str, object], bytes] | None:
    """Read the first line of input; returns it with what came after it, or None when the app is gone already."""
    data = b""
    while b"\n" not in data:
        more = os.read(0, 65536)
        if not more:
            return None
        data += more
    line, _, rest = data.partition(b"\n")
    spec: dict[str, object] = json.loads(line)
    return spec, rest

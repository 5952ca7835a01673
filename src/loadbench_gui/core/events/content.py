"""Whether an event brings content: models that stream their answers open with events that have none."""

from __future__ import annotations

import json
from typing import Any


class ContentPath:
    """Where the JSON of an event holds its content: keys and positions joined by dots, or "" for the event itself."""

    __slots__ = ("_steps",)

    def __init__(self, path: str) -> None:
        self._steps = path.split(".") if path else []

    def is_in(self, data: bytes) -> bool:
        """Whether an event's data has content: something is there, and it is neither null nor empty."""
        if not self._steps:
            return bool(data.strip())
        try:
            found: Any = json.loads(data)
        except (ValueError, RecursionError):
            return False
        for step in self._steps:
            found = _below(found, step)
        return found is not None and found not in ("", [], {})


def _below(value: Any, step: str) -> Any:
    """Return what is at a key or a position, or None."""
    match value:
        case dict():
            return value.get(step)
        case list() if step.isdecimal() and step.isascii() and int(step) < len(value):
            return value[int(step)]
        case _:
            return None

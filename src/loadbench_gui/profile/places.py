"""A path in the parsed document as a person would point at it in the file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from loadbench_gui.profile.problems import KeyPath

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def key_path(path: KeyPath, document: Mapping[str, Any]) -> str:
    """Return for example `deployment "sanic".ready.timeout` or `workload[2].load.stages[1].rate`.

    A deployment or workload is called by its name where that is unmistakable; every other position in an array is
    counted from 1, the way one counts tables in a file.
    """
    words = ""
    for depth, part in enumerate(path):
        if isinstance(part, int):
            name = _unique_name(document, path[0], part) if depth == 1 else None
            words += f"[{part + 1}]" if name is None else f' "{name}"'
        else:
            quoted = part if _BARE.fullmatch(part) else f'"{part}"'
            words += f".{quoted}" if words else quoted
    return words


def _unique_name(document: Mapping[str, Any], key: object, index: int) -> str | None:
    tables = document.get(str(key))
    if key not in ("deployment", "workload") or not isinstance(tables, list):
        return None
    names = [table.get("name") if isinstance(table, dict) else None for table in tables]
    name = names[index] if index < len(names) else None
    return name if isinstance(name, str) and name and names.count(name) == 1 else None

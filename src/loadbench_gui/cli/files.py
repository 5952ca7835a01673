"""Files that a command leaves behind."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from loadbench_gui.errors import EnvironmentFault


def write_text(path: Path, text: str) -> None:
    """Write a file and the folders above it. Raises `EnvironmentFault` when the disk does not let us."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as problem:
        raise EnvironmentFault(
            f"{path} cannot be written: {problem.strerror}", "Name another place, make room, or mend its permissions."
        ) from problem


def write_json(json_to: str, document: dict[str, Any]) -> None:
    """Write a document where `--json` says: a file, or "-" for standard output. Raises `EnvironmentFault`."""
    # An argument of a command may hold bytes that are no text: they must not stop the document from being written.
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2) + "\n"
    text = text.encode("utf-8", "replace").decode("utf-8")
    if json_to == "-":
        sys.stdout.write(text)
        sys.stdout.flush()
    else:
        write_text(Path(json_to), text)

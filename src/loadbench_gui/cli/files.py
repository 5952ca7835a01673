"""Files that a command leaves behind."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from loadbench_gui.cli.console import to_nowhere
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
        write_out(text)
    else:
        write_text(Path(json_to), text)


def write_out(text: str) -> None:
    """Write a document to standard output, as UTF-8 whatever the locale. Raises `EnvironmentFault`."""
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode("utf-8"))
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        to_nowhere(sys.stdout)
    except OSError as problem:
        to_nowhere(sys.stdout)
        raise EnvironmentFault(
            f"standard output cannot be written: {problem.strerror}", "Make room, or send it somewhere else."
        ) from problem

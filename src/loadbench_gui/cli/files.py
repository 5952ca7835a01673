"""Files that a command leaves behind."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from loadbench_gui.cli.console import to_nowhere
from loadbench_gui.errors import EnvironmentFault, UserError


def check_file(path: Path) -> None:
    """Raise where no file could be written, before anything is done whose results would have nowhere to go.

    `UserError` for a folder, and for one that is not there: none is made unasked; `EnvironmentFault` for permissions.
    """
    if path.is_dir():
        raise UserError(f"{path} is a folder", f"Name a file in it, as in {path / 'result.json'}")
    if path.exists():
        _must_be_open(path)
        return
    if path.parent.exists() and not path.parent.is_dir():
        raise UserError(f"{path} cannot be a file: {path.parent} is a file itself", "Name a file in a folder.")
    if not path.parent.is_dir():
        raise UserError(f"there is no folder {path.parent}", "Make it first, or name a file in one that is there.")
    _must_be_open(path.parent)


def check_json(json_to: str | None) -> None:
    """Raise where `--json` names a file that could not be written, as `check_file` does."""
    if json_to is not None and json_to != "-":
        check_file(Path(json_to))


def check_folder(path: Path) -> None:
    """Raise where report.html and result.json could not be left; the folder itself is made when it is needed."""
    above = path.absolute()
    while not above.exists() and above != above.parent:
        above = above.parent
    if not above.is_dir():
        raise UserError(f"{path} cannot be a folder: {above} is a file", "Name a folder, or a place for a new one.")
    _must_be_open(above)
    for name in ("report.html", "result.json"):
        if (path / name).is_dir():
            raise UserError(f"{path / name} is a folder", "Name another folder: a file is left there.")


def _must_be_open(path: Path) -> None:
    if not os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
        raise EnvironmentFault(f"{path} cannot be written", "Name another place, or mend its permissions.")


def make_folder(path: Path) -> None:
    """Make a folder and those above it, where they are not there. Raises `EnvironmentFault`."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise _unwritten(path, problem) from problem


def write_text(path: Path, text: str) -> None:
    """Write a file into a folder that is there. Raises `EnvironmentFault` when the disk does not let us."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as problem:
        raise _unwritten(path, problem) from problem


def _unwritten(path: Path, problem: OSError) -> EnvironmentFault:
    hint = "Name another place, make room, or mend its permissions."
    return EnvironmentFault(f"{path} cannot be written: {problem.strerror}", hint)


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

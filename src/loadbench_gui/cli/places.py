"""Places for results that are one and the same: what is written last would be all that is left."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from loadbench_gui.errors import UserError

LEFT_BY_OUT: Final = ("report.html", "result.json")


def must_not_be_one(out: Path, json_to: str | None) -> None:
    """Raise `UserError` where the report and the document would go into one file."""
    if json_to is not None and json_to != "-" and Path(json_to).resolve() == out.resolve():
        raise UserError(f"the report and the result document cannot both be {out}", "Name two files: -o and --json.")


def must_not_be_left_already(folder: Path, json_to: str | None) -> None:
    """Raise `UserError` where `--json` names a file that `--out` leaves in its folder."""
    if json_to is None or json_to == "-":
        return
    file = Path(json_to).resolve()
    if file.parent == folder.resolve() and file.name in LEFT_BY_OUT:
        raise UserError(
            f"--out {folder} leaves {file.name} there already, and --json names the same file",
            "Leave --json out, or name another file: the result document is result.json in that folder.",
        )

"""Names that people type: any unique beginning of an id will do, and a wrong one is answered with the nearest."""

from __future__ import annotations

import difflib
import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final, Literal, TypeAlias

from loadbench_gui.errors import UserError
from loadbench_gui.store.db import transaction

Kind: TypeAlias = Literal["run", "comparison"]

_IDS: Final[dict[Kind, str]] = {
    "run": "SELECT run_id FROM runs ORDER BY rowid DESC",
    "comparison": "SELECT comparison_id FROM comparisons ORDER BY rowid DESC",
}
_DELETE: Final[dict[Kind, str]] = {
    "run": "DELETE FROM runs WHERE run_id = ?",
    "comparison": "DELETE FROM comparisons WHERE comparison_id = ?",
}
_TAG: Final[dict[Kind, str]] = {
    "run": "UPDATE runs SET tags = ? WHERE run_id = ?",
    "comparison": "UPDATE comparisons SET tags = ? WHERE comparison_id = ?",
}
_SHOWN: Final = 5
_EVERYTHING: Final[tuple[Kind, ...]] = ("run", "comparison")


def find(connection: sqlite3.Connection, prefix: str, kinds: Sequence[Kind] = _EVERYTHING) -> tuple[Kind, str]:
    """Return the kind and full id of what `prefix` means: an id, or the beginning of exactly one.

    A comparison comes before its own runs: made within the same minutes, they begin as it does.
    Raises `UserError` when nothing or more than one thing begins so.
    """
    known = [(kind, str(row[0])) for kind in kinds for row in connection.execute(_IDS[kind])]
    exact = [(kind, name) for kind, name in known if name == prefix]
    matches = exact or [(kind, name) for kind, name in known if prefix and name.startswith(prefix)]
    if len(matches) > 1:
        matches = _without_own_runs(connection, matches)
    if len(matches) == 1:
        return matches[0]
    what = " or ".join(kinds)
    if matches:
        raise UserError(
            f"{prefix!r} is the beginning of {len(matches)} ids", f"Write more of it: {_some(n for _, n in matches)}."
        )
    if not known:
        raise UserError(f"no {what} is called {prefix!r}: the history is empty", "Run a comparison first.")
    names = [name for _, name in known]
    nearest = difflib.get_close_matches(prefix, names, _SHOWN, 0.5)
    listed = f"Did you mean {_some(nearest)}?" if nearest else f"The newest: {_some(names)}."
    raise UserError(f"no {what} is called {prefix!r}", f"{listed} `loadbench history list` shows all.")


def _without_own_runs(connection: sqlite3.Connection, matches: list[tuple[Kind, str]]) -> list[tuple[Kind, str]]:
    """Leave out runs that belong to a comparison which matches as well."""
    comparisons = [name for kind, name in matches if kind == "comparison"]
    own = {
        str(row[0])
        for name in comparisons
        for row in connection.execute("SELECT run_id FROM runs WHERE comparison_id = ?", (name,))
    }
    return [(kind, name) for kind, name in matches if kind == "comparison" or name not in own]


def delete(connection: sqlite3.Connection, prefix: str) -> str:
    """Delete a run, or a comparison with its runs, and return its full id."""
    with transaction(connection):
        kind, name = find(connection, prefix)
        connection.execute(_DELETE[kind], (name,))
    return name


def set_tags(connection: sqlite3.Connection, prefix: str, tags: Sequence[str]) -> str:
    """Replace the tags of a run or comparison and return its full id."""
    with transaction(connection):
        kind, name = find(connection, prefix)
        connection.execute(_TAG[kind], (json.dumps(list(dict.fromkeys(tags)), ensure_ascii=False), name))
    return name


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    return ", ".join(listed[:_SHOWN]) + (", ..." if len(listed) > _SHOWN else "")

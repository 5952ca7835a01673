"""What a workload takes from files, as values: the rows of its CSV file and the sizes of the bodies it streams."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from loadbench_gui.errors import UserError

ROWS_LIMIT = 1_000_000
FILE_LIMIT_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Rows:
    """The columns of a CSV file that placeholders name, all of the same length.

    source: what messages call the file.
    """

    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    source: str = "the data file"


@dataclass(frozen=True, slots=True)
class Inputs:
    """All that a workload needs from the disk before it can send.

    body_bytes: size of every file that is streamed as a body, by its path.
    """

    rows: Rows = Rows()
    body_bytes: Mapping[str, int] = field(default_factory=dict)


NO_INPUTS = Inputs()


def header_of(lines: Iterable[str], source: str) -> tuple[str, ...]:
    """Return the names in the first line of a CSV file. Raises `UserError` where there is none."""
    try:
        names = tuple(next(csv.reader(lines, strict=True), ()))
    except csv.Error as error:
        raise UserError(f"{source} is not a CSV file: {error}", _HINT) from None
    if not any(names):
        raise UserError(f"{source} has no header line", _HINT)
    return names


def rows_of(lines: Iterable[str], wanted: Iterable[str], source: str) -> Rows:
    """Return the `wanted` columns of a CSV text whose first line names its columns.

    Empty lines are passed over. Raises `UserError` for a column that is not there, a row of another length, no rows
    at all, and more than `ROWS_LIMIT` of them.
    """
    lines = iter(lines)
    names = header_of(lines, source)
    wanted = tuple(dict.fromkeys(wanted))
    for name in wanted:
        if name not in names:
            raise UserError(f"{source} has no column {name!r}", f"Its columns are {', '.join(names)}.")
    places = [names.index(name) for name in wanted]
    columns: list[list[str]] = [[] for _ in wanted]
    count = 0
    for row in _checked(csv.reader(lines, strict=True), len(names), source):
        count += 1
        for column, place in zip(columns, places, strict=True):
            column.append(row[place])
    if not count:
        raise UserError(f"{source} has a header line and no rows", "Add at least one row below it.")
    return Rows(dict(zip(wanted, columns, strict=True)), source)


_HINT = "Give it a first line with the names of its columns, as this one for two of them: name,city"


def _checked(reader: Iterator[list[str]], width: int, source: str) -> Iterator[list[str]]:
    count = 0
    try:
        for row in reader:
            if not row:
                continue
            count += 1
            if len(row) != width:
                raise UserError(
                    f"row {count} of {source} has {len(row)} values, and the header names {width} columns",
                    'A value with a comma in it stands in double quotes: "Paris, France".',
                )
            if count > ROWS_LIMIT:
                raise UserError(
                    f"{source} has more than {ROWS_LIMIT:,} rows", "Give it fewer: they are held in memory."
                )
            yield row
    except csv.Error as error:
        raise UserError(f"{source} is not a CSV file: {error} (after row {count})", _HINT) from None

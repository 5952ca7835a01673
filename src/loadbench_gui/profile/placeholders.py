"""Placeholders of the requests, checked where they are written: unknown words, bad arguments, missing columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from loadbench_gui.core.template.syntax import KNOWN, Choice, FromRow, Mark, TemplateError, marks, placeholder
from loadbench_gui.core.template.text import in_header
from loadbench_gui.errors import UserError
from loadbench_gui.profile.files import columns, file_checks
from loadbench_gui.profile.nearest import did_you_mean, nearest
from loadbench_gui.profile.problems import KeyPath
from loadbench_gui.profile.secrets import is_reference
from loadbench_gui.profile.wording import Finding

_VARYING = ("path", "headers", "body", "json")


def placeholder_checks(path: KeyPath, workload: Mapping[str, Any], base: Path | None) -> Iterator[Finding]:
    """Yield what is wrong with the placeholders of a workload's requests and with the file they read."""
    used: list[tuple[KeyPath, Mark, FromRow]] = []
    all_marks = tuple(_marks(path, workload))
    for place, mark in all_marks:
        try:
            found = placeholder(mark)
            if isinstance(found, Choice) and "headers" in place:
                for option in found.options:
                    in_header(option)
        except TemplateError as error:
            yield Finding(place, *_words(mark, error))
            continue
        if isinstance(found, FromRow):
            used.append((place, mark, found))
    if isinstance(workload.get("data"), str) and not any(mark.word == "row" for _, mark in all_marks):
        hint = "Write ${row:COLUMN} in a path, a header or a body, or leave data out."
        yield Finding((*path, "data"), "no request takes values from this file", hint)
    yield from _data(path, workload, used, base)


def requests_of(path: KeyPath, workload: Mapping[str, Any]) -> Iterator[tuple[KeyPath, Mapping[str, Any]]]:
    """Yield every request of a workload with its place."""
    if isinstance(workload.get("request"), dict):
        yield (*path, "request"), workload["request"]
    also = workload.get("also")
    for index, request in enumerate(also if isinstance(also, list) else ()):
        if isinstance(request, dict):
            yield (*path, "also", index), request


def _marks(path: KeyPath, workload: Mapping[str, Any]) -> Iterator[tuple[KeyPath, Mark]]:
    for place, request in requests_of(path, workload):
        for key in _VARYING:
            for where, text in _texts((*place, key), request.get(key)):
                yield from ((where, mark) for mark in marks(text) if not is_reference(mark))


def _texts(path: KeyPath, value: object) -> Iterator[tuple[KeyPath, str]]:
    """Yield all that is sent: the keys of a JSON body too, but no header's name."""
    match value:
        case str():
            yield path, value
        case dict():
            for key, item in value.items():
                if "json" in path:
                    yield (*path, key), key
                yield from _texts((*path, key), item)
        case list():
            for index, item in enumerate(value):
                yield from _texts((*path, index), item)
        case _:
            return


def _words(mark: Mark, error: TemplateError) -> tuple[str, str]:
    """Return message and hint; for an unknown word the nearest one, or the secret it may have been meant as."""
    if mark.word in KNOWN:
        return error.message, error.hint
    literal = f"For the text itself write ${mark.text}."
    if nearest(mark.word, KNOWN) is None and mark.argument is None:
        return error.message, f"Did you mean ${{env:{mark.word}}}? Known here: {', '.join(KNOWN)}, env. {literal}"
    return error.message, f"{did_you_mean(mark.word, (*KNOWN, 'env'))} {literal}"


def _data(
    path: KeyPath, workload: Mapping[str, Any], used: list[tuple[KeyPath, Mark, FromRow]], base: Path | None
) -> Iterator[Finding]:
    name = workload.get("data")
    if "data" not in workload:
        for place, mark, _ in used:
            hint = 'Add data = "users.csv" to the workload: a CSV file whose first line names its columns.'
            yield Finding(place, f"{mark.text} takes its values from a CSV file, and the workload names none", hint)
        return
    if base is None or not isinstance(name, str) or not name or "\0" in name:
        return
    yield from file_checks(path, workload, "data", base)
    try:
        known = columns(name, base)
    except UserError as error:
        yield Finding((*path, "data"), error.message, error.hint)
        return
    for place, mark, row in used:
        if known and row.column not in known:
            yield Finding(place, f"{mark.text}: {name} has no such column", did_you_mean(row.column, known))

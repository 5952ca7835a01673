"""A profile's text to a frozen plan, or every reason why not, each at its place in the file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from loadbench_gui.core.plan import Plan
from loadbench_gui.profile import source
from loadbench_gui.profile.build import plan_of
from loadbench_gui.profile.bundled import find
from loadbench_gui.profile.places import key_path
from loadbench_gui.profile.problems import Problem, ProfileError
from loadbench_gui.profile.references import cross_checks
from loadbench_gui.profile.schema import SCHEMA_NUMBER, ProfileTable
from loadbench_gui.profile.spans import Spans
from loadbench_gui.profile.wording import Finding, findings

__all__ = ["check", "find", "load", "load_text"]


def load(path: Path) -> Plan:
    """Read a profile. Raises `ProfileError` with all problems, `UserError` for an unreadable file."""
    return load_text(source.read(path), path)


def load_text(text: str, path: Path) -> Plan:
    """Read a profile from its text; `path` says where relative paths start and what messages call it.

    Raises `ProfileError` with all problems. Secrets stay references: see `secrets.resolve_secrets`.
    """
    document = source.parse(text, path.name)
    problems = check(document, text, path.absolute().parent)
    if problems:
        raise ProfileError(path.name, problems)
    return plan_of(ProfileTable.model_validate(document), path.absolute())


def check(document: dict[str, Any], text: str, base: Path | None = None) -> tuple[Problem, ...]:
    """Return everything that is wrong with a parsed profile, in the order of the file; empty when it is sound.

    base: the folder that relative names of files start from; None leaves files alone.
    """
    spans = Spans(text)
    found = list(_version(document)) or [*_schema(document), *cross_checks(document, base)]
    problems = {
        Problem(key_path(one.path, document), spans.line(one.path), one.message, one.hint, path=one.path)
        for one in found
    }
    return tuple(sorted(problems, key=lambda problem: (problem.line or 0, problem.key_path, problem.message)))


def _version(document: dict[str, Any]) -> Iterator[Finding]:
    """Refuse another format before anything else is judged: its keys may mean something else."""
    number = document.get("schema")
    if isinstance(number, int) and not isinstance(number, bool) and number > SCHEMA_NUMBER:
        message = f"schema {number} is newer than this version of loadbench, which reads schema {SCHEMA_NUMBER}"
        yield Finding(("schema",), message, "Update loadbench: pip install --upgrade loadbench")


def _schema(document: dict[str, Any]) -> Iterator[Finding]:
    number = document.get("schema")
    if number is None:
        yield Finding((), "the schema's number is missing", "Add schema = 1 as the first line.")
    elif number != SCHEMA_NUMBER or isinstance(number, bool | float):
        yield Finding(("schema",), f"must be 1, not {number!r}", "Write schema = 1.")
    try:
        ProfileTable.model_validate({**document, "schema": SCHEMA_NUMBER})
    except ValidationError as error:
        yield from findings(error)

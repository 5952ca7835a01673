"""JSON written as TOML: one canonical text per value, so that equal answers are equal strings."""

from __future__ import annotations

import json
import math
from typing import Any

from loadbench_gui.profile.problems import Complaint


def canonical(value: object) -> str:
    """Return the canonical JSON text (sorted keys, no spaces). Raises `Complaint` for what JSON cannot say."""
    _check(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def canonical_text(text: str) -> str:
    """Return the canonical form of a JSON text. Raises `Complaint` where it is none."""
    try:
        return canonical(json.loads(text, parse_constant=_no_constant))
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno} of the text"
        hint = "Keys and texts stand in double quotes, and there is no comma after the last one."
        raise Complaint(f"is not JSON: {error.msg} ({place})", hint) from None
    except RecursionError:
        raise Complaint("is nested too deeply", "Expect less of it.") from None


def is_json(text: str) -> bool:
    """Say whether a text is a JSON document."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def body(value: object) -> bytes:
    """Return a request body: compact JSON in UTF-8, keys in the order they are written."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def fits_toml(value: Any) -> bool:
    """Say whether TOML can write this JSON value and read the same one back: it has no null."""
    match value:
        case None:
            return False
        case dict():
            return all(fits_toml(item) for item in value.values())
        case list():
            return all(fits_toml(item) for item in value)
        case _:
            return True


def _no_constant(name: str) -> object:
    raise Complaint(f"JSON has no {name}", "Use a finite number.")


def _check(value: object) -> None:
    match value:
        case dict():
            for item in value.values():
                _check(item)
        case list():
            for item in value:
                _check(item)
        case float() if not math.isfinite(value):
            raise Complaint(f"JSON has no {value}", "Use a finite number.")
        case None | bool() | int() | float() | str():
            return
        case _:
            raise Complaint("JSON has no dates or times", 'Write it as text in quotes: "2026-01-31".')

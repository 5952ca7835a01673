"""The schema's refusals in the file's own words: no model names, no union tags, no library's phrases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from loadbench_gui.profile.nearest import did_you_mean, nearest
from loadbench_gui.profile.problems import Complaint, KeyPath
from loadbench_gui.profile.schema import SECTIONS, key_names
from loadbench_gui.profile.units import shown


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem before it has been given its words for the place and its line."""

    path: KeyPath
    message: str
    hint: str = ""


_PLAIN = {
    "string_type": ("text", 'Put it in quotes: "...".'),
    "int_type": ("a whole number", "Write it without quotes and without a decimal point."),
    "float_type": ("a number", "Write it without quotes."),
    "bool_type": ("true or false", "Write true or false, without quotes."),
    "list_type": ("an array", "Put it in brackets: [ ... ]."),
    "dict_type": ("a table", "Put it in braces: { key = value }."),
    "model_type": ("a table", "Put it in braces, { key = value }, or under a [header] of its own."),
    "model_attributes_type": ("a table", "Put it in braces, { key = value }, or under a [header] of its own."),
}
_LIMITS = {
    "greater_than_equal": ("ge", "at least"),
    "less_than_equal": ("le", "at most"),
}
_EXAMPLES: dict[tuple[str, ...], str] = {
    ("deployment",): "Add a [[deployment]] table with a name and a command, or a url.",
    ("workload",): 'Add a [[workload]] table with a name and load = { model = "closed", connections = 64 }.',
    ("workload", "load"): 'Add load = { model = "open", rate = 1000, connections = 64 }.',
    ("workload", "load", "model"): 'Add model = "open" (requests at a rate) or model = "closed" (as fast as it goes).',
    ("workload", "load", "connections"): "Add connections = 64.",
    ("deployment", "name"): 'Add name = "...": charts and sentences call it by that.',
    ("workload", "stream", "kind"): 'Add kind = "sse", or "ndjson" (a line of JSON each), or "chunked".',
    ("workload", "websocket", "mode"): 'Add mode = "echo", or "push", "fanout" or "hold".',
    ("workload", "name"): 'Add name = "...": charts and sentences call it by that.',
}


def findings(error: ValidationError) -> Iterator[Finding]:
    """Yield the schema's refusals, each with the path as in the parsed document."""
    for detail in error.errors(include_url=False):
        yield _finding(detail, _path(detail))


def _path(detail: ErrorDetails) -> KeyPath:
    return tuple(detail["loc"])


def _finding(detail: ErrorDetails, path: KeyPath) -> Finding:
    kind, given, context = detail["type"], detail["input"], detail.get("ctx", {})
    if kind == "value_error" and isinstance(context.get("error"), Complaint):
        complaint = context["error"]
        return Finding(path, complaint.message, complaint.hint)
    if kind == "extra_forbidden":
        return Finding(path, "unknown key", unknown_key_hint(path))
    if kind == "missing":
        return _missing(path)
    if kind == "literal_error":
        return _not_a_choice(detail, path)
    if kind in _PLAIN:
        wanted, hint = _PLAIN[kind]
        if path in (("deployment",), ("workload",)):
            hint = f"Write the header with two brackets: [[{path[0]}]]."
        return Finding(path, f"must be {wanted}, not {shown(given)}", hint)
    if kind in _LIMITS:
        key, words = _LIMITS[kind]
        return Finding(path, f"must be {words} {context[key]}, not {shown(given)}")
    if kind == "too_short":
        return Finding(path, "must not be empty", _EXAMPLES.get(_names(path), ""))
    return Finding(path, detail["msg"])


def _names(path: KeyPath) -> tuple[str, ...]:
    return tuple(part for part in path if isinstance(part, str))


def _missing(path: KeyPath) -> Finding:
    key = path[-1]
    return Finding(path, "missing", _EXAMPLES.get(_names(path), f"Add {key} = ..."))


def _later(detail: ErrorDetails) -> str:
    """Return the sentence for a choice that is promised for later, or ""."""
    if detail["type"] != "literal_error" or not isinstance(detail["input"], str):
        return ""
    names = _names(_path(detail))
    if names == ("generator", "engine") and detail["input"].startswith("dask"):
        return 'Dask clusters come in a later version; what is there now is "workers" and "in-app".'
    return ""


def _not_a_choice(detail: ErrorDetails, path: KeyPath) -> Finding:
    later = _later(detail)
    if later:
        return Finding(path, f"{shown(detail['input'])} is not there yet", later)
    choices = [choice.strip("' ") for choice in _split(detail.get("ctx", {}))]
    given = detail["input"]
    if not isinstance(given, str):
        quoted = ", ".join(f'"{choice}"' for choice in choices)
        return Finding(path, f"must be text, not {shown(given)}", f"One of {quoted}.")
    return Finding(path, f"{shown(given)} is not one of the choices", did_you_mean(given, choices))


def _split(context: Mapping[str, object]) -> list[str]:
    return str(context.get("expected", "")).replace(" or ", ", ").split(", ")


def unknown_key_hint(path: KeyPath) -> str:
    """Name the closest known key: a very similar one here, else the table that has this very key, else the best."""
    *parents, last = path
    key, here = str(last), _keys_at(tuple(parents))
    if nearest(key, here, at_least=0.75) is None:
        homes = [_home(pattern, key) for pattern, table in SECTIONS if key in key_names(table)]
        if homes:
            return f"{key} belongs to {' or '.join(list(dict.fromkeys(homes))[:2])}. Known here: {', '.join(here)}."
    return did_you_mean(key, here)


def _home(pattern: tuple[str, ...], key: str) -> str:
    names = [part for part in pattern if part != "*"]
    if not names:
        return "the top of the file"
    header = f"[[{names[0]}]]" if names[0] in ("deployment", "workload") else f"[{names[0]}]"
    return f"{header} ({'.'.join([*names[1:], key])})"


def _keys_at(parents: KeyPath) -> tuple[str, ...]:
    pattern = tuple("*" if isinstance(part, int) else part for part in parents)
    return next((key_names(table) for known, table in SECTIONS if known == pattern), ())

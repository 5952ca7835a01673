"""Reading a profile's text from disk, and its TOML: the two places where it can fail before it means anything."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from loadbench_gui.errors import EnvironmentFault, UserError
from loadbench_gui.profile.problems import Problem, ProfileError

LARGEST_BYTES = 1 << 20
_NOT_TEXT = "A profile is a TOML text file. Write one with: loadbench profile new"
_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_HINTS = (
    ("Invalid value", 'Text needs quotes ("..."), true and false do not; numbers are written without thousands marks.'),
    ("Cannot overwrite a value", "This key stands there already: keep one of the two."),
    ("twice", "This table stands there already: put its keys together, or write [[...]] for a list of tables."),
    ("Expected '='", "A line is key = value; a key with spaces or other signs needs quotes."),
    ("Expected newline", "One key = value per line; text with quotes inside it needs '...' around it."),
    ("Unclosed array", "A [ has no ] that closes it."),
    ("Unclosed inline table", "Inside { ... } keys are separated by commas, on one line, without a comma at the end."),
    ("inline table", "Inside { ... } keys are separated by commas, on one line, without a comma at the end."),
    ("Illegal character", "Text in quotes ends on its own line; several lines need three quotes around them."),
    ("Unterminated string", "A text has no closing quote."),
    ('Expected "\'"', "A text has no closing quote."),
    ("at the end of a table declaration", "A header is [name], and [[name]] for deployments and workloads."),
    ("at the end of an array declaration", "A header is [name], and [[name]] for deployments and workloads."),
    ("Invalid initial character", "A key or another value was expected here: look for a missing or surplus comma."),
    ("Invalid statement", "A line starts with a key, a [header] or a # comment."),
    ("Unescaped", "In \"...\" a backslash starts an escape: write \\\\, or use '...'."),
)


def read(path: Path) -> str:
    """Return the text of a profile. Raises `UserError` for what is no profile, `EnvironmentFault` for the disk's."""
    try:
        if path.is_dir():
            raise UserError(f"{path} is a folder, not a profile", "Name the .toml file inside it.")
        if not path.is_file():
            raise UserError(f"{path} is not a regular file", _NOT_TEXT)
        size = path.stat().st_size
        if size > LARGEST_BYTES:
            raise UserError(f"{path} is too large for a profile ({size / 1e6:.1f} MB; at most 1 MB)", _NOT_TEXT)
        data = path.read_bytes()
    except PermissionError as error:
        raise UserError(f"{path} cannot be read: permission denied", f"Check who may read it: ls -l {path}") from error
    except OSError as error:
        raise EnvironmentFault(f"{path} cannot be read: {error.strerror}", "Check the disk it is on.") from error
    if b"\x00" in data:
        raise UserError(f"{path} is a binary file, not a profile", _NOT_TEXT)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UserError(
            f"{path} is not UTF-8 text: line {line} has the byte 0x{data[error.start]:02x}",
            "Save it as UTF-8 in your editor.",
        ) from error


def parse(text: str, name: str) -> dict[str, Any]:
    """Return the parsed TOML. Raises `ProfileError` with line, column and what was expected."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(name, [_syntax_problem(str(error), text)]) from None
    except ValueError as error:  # a number of more digits than Python converts
        raise ProfileError(name, [Problem("", None, f"a value cannot be read: {error}", "Shorten it.")]) from None
    except RecursionError:
        raise ProfileError(
            name, [Problem("", None, "brackets are nested too deeply", "A profile needs few.")]
        ) from None


def _syntax_problem(said: str, text: str) -> Problem:
    match = _PLACE.search(said)
    # TOML knows one end of a line; `splitlines` would find others in the middle of texts.
    lines = [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")]
    line, column = len(lines), len(lines[-1]) + 1
    if match and match[1]:
        line, column = int(match[1]), int(match[2])
    what = said[: match.start()] if match else said
    shown = lines[line - 1] if line <= len(lines) else ""
    advice = next((hint for start, hint in _HINTS if start in what), "")
    if match and not match[1]:
        advice = "The file ends before this is complete: a closing quote, ] or } is missing."
    pointer = f"{shown}\n{' ' * (column - 1)}^" if len(shown) <= 120 else ""
    hint = "\n".join(part for part in (pointer, advice) if part)
    return Problem("", line, f"this is not TOML: {what[:1].lower()}{what[1:]}", hint, column=column)

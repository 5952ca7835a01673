"""The placeholders of a request: `${counter}`, `${random:1:6}`, `${uuid}`, `${choice:a|b}`, `${row:COLUMN}`.

`$${` is a literal `${`. `${` that no word and closing brace follow is text like any other, unless the word is one of
ours: then something was mistyped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from loadbench_gui.errors import UserError

LARGEST = 10**15
"""No number in a placeholder may be larger: every one below is drawn as often as any other to a part in 8000."""

_TOKEN = re.compile(
    r"\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::([^}]*))?\}|\$\{\s*(?P<mistyped>counter|random|uuid|choice|row)\b[^}]{0,40}\}?"
)
_LITERAL = "$${"
_NUMBER = re.compile(r"-?\d{1,16}")


class TemplateError(UserError):
    """A placeholder that means nothing, or not with these arguments."""


@dataclass(frozen=True, slots=True)
class Counter:
    """`start` + n for the load's n-th request, n counted from 0."""

    start: int = 1


@dataclass(frozen=True, slots=True)
class RandomNumber:
    """A whole number between `low` and `high`, both included."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class RandomUuid:
    """A random UUID (RFC 9562, version 4)."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of `options`, each as likely as any other."""

    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FromRow:
    """The value of `column` in row n of the workload's data file, which starts over at its end."""

    column: str


Placeholder: TypeAlias = Counter | RandomNumber | RandomUuid | Choice | FromRow


@dataclass(frozen=True, slots=True)
class Mark:
    """One `${word:argument}`; argument None where there is no colon. text: as it is written.

    mistyped: a known word is meant, but a brace, a colon or a space is not where it should be.
    """

    word: str
    argument: str | None
    text: str
    mistyped: bool = False


def marks(text: str) -> Iterator[Mark]:
    """Yield everything in `text` that looks like a placeholder, known or not."""
    for match in _TOKEN.finditer(text):
        if match[0] != _LITERAL:
            yield _mark(match)


def _mark(match: re.Match[str]) -> Mark:
    return Mark(match[1] or match["mistyped"], match[2], match[0], mistyped=match[1] is None)


def parse(text: str) -> tuple[str | Placeholder, ...]:
    """Return literal texts and placeholders in their order. Raises `TemplateError`."""
    parts: list[str | Placeholder] = []
    literal, end = "", 0
    for match in _TOKEN.finditer(text):
        literal += text[end : match.start()]
        end = match.end()
        if match[0] == _LITERAL:
            literal += "${"
            continue
        parts += [literal, placeholder(_mark(match))]
        literal = ""
    parts.append(literal + text[end:])
    return tuple(part for part in parts if part != "")


def without_marks(text: str) -> str:
    """Return `text` with an `x` in the place of everything that looks like a placeholder."""
    return _TOKEN.sub("x", text)


def escape(text: str) -> str:
    """Return `text` so that it stands for itself whatever it holds."""
    return text.replace("${", "$${")


def placeholder(mark: Mark) -> Placeholder:
    """Return what a mark stands for. Raises `TemplateError` with what to write instead."""
    read = _READERS.get(mark.word)
    if read is None:
        known = ", ".join(KNOWN.values())
        raise TemplateError(
            f"{mark.text} is not a placeholder", f"There are {known}. For the text itself write ${mark.text}."
        )
    if mark.mistyped:
        raise _refused(mark, "a brace, a colon or a space is not where it should be")
    if mark.argument and "${" in mark.argument:
        raise _refused(mark, "nothing that is replaced may stand inside it")
    return read(mark)


def _refused(mark: Mark, why: str) -> TemplateError:
    return TemplateError(f"{mark.text}: {why}", f"Write it like {KNOWN[mark.word]}.")


def _number(mark: Mark, text: str) -> int:
    if not _NUMBER.fullmatch(text) or abs(int(text)) > LARGEST:
        raise _refused(mark, f"{text!r} is not a whole number of at most 15 digits")
    return int(text)


def _counter(mark: Mark) -> Counter:
    return Counter() if mark.argument is None else Counter(_number(mark, mark.argument))


def _random(mark: Mark) -> RandomNumber:
    bounds = [] if mark.argument is None else mark.argument.split(":")
    if len(bounds) != 2:
        raise _refused(mark, "it takes the lowest and the highest number")
    low, high = (_number(mark, bound) for bound in bounds)
    if low > high:
        raise _refused(mark, f"nothing lies between {low} and {high}: the lower one comes first")
    return RandomNumber(low, high)


def _uuid(mark: Mark) -> RandomUuid:
    if mark.argument is not None:
        raise _refused(mark, "it takes nothing after a colon")
    return RandomUuid()


def _choice(mark: Mark) -> Choice:
    if not mark.argument:
        raise _refused(mark, "there is nothing to choose from")
    return Choice(tuple(mark.argument.split("|")))


def _row(mark: Mark) -> FromRow:
    if not mark.argument:
        raise _refused(mark, "it takes the name of a column")
    return FromRow(mark.argument)


_READERS: dict[str, Callable[[Mark], Placeholder]] = {
    "counter": _counter, "random": _random, "uuid": _uuid, "choice": _choice, "row": _row,
}  # fmt: skip

KNOWN: dict[str, str] = {
    "counter": "${counter}",
    "random": "${random:1:100}",
    "uuid": "${uuid}",
    "choice": "${choice:red|green}",
    "row": "${row:COLUMN}",
}
"""Every word that means something, with an example of it."""

"""What is wrong with a profile, in the words of the person who wrote it.

A profile is checked to the end: every problem is a value with its place, and one `ProfileError` carries them all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from loadbench_gui.errors import UserError

KeyPath: TypeAlias = tuple[str | int, ...]
"""Where a value is in the parsed document: keys, and positions in arrays counted from 0."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to correct.

    key_path: as a person would point at it (`deployment "sanic".ready.timeout`); "" is the file as a whole.
    line, column: counted from 1; None where there is no text to point at. path: the same place for programs.
    """

    key_path: str
    line: int | None
    message: str
    hint: str = ""
    column: int | None = None
    path: KeyPath = ()

    def __str__(self) -> str:
        place = "" if self.line is None else f"line {self.line}"
        if self.column is not None:
            place += f", column {self.column}"
        lead = ": ".join(part for part in (place, self.key_path, self.message) if part)
        return lead + "".join(f"\n    {line}" for line in self.hint.splitlines())


class ProfileError(UserError):
    """The profile cannot be used. `problems` holds everything that is wrong with it, in the order of the file."""

    def __init__(self, source: str, problems: Sequence[Problem], hint: str = "") -> None:
        self.source = source
        self.problems = tuple(problems)
        count = "1 problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"
        listing = "\n".join(f"  {line}" for problem in self.problems for line in str(problem).splitlines())
        super().__init__(f"{source}: {count}, so nothing was sent\n{listing}", hint)


class Complaint(ValueError):
    """Why one value is refused, and what to write instead; raised inside the schema's validators."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

"""What was done, when, and what came of it: the log of a run and the table at its end."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path


class Failed(Exception):
    """A step did not do what it must; the message says what was seen."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table."""

    step: str
    seconds: float
    result: str
    passed: bool


def table(lines: Sequence[Line]) -> str:
    """Return the rows as a Markdown table: step, seconds, result."""
    rows = [(line.step, f"{line.seconds:.1f} s", ("" if line.passed else "FAILED: ") + line.result) for line in lines]
    widths = [max(len(row[i]) for row in [*rows, ("step", "time", "result")]) for i in range(3)]

    def row(cells: Sequence[str]) -> str:
        return f"| {cells[0]:{widths[0]}} | {cells[1]:>{widths[1]}} | {cells[2]:{widths[2]}} |"

    ruler = f"|{'-' * (widths[0] + 2)}|{'-' * (widths[1] + 1)}:|{'-' * (widths[2] + 2)}|"
    return "\n".join([row(("step", "time", "result")), ruler, *(row(cells) for cells in rows)])


@dataclass
class Doing:
    """A step in progress; `result` is what the table will say of it."""

    result: str = ""


@dataclass
class Record:
    """Writes to `log`, each line with the seconds since the beginning, and keeps the rows of the table."""

    log: Path
    began: float = field(default_factory=time.monotonic)
    lines: list[Line] = field(default_factory=list)

    def note(self, words: str) -> None:
        """Add `words` to the log."""
        stamp = f"{time.monotonic() - self.began:8.2f}  "
        with self.log.open("a", encoding="utf-8") as log:
            log.writelines(f"{stamp}{line}\n" for line in words.rstrip().splitlines())

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[Doing]:
        """Time a step and say how it went. `Failed` passes through, once it is in the table."""
        self.note(f"== {name}")
        print(f"{name} ...", end=" ", flush=True)
        began, doing = time.monotonic(), Doing()
        try:
            yield doing
        except Failed as failure:
            self._close(Line(name, time.monotonic() - began, str(failure).partition("\n")[0], passed=False))
            self.note(str(failure))
            raise
        except BaseException:
            print("broken off", flush=True)
            raise
        self._close(Line(name, time.monotonic() - began, doing.result, passed=True))

    def broke_off(self, failure: Failed) -> None:
        """Put what ended everything into the table, unless its step has done so."""
        self.note(f"ended: {failure}")
        if not self.lines or self.lines[-1].passed:
            self._close(Line("in between", 0.0, str(failure), passed=False))

    def _close(self, line: Line) -> None:
        self.lines.append(line)
        words = f"{'' if line.passed else 'FAILED: '}{line.result} ({line.seconds:.1f} s)"
        self.note(f"-> {words}")
        print(words, file=sys.stdout if line.passed else sys.stderr, flush=True)

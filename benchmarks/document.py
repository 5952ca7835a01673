"""RESULTS.md: one section a question. Each can be rewritten alone; what the others say is kept word for word."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from benchmarks import machine
from benchmarks.tables import table

RESULTS = Path(__file__).with_name("RESULTS.md")
TITLE = "# What loadbench measures, and how well"
INTRODUCTION = """\
Written by `make bench`, a section at a time (`python -m benchmarks SECTION`). Everything runs on one machine over
loopback: the server pinned to core 0, one generator at a time on core 1, alternating, so that whatever else happens
meets all of them alike. Ratios are medians of the ratios within each round; figures of different minutes are never
divided by one another. loadbench is the shipped command with everything recorded: five clock readings a request, both
latencies, errors by class, intervals, fitness, history.
"""
LIMIT_HEAD = ("limit", "at least", "aim", "seen", "reached")


@dataclass(frozen=True)
class Limit:
    """One limit and what was seen. higher_is_better says which side of `least` is the good one."""

    what: str
    least: float
    aim: float
    seen: float | None
    unit: str = ""
    higher_is_better: bool = True
    digits: int = 2

    @property
    def reached(self) -> str:
        """Yes with the aim met too, yes, no, or not measured."""
        if self.seen is None:
            return "not measured"
        sign = 1 if self.higher_is_better else -1
        if sign * self.seen >= sign * self.aim:
            return "yes, and the aim"
        return "yes" if sign * self.seen >= sign * self.least else "**no**"

    def row(self) -> tuple[str, ...]:
        """Return the cells of its row."""
        seen = "–" if self.seen is None else self._write(self.seen)
        return self.what, self._write(self.least), self._write(self.aim), seen, self.reached

    def _write(self, value: float) -> str:
        return f"{value:,.{self.digits}f}{self.unit}"


@dataclass(frozen=True)
class Section:
    """What one section says. commands: what was run, with versions; body: tables and sentences."""

    key: str
    title: str
    commands: str
    body: str
    limits: tuple[Limit, ...] = ()

    def text(self) -> str:
        """Return it as Markdown, its heading included."""
        parts = [f"## {self.title}", machine.describe(), self.commands, self.body]
        if self.limits:
            parts.append(table(LIMIT_HEAD, [limit.row() for limit in self.limits]))
        return "\n\n".join([f"<!-- section: {self.key} -->", *(part.strip() for part in parts)]) + "\n"


MARK = re.compile(r"^<!-- section: (\w+) -->$", re.M)


def split(text: str) -> dict[str, str]:
    """Return the sections of a document by their key, each with its mark."""
    marks = list(MARK.finditer(text))
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    return {mark[1]: text[mark.start() : end].strip() + "\n" for mark, end in zip(marks, ends, strict=False)}


def joined(sections: dict[str, str], order: tuple[str, ...]) -> str:
    """Return the whole document: every limit at the top, then the sections in order."""
    there = [sections[key] for key in order if key in sections]
    limits = [line for text in there for line in _limit_rows(text)]
    overview = table(LIMIT_HEAD, [line.strip("| ").split(" | ") for line in limits]) if limits else ""
    missing = [key for key in order if key not in sections]
    note = f"Not measured yet: {', '.join(missing)}." if missing else ""
    return "\n\n".join(part.strip() for part in (TITLE, INTRODUCTION, overview, note, *there) if part) + "\n"


def _limit_rows(text: str) -> list[str]:
    """Return the rows of the limits' table of one section, as they were written."""
    lines = text.splitlines()
    head = "| " + " | ".join(LIMIT_HEAD) + " |"
    if head not in lines:
        return []
    below = lines[lines.index(head) + 2 :]
    end = next((i for i, line in enumerate(below) if not line.startswith("|")), len(below))
    return below[:end]


def write(section: Section, order: tuple[str, ...], path: Path = RESULTS) -> None:
    """Put one section into the document and keep the others."""
    sections = split(path.read_text(encoding="utf-8")) if path.exists() else {}
    sections[section.key] = section.text()
    path.write_text(joined(sections, order), encoding="utf-8")

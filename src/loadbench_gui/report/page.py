"""What stands on the report page, as values: the template only lays them out and decides nothing."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class Pill:
    """A word in a rounded frame; tone is a colour role (good, warning, error, muted, text)."""

    word: str
    tone: str = "muted"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table. swatch: the deployment's line; note: what the figure is made of, beneath it.

    tight: belongs to the cell on its left. doubt: why the figure may be wrong; it is then marked with a "?".
    """

    text: str = ""
    number: bool = False
    strong: bool = False
    swatch: Markup | None = None
    pill: Pill | None = None
    note: str = ""
    tone: str = ""
    tight: bool = False
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table: `caption` says what it holds, for people and for screen readers."""

    caption: str
    head: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """One deployment in a chart's title row."""

    swatch: Markup
    name: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart in its card; `summary` and `table` say in words and numbers what it shows."""

    title: str
    caption: str
    svg: Markup
    legend: tuple[LegendEntry, ...]
    summary: str
    table: Table | None = None
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Sign:
    """A gate in the line under the verdict: a sign, short words, a figure."""

    sign: str
    tone: str
    words: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How one deployment does in the primary metric."""

    swatch: Markup
    name: str
    pill: Pill
    figure: str


@dataclass(frozen=True, slots=True)
class Section:
    """One workload with everything that was found out about it."""

    title: str
    subtitle: str
    overview: Table
    events: tuple[Table, ...]
    phases: Table | None
    figures: tuple[Figure, ...]
    metrics: Table | None
    sentences: tuple[str, ...]
    caveats: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Command:
    """A command line of one deployment and where it ran."""

    swatch: Markup
    name: str
    command: str
    facts: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """An exchange that went wrong."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    """The whole report."""

    title: str
    subtitle: str
    verdict: str
    verdict_notes: tuple[str, ...]
    warnings: tuple[str, ...]
    standings: tuple[Standing, ...]
    signs: tuple[Sign, ...]
    sections: tuple[Section, ...]
    gates: Table | None
    differences: Table | None
    errors: Table | None
    exchanges: tuple[Exchange, ...]
    runs: Table
    caveats: tuple[str, ...]
    commands: tuple[Command, ...]
    environment: Table
    repeat: str
    version: str
    clock: str
    raw_json: Markup
    raw_name: str = "result.json"

"""Groups of options: what a command's signature says, Typer sees field by field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import pytest
import typer

from loadbench_gui.cli.options.grouping import grouped

Seen = list[tuple[str, "Size", bool]]


@dataclass(frozen=True, slots=True)
class Size:
    """Two options that belong together."""

    width: Annotated[int, typer.Option("--width")]
    height: Annotated[int, typer.Option("--height")] = 3


@pytest.fixture
def seen() -> Seen:
    return []


@pytest.fixture
def app(seen: Seen) -> typer.Typer:
    commands = typer.Typer()

    @commands.command("draw")
    @grouped
    def draw(
        *,
        what: Annotated[str, typer.Argument()],
        size: Size,
        bold: Annotated[bool, typer.Option("--bold")] = False,
    ) -> int:
        """Draw something."""
        seen.append((what, size, bold))
        return 0

    return commands


def run(app: typer.Typer, *arguments: str) -> None:
    typer.main.get_command(app).main(list(arguments), standalone_mode=False)


def test_a_group_is_filled_in_from_options_of_its_own(app: typer.Typer, seen: Seen) -> None:
    run(app, "a line", "--width", "7", "--bold")
    run(app, "a box", "--height", "9", "--width", "1")
    assert seen == [("a line", Size(7, 3), True), ("a box", Size(1, 9), False)]


def test_a_field_without_a_default_is_asked_for(app: typer.Typer, seen: Seen) -> None:
    with pytest.raises(Exception, match="width"):
        run(app, "a line")
    assert seen == []


def test_help_is_the_commands_own_and_options_keep_their_order(app: typer.Typer) -> None:
    command = typer.main.get_command(app)
    assert command.help == "Draw something."
    assert [param.opts[0] for param in command.params][:4] == ["what", "--width", "--height", "--bold"]

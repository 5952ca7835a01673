"""The command line as data, read from the program's own definition: what man pages and completions are written from.

Nothing here is typed twice, so a page cannot describe an option that is gone or miss one that is new.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

LATER: Final = "Comes with a later version."
NUMBERS: Final = (int, float)


@dataclass(frozen=True)
class Option:
    """One option: its spellings, the name of its value ("" for a switch), and what it does."""

    names: tuple[str, ...]
    value: str
    about: str
    default: str = ""
    repeats: bool = False
    alone: bool = False  # works without its value too

    @property
    def choices(self) -> tuple[str, ...]:
        """The words that it takes, when its value is one of a few."""
        words = self.value.split("|")
        return tuple(words) if len(words) > 1 and all(word[:1].islower() for word in words) else ()

    @property
    def works(self) -> bool:
        """Whether this version does anything with it."""
        return not self.about.startswith(LATER)


@dataclass(frozen=True)
class Argument:
    """One word on the command line: the name it has in the help."""

    value: str
    about: str
    optional: bool = False


@dataclass(frozen=True)
class Command:
    """A program or one of its commands, with its own commands below it."""

    name: str
    about: str
    options: tuple[Option, ...] = ()
    arguments: tuple[Argument, ...] = ()
    commands: tuple[Command, ...] = ()

    @property
    def leaves(self) -> Iterable[tuple[tuple[str, ...], Command]]:
        """Every command that can be run, with the words that lead to it."""
        for command in self.commands:
            if command.commands:
                yield from (((command.name, *words), leaf) for words, leaf in command.leaves)
            else:
                yield (command.name,), command


def console() -> Command:
    """Return `loadbench`, with every command of this version."""
    import typer

    from loadbench_gui.cli.main import app
    from loadbench_gui.cli.table import COMMANDS, app_of

    top = typer.main.get_command(app)
    commands = (_command(name, typer.main.get_command(app_of(name))) for name in COMMANDS)
    return Command("loadbench", _text(top.help), _options(top.params), (), tuple(commands))


def window() -> Command:
    """Return `loadbench-gui`."""
    from loadbench_gui.ui.options import options_parser

    parser = options_parser()
    options, arguments = [], []
    for action in parser._actions:  # argparse has no other way to ask a parser what it takes
        about = _text(action.help)
        metavar = str(action.metavar or action.dest.upper())
        if not action.option_strings:
            arguments.append(Argument(metavar, about, action.nargs == "?"))
        elif not isinstance(action, argparse._HelpAction):
            names = tuple(sorted(action.option_strings, key=len))
            options.append(Option(names, "" if action.nargs == 0 else metavar, about, alone=action.nargs == "?"))
    return Command(parser.prog, _text(parser.description), (*options, _help()), tuple(arguments))


def _command(name: str, command: Any) -> Command:
    below = tuple(_command(each, found) for each, found in getattr(command, "commands", {}).items() if not found.hidden)
    arguments = tuple(
        Argument(param.metavar or param.name.upper(), _text(param.help), not param.required)
        for param in command.params
        if param.param_type_name == "argument"
    )
    return Command(name, _text(command.help), _options(command.params), arguments, below)


def _options(params: Iterable[Any]) -> tuple[Option, ...]:
    found = [_option(param) for param in params if param.param_type_name == "option" and not param.hidden]
    return (*(option for option in found if option.names != ("--help",)), _help())


def _option(param: Any) -> Option:
    """Read one option as typer has it, which keeps its own copy of click without public types."""
    value = "" if param.is_flag else param.metavar or ("N" if _is_number(param) else "TEXT")
    default = "" if param.default in (None, "", False) or param.is_flag else str(param.default)
    return Option(
        names=tuple(sorted((*param.opts, *param.secondary_opts), key=len)),
        value=value.strip("'"),
        about=_text(param.help),
        default=default,
        repeats=param.multiple,
    )


def _is_number(param: Any) -> bool:
    return getattr(getattr(param, "type_descriptor", None), "annotation", None) in NUMBERS


def _help() -> Option:
    return Option(("--help",), "", "Show what there is, and end.")


def _text(text: str | None) -> str:
    """One paragraph as a sentence: capital first, stop last."""
    words = " ".join((text or "").split())
    if not words:
        return ""
    return words[0].upper() + words[1:] + ("" if words.endswith((".", "!", "?")) else ".")

"""The commands by name: what help says about each, and its module, which is imported when the command is called.

Most commands need numpy, the engine or the history; help, the version and mistakes need none of them.
"""

from __future__ import annotations

from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

COMMANDS: Final = {
    "http": "Fire HTTP traffic at one address.",
    "stream": "Open streams of events at one address.",
    "ws": "Open WebSockets at one address.",
    "run": "Measure one deployment of a profile, once.",
    "compare": "Compare the deployments of a profile.",
    "deploy": "Start one deployment and hold it.",
    "history": "What was measured before.",
    "report": "Render a run or a comparison.",
    "profile": "Check a profile, or start a new one.",
    "calibrate": "Measure what the generator costs here.",
    "self-test": "Try everything that loadbench needs here.",
}
ANYTHING: Final[dict[Any, Any]] = {"allow_extra_args": True, "ignore_unknown_options": True}
LATER: Final = ("capacity",)


def new_app(about: str | None = None) -> typer.Typer:
    """Return an empty set of commands with the settings that all of ours share."""
    return typer.Typer(
        help=about,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        add_completion=False,
    )


def app_of(name: str) -> typer.Typer:
    """Import the module of one command."""
    # Written out, so that whoever reads imports (mypy, import-linter, PyInstaller) finds them.
    match name:
        case "http":
            from loadbench_gui.cli.commands.http import app
        case "stream":
            from loadbench_gui.cli.commands.stream import app
        case "ws":
            from loadbench_gui.cli.commands.ws import app
        case "run":
            from loadbench_gui.cli.commands.run import app
        case "compare":
            from loadbench_gui.cli.commands.compare import app
        case "deploy":
            from loadbench_gui.cli.commands.deploy import app
        case "history":
            from loadbench_gui.cli.commands.history import app
        case "report":
            from loadbench_gui.cli.commands.report import app
        case "profile":
            from loadbench_gui.cli.commands.profile import app
        case "calibrate":
            from loadbench_gui.cli.commands.calibrate import app
        case "self-test":
            from loadbench_gui.cli.commands.self_test import app
        case _:
            from loadbench_gui.cli.commands.later import refusal

            app = refusal(name)
    return app


class Commands(TyperGroup):
    """The group of all commands: a name and a line of help each, until one is called."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        for name, about in COMMANDS.items():
            self.add_command(TyperCommand(name, help=about))
        for name in LATER:
            self.add_command(TyperCommand(name, hidden=True))

    # typer keeps its own copy of click, whose types have no public names.
    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Find the command that the arguments name, and import it."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command if name is None else typer.main.get_command(app_of(name)), rest

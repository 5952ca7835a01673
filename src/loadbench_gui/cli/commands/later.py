"""Commands that the contract names and this version does not have yet: each is refused in one clear sentence."""

from __future__ import annotations

import typer

from loadbench_gui.cli.table import ANYTHING, new_app
from loadbench_gui.errors import UserError

LATER = {
    "capacity": "Searching for the limit comes with a later version. Raise the rate of a profile by hand meanwhile.",
}


def refusal(name: str) -> typer.Typer:
    """Return the command `name`, which takes any arguments and says what to do instead."""
    app = new_app()

    @app.command(name, help=f"Not in this version. {LATER[name]}", context_settings=ANYTHING)
    def refuse() -> None:
        raise UserError(f"`loadbench {name}` is not in this version", LATER[name])

    return app

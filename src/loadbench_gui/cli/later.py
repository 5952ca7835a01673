"""Commands that the contract names and this version does not have yet: each is refused in one clear sentence."""

from __future__ import annotations

from collections.abc import Callable

import typer

from loadbench_gui.errors import UserError

LATER = {
    "stream": "Streams come with a later version. Measure plain responses with `loadbench http`.",
    "ws": "WebSockets come with a later version. Measure plain responses with `loadbench http`.",
    "capacity": "Searching for the limit comes with a later version. Raise the rate of a profile by hand meanwhile.",
    "calibrate": "Calibration comes with a later version. Each run judges the generator: see its verdict.",
    "self-test": "The self-test comes with a later version. `loadbench compare first-look` tries everything meanwhile.",
}


def register(app: typer.Typer) -> None:
    """Add a command for each name, which says what to do instead."""
    for name, sentence in LATER.items():
        app.command(
            name,
            help=f"Not in this version. {sentence}",
            context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
            hidden=True,
        )(_refusal(name, sentence))


def _refusal(name: str, sentence: str) -> Callable[[], None]:
    def refuse() -> None:
        raise UserError(f"`loadbench {name}` is not in this version", sentence)

    return refuse

"""Where words go, and how they are broken into lines."""

from __future__ import annotations

from rich.console import Console


def console_for(*, stderr: bool = False, quiet: bool = False) -> Console:
    """Return a console that breaks lines between words on a terminal, and not at all in a file or a pipe."""
    console = Console(stderr=stderr, highlight=False, quiet=quiet)
    console.soft_wrap = not console.is_terminal
    return console

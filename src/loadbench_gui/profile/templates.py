"""The text that a new profile starts from: one of the shipped ones, comments and all."""

from __future__ import annotations

from loadbench_gui.errors import UserError
from loadbench_gui.profile.bundled import bundled
from loadbench_gui.profile.nearest import nearest

STANDARD = "single-url"


def new_profile(kind: str = STANDARD) -> str:
    """Return the text of the shipped profile called `kind`. Raises `UserError` naming the closest one."""
    shipped = {one.name: one.path for one in bundled()}
    if kind not in shipped:
        guess = nearest(kind, shipped)
        question = f"Did you mean {guess}? " if guess else ""
        raise UserError(f'there is no template "{kind}"', f"{question}Templates: {', '.join(shipped)}.")
    return shipped[kind].read_text("utf-8")

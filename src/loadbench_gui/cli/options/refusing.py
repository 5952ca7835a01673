"""One way to say that an option means nothing here: whoever gave it expects an effect."""

from __future__ import annotations

from collections.abc import Mapping

from loadbench_gui.errors import UserError


def refuse(given: Mapping[str, bool], why: str, hint: str) -> None:
    """Raise `UserError` for the first option that was given; why: what follows its name."""
    for option, is_given in given.items():
        if is_given:
            raise UserError(f"{option} {why}", hint)

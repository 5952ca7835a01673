"""The word somebody probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(word: str, known: Iterable[str], at_least: float = 0.5) -> str | None:
    """Return the known word most like `word`, or None when none reaches the likeness (difflib's ratio, 0 to 1)."""
    candidates = {name.casefold(): name for name in known}
    close = difflib.get_close_matches(word.casefold(), candidates, n=1, cutoff=at_least)
    return candidates[close[0]] if close else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a hint: the likely word where there is one, and every word that would do."""
    names = list(dict.fromkeys(known))
    guess = nearest(word, names)
    listing = ", ".join(names)
    return f'Did you mean "{guess}"? Known here: {listing}.' if guess else f"Known here: {listing}."

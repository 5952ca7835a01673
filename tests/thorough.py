"""How much is tried: `make test` tries a part of what is drawn or counted through, `make matrix` all of it."""

from __future__ import annotations

import math
import os
from typing import Final

WHOLE: Final = os.environ.get("LOADBENCH_TESTS") == "whole"


def part_of(whole: int) -> int:
    """Return how many of so many cases to try."""
    return whole if WHOLE else math.ceil(whole / 5)

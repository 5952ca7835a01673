"""Figures as the contract writes them: numbers that JSON can hold, or null with the reason beside it."""

from __future__ import annotations

import dataclasses
import math

from loadbench_gui.core.quantiles import Q
from loadbench_gui.report.sent import Json


def q(figures: Q) -> Json:
    """Return Q as the contract writes it: numbers or null, and why a null is one."""
    values = dataclasses.asdict(figures)
    return {key: list(v) if isinstance(v, tuple) else finite(v) for key, v in values.items()}


def finite(value: float | None) -> float | None:
    """Return a number that JSON can hold: NaN and infinity become null."""
    return value if value is not None and math.isfinite(value) else None

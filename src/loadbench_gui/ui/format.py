"""What only a window has to write: moments and what is left of a run. All figures come from `report.words`."""

from __future__ import annotations

import math
from datetime import datetime

from loadbench_gui.report import words


def gap(value: float) -> float | None:
    """Turn the rings' NaN into the None that `report.words` writes as a dash."""
    return None if math.isnan(value) else value


def rate(per_s: float, unit: str) -> str:
    """Return a rate in its own unit: "2,000 round trips/s"."""
    return f"{words.rate_figure(per_s)}{words.NARROW}{unit}"


def left(seconds: float) -> str:
    """Return what is left of a comparison: "3 min 10 s left"."""
    return f"{words.seconds(max(1, round(seconds)))} left"


def when(iso: str, now: datetime) -> str:
    """Return a moment (ISO 8601) as "today 12:44", "yesterday 09:10" or "18 Nov 2026", in local time."""
    try:
        moment = datetime.fromisoformat(iso).astimezone()
    except ValueError:
        return iso
    days = (now.astimezone().date() - moment.date()).days
    if days == 0:
        return f"today {moment:%H:%M}"
    return f"yesterday {moment:%H:%M}" if days == 1 else f"{moment.day} {moment:%b %Y}"


def day_and_time(iso: str) -> str:
    """Return a moment (ISO 8601) as "22 Nov 2026 12:44", in local time."""
    try:
        moment = datetime.fromisoformat(iso).astimezone()
    except ValueError:
        return iso
    return f"{moment.day} {moment:%b %Y %H:%M}"

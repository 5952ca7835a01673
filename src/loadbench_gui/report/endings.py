"""How a run ended that did not end as planned: the terminal, the history and the report say it in the same words."""

from __future__ import annotations

from typing import Final

CAUSES: Final = {
    "stopped": "stopped on request",
    "worker_lost": "a process that sends died",
    "target_lost": "the server ended",
    "failed": "it failed",
    "ended_early": "loadbench ended before the run did, or could not record its end",
    "unreadable": "its end cannot be read",
}
"""What cut a run short, by its `stop_reason`."""
_WHOLE: Final = ("", "requests")
_LED_BY: Final = "cut short: "  # So did reasons begin that were words.


def is_cut_short(stop_reason: str, *, sealed: bool) -> bool:
    """Say whether less was measured than was planned: not so where only the last answers were not awaited."""
    return not sealed and stop_reason not in _WHOLE


def ending(stop_reason: str, *, sealed: bool) -> str:
    """Say how a run ended, "" for one that ended as planned. A reason without words of its own is shown as it is."""
    if sealed:
        return ""
    if not is_cut_short(stop_reason, sealed=sealed):
        return "ended while the last answers were awaited"
    return _LED_BY + CAUSES.get(stop_reason, stop_reason.removeprefix(_LED_BY))

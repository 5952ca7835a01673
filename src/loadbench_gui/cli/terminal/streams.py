"""The figures of streams that are no latencies: how they ended, and how their events came."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from loadbench_gui.cli.terminal.principal import stream_tally
from loadbench_gui.core.run import Run
from loadbench_gui.core.streaming import StreamTally
from loadbench_gui.report import words


def rows(run: Run) -> Iterator[tuple[str, Text]]:
    """Yield lines for the table of figures."""
    tally = stream_tally(run)
    yield "ends", _ends(tally)
    yield "events", Text(_events(tally, run.duration_s))
    if tally.events:
        yield "longest stall", Text(f"{words.latency(tally.longest_stall_us)} without an event on an open stream")


def _ends(tally: StreamTally) -> Text:
    """Say how many streams came to which end."""
    text = Text(f"{words.count(tally.complete)} complete")
    if tally.left:
        text.append(f", {words.count(tally.left)} of them left by us at the end")
    if tally.truncated:
        text.append(", ").append(f"{words.count(tally.truncated)} truncated", "red")
    if tally.reconnected:
        text.append(", ").append(f"taken up again {words.count(tally.reconnected)} times", "yellow")
    return text


def _events(tally: StreamTally, duration_s: float) -> str:
    said = words.count(tally.events)
    if duration_s > 0:
        said += f" ({words.rate(tally.events / duration_s, 'events')})"
    reads = tally.per_read
    if not reads.total or reads.mean_us is None:
        return said
    return f"{said}; {words.significant(reads.mean_us)} a read, at most {words.count(round(reads.max_us or 0))}"

"""The generator's verdict on itself: whether the figures may be believed, and why not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from loadbench_gui.cli.terminal.glyphs import WIDEST, flow
from loadbench_gui.core.caveats import SEVERITY, Caveat, GeneratorVerdict, doubted
from loadbench_gui.core.plan import Protocol
from loadbench_gui.core.run import Run
from loadbench_gui.report import words
from loadbench_gui.stats.kinds import kind_of
from loadbench_gui.stats.wording import spoken

STYLE: Final[dict[GeneratorVerdict, str]] = {"valid": "green", "suspect": "yellow", "invalid": "red"}
MEANING: Final[dict[GeneratorVerdict, str]] = {
    "valid": "",
    "suspect": ": read the figures with the reasons below",
    "invalid": ": do not believe the figures",
}

EVENT: Final[dict[Protocol, str]] = {"http": "an event", "stream": "an event", "ws": "a message"}


def print_fitness(console: Console, run: Run) -> None:
    """Print the generator's verdict on itself, what it cost, and its reasons with what to do about them."""
    fitness = run.fitness
    doubts = ", ".join(spoken(metric, kind_of(run.workload).counted) for metric in sorted(doubted(fitness.caveats)))
    meaning = MEANING[fitness.verdict] or (f", with doubts about {doubts}" if doubts else "")
    console.print(Text("generator ") + Text(fitness.verdict, STYLE[fitness.verdict]) + Text(meaning))
    for line in flow(_evidence(run), min(console.width, WIDEST)):
        console.print(Text(line, "dim"))
    for hint, caveats in _by_hint(fitness.caveats).items():
        for message, severity in dict.fromkeys((caveat.message, caveat.severity) for caveat in caveats):
            _print_indented(console, Text(f"! {message}", STYLE[severity]), 2)
        _print_indented(console, Text(f"→ {hint}", "dim"), 4)


def _print_indented(console: Console, text: Text, columns: int) -> None:
    """Print a paragraph away from the margin; where lines may be of any length, on one line."""
    console.print(Text(" " * columns) + text if console.soft_wrap else Padding(text, (0, 0, 0, columns)))


def _evidence(run: Run) -> Iterator[str]:
    fitness, counted = run.fitness, kind_of(run.workload).counted
    yield f"{words.percent(fitness.cpu_fraction)} CPU in {words.plural(fitness.workers, 'worker')}"
    if fitness.cpu_us_per_request is not None:
        yield f"{words.latency(fitness.cpu_us_per_request)} of CPU a {counted.removesuffix('s')}"
    if fitness.cpu_us_per_event is not None and counted != "messages":  # of those the line before has said it
        yield f"{words.latency(fitness.cpu_us_per_event)} of CPU {EVENT[run.workload.kind]}"
    if fitness.bytes_per_connection is not None:
        yield f"{words.size(fitness.bytes_per_connection)} of its memory a connection"
    if fitness.ceiling_rps is not None:
        yield f"could send {words.rate(fitness.ceiling_rps, counted)}"
    if fitness.steal_fraction:
        yield f"{words.percent(fitness.steal_fraction)} stolen by other machines"
    if fitness.run_delay_fraction:
        yield f"{words.percent(fitness.run_delay_fraction)} waiting for a CPU"


def _by_hint(caveats: Sequence[Caveat]) -> dict[str, list[Caveat]]:
    """Put reasons together that call for the same thing, the gravest first."""
    found: dict[str, list[Caveat]] = {}
    for caveat in sorted(caveats, key=lambda caveat: -SEVERITY[caveat.severity]):
        found.setdefault(caveat.hint, []).append(caveat)
    return found

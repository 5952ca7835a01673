"""What a terminal shows when a run is over: figures, latencies, what went wrong, and whether to believe it."""

from __future__ import annotations

from rich.console import Console

from loadbench_gui.cli.terminal.distribution import print_distribution
from loadbench_gui.cli.terminal.exchanges import print_errors
from loadbench_gui.cli.terminal.figures import print_figures
from loadbench_gui.cli.terminal.generator import print_fitness
from loadbench_gui.cli.terminal.head import print_head
from loadbench_gui.cli.terminal.phases import print_along, print_phases
from loadbench_gui.cli.terminal.principal import principal
from loadbench_gui.cli.terminal.spectrum import print_spectrum
from loadbench_gui.core.run import Run


def print_run(console: Console, run: Run) -> None:
    """Print one run, from what was asked to whether the answer can be believed."""
    print_head(console, run)
    console.print()
    print_figures(console, run)
    shown = principal(run)
    if shown is not None:
        console.print()
        print_spectrum(console, run, shown)
        print_distribution(console, shown.histogram, shown.caption)
    if run.measured.succeeded:
        print_along(console, run, shown)
        print_phases(console, run)
    print_errors(console, run)
    console.print()
    print_fitness(console, run)

"""`loadbench calibrate`: what the generator costs, and what it can do at most, on this machine."""

from __future__ import annotations

from typing import Annotated, Final, cast

import typer
from rich import box
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from loadbench_gui.cli.common import DataDir, Quiet
from loadbench_gui.cli.files import write_json
from loadbench_gui.cli.options.values import positive_duration
from loadbench_gui.cli.session import Interrupts, Terminal, run_async
from loadbench_gui.cli.table import new_app
from loadbench_gui.core.caveats import NEAR_CEILING
from loadbench_gui.core.plan import ClientName
from loadbench_gui.errors import ExitCode, UserError
from loadbench_gui.services.calibration.calibrate import Step, calibrate, steps
from loadbench_gui.services.calibration.file import SCHEMA, as_json, keep
from loadbench_gui.services.calibration.result import Calibration
from loadbench_gui.store.data_dir import data_dir as data_folder

SHORTEST_S: Final = 0.5
LONGEST_S: Final = 60.0

app = new_app()


@app.command("calibrate")
def calibrate_command(
    seconds: Annotated[
        float,
        typer.Option("--seconds", parser=positive_duration, metavar="S", help="How long each of the loads takes."),
    ] = "2s",  # type: ignore[assignment]
    client: Annotated[str, typer.Option("--client", metavar="fast|httpx", help="What sends the requests.")] = "fast",
    json_to: Annotated[
        str | None, typer.Option("--json", metavar="FILE|-", help="Write the figures; - is standard output, pure JSON.")
    ] = None,
    quiet: Quiet = False,
    data_dir: DataDir = None,
) -> int:
    """Measure what a request costs the generator here, how many a worker can send at most, and what punctuality costs.

    Seven short loads at a server that does nothing, in a process of its own. Kept in the data folder; later runs on
    this machine with the same versions say with it how near to its ceiling the generator was.

    Exit codes: 0 done and kept, 3 measured but not to be trusted (a busy machine), and not kept, 5 another measurement
    is in progress, 130 or 143 interrupted.
    """
    if client not in ("fast", "httpx"):
        raise UserError(f"there is no client called {client!r}", "Use --client fast or --client httpx.")
    if not SHORTEST_S <= seconds <= LONGEST_S:
        raise UserError(
            f"--seconds {seconds:g} is not between {SHORTEST_S:g} and {LONGEST_S:g} seconds",
            "Below, the cost drowns in noise; two seconds do on a quiet machine.",
        )
    terminal = Terminal(json_to, quiet, data_dir)
    return run_async(lambda interrupts: _run(terminal, interrupts, cast("ClientName", client), seconds))


async def _run(terminal: Terminal, interrupts: Interrupts, client: ClientName, seconds: float) -> int:
    with _Steps(terminal.words, len(steps(client))) as shown:
        found = await calibrate(client, seconds, on_step=shown, stop=interrupts.stop)
    if terminal.json_to is not None:
        write_json(terminal.json_to, {"schema": SCHEMA, **as_json(found)})
    _print(terminal.words, found)
    if not found.trusted:
        terminal.words.print(Text("Not to be trusted, and not kept: the machine did something else as well.", "red"))
        return ExitCode.UNTRUSTED
    path = keep(data_folder(terminal.data_dir), found)
    terminal.words.print(Text(f"Kept in {path}.", "dim"))
    return ExitCode.OK


class _Steps:
    """On a terminal, one line that says what is going on."""

    def __init__(self, console: Console, count: int) -> None:
        self._console, self._count, self._number = console, count, 0
        self._live = Live(console=console, auto_refresh=False, transient=True)

    def __enter__(self) -> _Steps:
        if self._console.is_terminal and not self._console.quiet:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def __call__(self, step: Step) -> None:
        self._number += 1
        if self._live.is_started:
            line = f"calibrating, {self._number} of {self._count}: {step.title}"
            self._live.update(Text(line, style="dim"), refresh=True)


def _print(console: Console, found: Calibration) -> None:
    cost, machine = found.cost, found.fingerprint
    console.print(Text(f"{machine.cpu_model}, {machine.kernel}, {machine.python}, client {machine.client}", "bold"))
    lowest, highest = min(cost.runs_us), max(cost.runs_us)
    console.print(
        f"A request costs {cost.median_us:.1f} µs of CPU (median of {len(cost.runs_us)} runs, "
        f"{lowest:.1f} to {highest:.1f})."
    )
    console.print(
        f"A worker can send {cost.ceiling_rps:,.0f} requests/s at most; above {NEAR_CEILING * cost.ceiling_rps:,.0f}/s "
        f"({100 * NEAR_CEILING:.0f} %) no target is ranked."
    )
    console.print(_paces(found))
    for caveat in found.caveats:
        style = "red" if caveat.severity == "invalid" else "yellow"
        console.print(Text(caveat.message, style) + Text(f" {caveat.hint}", "dim"))


def _paces(found: Calibration) -> Table:
    """One row a rate and way of waiting: what it costs in cores, and how late requests leave."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("sent on time")
    for heading in ("requests/s", "cores", "of that for pacing", "dispatch lag p50", "p99"):
        table.add_column(heading, justify="right")
    for pace in found.paces:
        table.add_row(
            {"timer": "kernel timer", "spin": "spinning"}.get(pace.pacing, pace.pacing),
            f"{pace.sent_rps:,.0f}",
            _cores(pace.cores),
            _cores(pace.pacing_cores),
            _microseconds(pace.lag_p50_us),
            _microseconds(pace.lag_p99_us),
        )
    return table


def _microseconds(us: float | None) -> str:
    return "too few" if us is None else f"{us:,.0f} µs"


def _cores(cores: float | None) -> str:
    return "not seen" if cores is None else f"{cores:.2f}"

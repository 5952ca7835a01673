"""The live line: what a terminal shows of the same events that the window draws.

On a terminal one block is redrawn in place; elsewhere (CI logs, pipes) each finished run is one line.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from loadbench_gui.cli.terminal.live import LiveRun
from loadbench_gui.cli.terminal.principal import principal
from loadbench_gui.core.caveats import SEVERITY, Caveat
from loadbench_gui.core.plan import Workload
from loadbench_gui.core.quantiles import supported_quantile
from loadbench_gui.core.run import Run
from loadbench_gui.core.verdict import Schedule
from loadbench_gui.report import words
from loadbench_gui.report.endings import ending
from loadbench_gui.report.figures.runorder import initials
from loadbench_gui.services.events import (
    ComparisonEnded,
    Event,
    GeneratorDoubted,
    GeneratorSampled,
    IntervalClosed,
    Note,
    RunEnded,
    ScheduleMade,
    StateChanged,
    TargetSampled,
)
from loadbench_gui.stats.kinds import kind_of
from loadbench_gui.stats.wording import spoken

REDRAWS_PER_S = 4


class Progress:
    """Follows one command's events and keeps the terminal up to date; use as a context manager."""

    def __init__(
        self, console: Console, clock: Callable[[], float] = time.monotonic, workloads: Sequence[Workload] = ()
    ) -> None:
        self._console = console
        self._workloads = {workload.name: workload for workload in workloads}
        self._clock = clock
        self._live = Live(console=console, refresh_per_second=REDRAWS_PER_S, transient=True, auto_refresh=False)
        self._run = LiveRun()
        self._schedule: Schedule | None = None
        self._began_s = clock()
        self._drawn_s = 0.0
        self._told: set[tuple[str, str | None]] = set()
        self._doubts: dict[str, list[Caveat]] = {}

    def __enter__(self) -> Progress:
        if self._console.is_terminal and not self._console.quiet:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._tell_doubts()
        self._live.stop()

    def __call__(self, event: Event) -> None:
        """Take one event."""
        match event:
            case ScheduleMade(plan=plan, schedule=schedule):
                self._schedule = schedule
                self._workloads = {workload.name: workload for workload in plan.workloads}
                self._console.print(_announcement(schedule))
            case StateChanged(label=label, state=state, detail=detail):
                self._run.workload = self._workloads.get(label.workload)
                self._run.moved(label, state, detail)
            case IntervalClosed(interval=interval):
                # Where nothing is drawn, a minute of histograms and the work of adding them up would be for nobody.
                if self._live.is_started:
                    self._run.interval(interval)
            case TargetSampled(sample=sample):
                self._run.sample(sample)
            case GeneratorDoubted(caveat=caveat):
                self._doubt(caveat)
            case RunEnded(run=run):
                self._tell_doubts()
                if self._schedule is not None:
                    self._console.print(run_line(run, self._schedule))
            case Note(level=level, text=text):
                self._console.print(Text(text, style={"info": "", "warning": "yellow", "error": "red"}[level]))
            case GeneratorSampled() | ComparisonEnded():
                pass
        self._redraw()

    def _doubt(self, caveat: Caveat) -> None:
        """Tell each code once for each metric that it concerns; those of single metrics together, at the run's end."""
        if (caveat.code, caveat.metric) in self._told:
            return
        self._told.add((caveat.code, caveat.metric))
        if self._live.is_started and self._schedule is None:
            self._run.doubt(caveat.message)  # The end of the run says what to do about it.
        elif caveat.metric is None:
            self._console.print(Text(f"! {caveat.message} {caveat.hint}", style="yellow"))
        else:
            self._doubts.setdefault(caveat.code, []).append(caveat)

    def _tell_doubts(self) -> None:
        for caveats in self._doubts.values():
            gravest = max(caveats, key=lambda caveat: SEVERITY[caveat.severity])
            metrics = ", ".join(spoken(caveat.metric or "") for caveat in caveats)
            self._console.print(Text(f"! doubts about {metrics}: {gravest.message} {gravest.hint}", style="yellow"))
        self._doubts.clear()

    def _redraw(self) -> None:
        now_s = self._clock()
        if self._live.is_started and now_s - self._drawn_s >= 1 / REDRAWS_PER_S:
            self._drawn_s = now_s
            self._live.update(self._picture(now_s), refresh=True)

    def _picture(self, now_s: float) -> Group:
        lines = self._run.lines(self._console.width)
        if self._schedule is not None and self._run.label is not None:
            left_s = max(0.0, self._schedule.estimate_s - (now_s - self._began_s))
            lines.insert(0, strip(self._schedule, self._run.label.order, left_s))
        return Group(*lines)


def _announcement(schedule: Schedule) -> Text:
    runs = len(schedule.entries)
    return Text(
        f"{schedule.rounds} rounds, {runs} runs, about {words.seconds(schedule.estimate_s)}; seed {schedule.seed}",
        style="dim",
    )


def strip(schedule: Schedule, current: int, left_s: float) -> Text:
    """The round strip: what has run, what runs, what comes next, and the time left."""
    text = Text()
    letters = initials(tuple(dict.fromkeys(entry.deployment for entry in schedule.entries)))
    last_round = None
    for entry in schedule.entries:
        if entry.round != last_round:
            text.append("  " if last_round is not None else "")
            last_round = entry.round
        style = "reverse bold" if entry.order == current else "green" if entry.order < current else "dim"
        text.append(letters[entry.deployment], style)
    return text.append(f"   {words.seconds(left_s)} left", "dim")


def run_line(run: Run, schedule: Schedule) -> Text:
    """One finished run of a comparison on one line."""
    figures = list(_figures(run))
    if run.target is not None:
        figures.append(f"{words.memory(run.target.peak_bytes)} {run.target.kind.upper()}")
    bad = run.measured.failed + run.measured.timed_out + run.measured.dropped
    if bad:
        figures.append(f"{words.count(bad)} errors")
    if run.fitness.verdict != "valid":
        figures.append(f"generator {run.fitness.verdict}")
    if not run.sealed:
        figures.append(ending(run.stop_reason, sealed=run.sealed))
    several = len({entry.workload for entry in schedule.entries}) > 1
    who = max(len(entry.deployment) for entry in schedule.entries)
    what = max(len(entry.workload) for entry in schedule.entries)
    head = f"round {run.label.round + 1}/{schedule.rounds}  {run.label.deployment:<{who}}"
    head += f"  {run.label.workload:<{what}}" if several else ""
    return Text.assemble((head, "bold"), "  " + " · ".join(figures))


def _figures(run: Run) -> Iterator[str]:
    """Yield throughput and latency, of whatever kind the run has."""
    kind = kind_of(run.workload)
    if not kind.throughput:
        # Plain requests are what everybody expects: the line needs no word for them.
        unit = "" if run.workload.kind == "http" else f"{words.NARROW}{kind.counted}"
        yield f"{words.rate_figure(run.throughput_rps)}{unit}/s"
    shown = principal(run)
    if shown is None and kind.latency:
        return
    found = (None, None) if shown is None else [supported_quantile(shown.histogram, q) for q in (0.5, 0.99)]
    title = f"{shown.title} " if shown is not None and run.workload.kind != "http" else ""
    for name, value in zip(("p50", "p99"), found, strict=True):
        yield f"{title}{name} {words.UNKNOWN if value is None else words.latency(value)}"
        title = ""

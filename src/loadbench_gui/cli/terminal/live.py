"""The run that is going on, redrawn in place: how far it is, how fast, how slow, what goes wrong."""

from __future__ import annotations

from collections import deque
from typing import Final

from rich.text import Text

from loadbench_gui.cli.terminal.glyphs import WIDEST, flow, meter, sparkline
from loadbench_gui.cli.terminal.pulse import STEP_S, pulse_of
from loadbench_gui.core.lifecycle import RunState
from loadbench_gui.core.pacing import expected_arrivals
from loadbench_gui.core.plan import OpenLoad, Workload
from loadbench_gui.core.run import Interval, RunLabel, TargetSample
from loadbench_gui.report import words
from loadbench_gui.stats.kinds import kind_of

PER_SECOND: Final = round(1 / STEP_S)
METER_COLUMNS: Final = 30
HISTORY_S: Final = 24
"""How far back the line of throughput goes: one character a second, so that it does not flicker."""


class LiveRun:
    """The figures of the run that is going on. `workload` is known where the plan is."""

    def __init__(self) -> None:
        self.label: RunLabel | None = None
        self.workload: Workload | None = None
        self._state = RunState.PLANNED
        self._detail = ""
        self._reset()

    def _reset(self) -> None:
        self._pulse = pulse_of(self.workload)
        self._rates: deque[float] = deque(maxlen=PER_SECOND)
        self._beats: deque[float] = deque(maxlen=HISTORY_S * PER_SECOND)
        self._top_beat = 0.0
        self._ended = self._errors = 0
        self._t_s = 0.0
        self._memory = ""
        self._doubt = ""

    def moved(self, label: RunLabel, state: RunState, detail: str) -> None:
        """Take a change of state; a new run starts from nothing."""
        if self.label is None or self.label.run_id != label.run_id:
            self._reset()
        self.label, self._state, self._detail = label, state, detail

    def interval(self, interval: Interval) -> None:
        """Take a closed interval."""
        everything = interval.everything
        self._pulse.take(interval)
        self._rates.append(everything.succeeded / interval.length_s)
        self._beats.append(self._pulse.beats(interval) / interval.length_s)
        self._top_beat = max(self._top_beat, _lately(self._beats))
        self._ended += interval.measured.ended
        self._errors += everything.failed + everything.timed_out + everything.dropped
        self._t_s = interval.t_s + interval.length_s

    def sample(self, sample: TargetSample) -> None:
        """Take one look at the server's memory."""
        self._memory = f"{words.memory(sample.memory_bytes)} {sample.kind.upper()}"

    def doubt(self, text: str) -> None:
        """Take a doubt that the generator has about itself; the last one is shown."""
        self._doubt = text

    def lines(self, width: int) -> list[Text]:
        """Return what to draw, no line longer than `width`."""
        if self.label is None:
            return []
        width = min(width, WIDEST)
        if not self._rates:
            detail = self._detail or f"{self.label.deployment}  {self._state.value}"
            return [_cut(Text(detail, "dim"), width)]
        lines = [self._head(width), self._speed(width), *(Text(line) for line in flow(self._figures(), width))]
        return [*lines, _cut(Text(f"  ! {self._doubt}", "yellow"), width)] if self._doubt else lines

    def _name(self, width: int) -> Text:
        return _cut(Text(self.label.deployment if self.label is not None else "", "bold"), max(8, width))

    def _head(self, width: int) -> Text:
        """Say which run it is, what it does, how far it is."""
        share, left_s = self._progress()
        when = f"  {words.seconds(float(round(left_s)))} left" if left_s is not None else f"  {self._t_s:.0f} s"
        state = f"  {self._state.value}  "
        room = width - len(state) - len(when)
        name = self._name(room - METER_COLUMNS // 2)
        drawn = meter(share, max(5, min(METER_COLUMNS, room - len(name)))) if share is not None else Text("")
        return Text.assemble(name, state, drawn, (when, "dim"))

    def _speed(self, width: int) -> Text:
        """Say how fast it is, how fast it should be, and how that went lately."""
        if not self._pulse.counted:
            return Text(f"  {self._pulse.connections()}", "bold")
        text = Text(f"  {self._rate()}", "bold")
        beats = list(self._beats)
        seconds = [sum(beats[i : i + PER_SECOND]) / PER_SECOND for i in range(len(beats) % PER_SECOND, len(beats), 4)]
        room = width - len(text) - 2
        return text + Text("  " + sparkline(seconds[-room:], self._top_beat), "cyan") if seconds and room > 0 else text

    def _rate(self) -> str:
        """Write the speed: of what is counted and, where that is something else, of the requests that bring it."""
        kind = kind_of(self.workload) if self.workload is not None else None
        counted = kind.counted if kind is not None else self._pulse.counted
        beats = words.rate(_lately(self._beats), self._pulse.counted)
        if kind is not None and kind.throughput:
            return beats
        asked = self._asked()
        of = f" of {words.rate_figure(asked)}" if asked is not None else ""
        requests = f"{words.rate_figure(_lately(self._rates))}{of}{words.NARROW}{counted}/s"
        return requests if counted == self._pulse.counted else f"{beats} in {requests}"

    def _figures(self) -> list[str]:
        errors = words.plural(self._errors, "error") if self._errors else "no errors"
        figures = [*self._pulse.figures(), errors]
        if self._pulse.counted:
            figures.append(self._pulse.connections())
        return [*figures, self._memory] if self._memory else figures

    def _asked(self) -> float | None:
        """Return the arrivals that the last second should have brought."""
        if self.workload is None or not isinstance(self.workload.shape, OpenLoad):
            return None
        before_s = max(0.0, self._t_s - 1.0)
        shape = self.workload.shape
        return (expected_arrivals(shape, self._t_s) - expected_arrivals(shape, before_s)) / (self._t_s - before_s)

    def _progress(self) -> tuple[float | None, float | None]:
        """Return how much is done (0 to 1) and the seconds left, by time or by count, whichever ends first."""
        if self.workload is None:
            return None, None
        whole_s = self.workload.warmup_s + self.workload.duration_s
        share, left_s = self._t_s / whole_s, max(0.0, whole_s - self._t_s)
        limit = self.workload.requests_limit
        if limit is None or not self._ended:
            return share, left_s
        by_count = self._ended / limit
        if by_count <= share:
            return share, left_s
        rate = _lately(self._rates)
        return by_count, min(left_s, max(0, limit - self._ended) / rate) if rate else left_s


def _cut(text: Text, width: int) -> Text:
    text.truncate(width, overflow="ellipsis")
    return text


def _lately(rates: deque[float]) -> float:
    """Return the mean of the last second."""
    last = list(rates)[-PER_SECOND:]
    return sum(last) / len(last)

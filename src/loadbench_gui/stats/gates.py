"""Conditions without which there is no verdict on what they concern. They cannot be silenced.

Each check reads one figure per run, takes the worst of each deployment, and says which deployments and metrics lose
their verdicts. A caveat is a gate that neither passes nor fails: worth saying, stops nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from loadbench_gui.core.caveats import NEAR_CEILING
from loadbench_gui.core.plan import ClosedLoad, OpenLoad, Plan
from loadbench_gui.core.run import Run
from loadbench_gui.core.verdict import Gate, Metric
from loadbench_gui.core.websocket import SocketTally
from loadbench_gui.stats import doubts, lag
from loadbench_gui.stats.assumptions import is_steady
from loadbench_gui.stats.ceiling import ceiling_share, twin_gates
from loadbench_gui.stats.kinds import at_once, is_matched
from loadbench_gui.stats.little import LITTLE_LIMIT, deviation
from loadbench_gui.stats.notation import Writer, apart, percent
from loadbench_gui.stats.sample import LOADED, TIMING

REUSE_LIMIT: Final = 0.99
OFFERED_LIMIT: Final = 0.99
ERROR_LIMIT: Final = 0.001
_LEAST_ENDING: Final = 0.5
_UNDER_WAY: Final = 0.05
"""Share of the arrivals that may be called under way at the end: a server that lacks more cannot keep up, however long
the latency, and in a queue latency always explains what is missing."""
CPU_LIMIT: Final = 0.80


@dataclass(frozen=True, slots=True)
class _Check:
    """One figure per run and the side of a limit on which it must lie. `figure` None: the check does not apply."""

    name: str
    figure: Callable[[Run], float | None]
    limit: float
    at_least: bool
    write: Writer
    passed: str
    failed: str
    metrics: tuple[Metric, ...]
    strict: bool = False

    def holds(self, value: float) -> bool:
        """Return whether `value` is on the right side; on the limit is right unless the check is strict."""
        if value == self.limit:
            return not self.strict
        return value > self.limit if self.at_least else value < self.limit

    def show(self, value: float) -> str:
        """Write the figure so that it does not read as the limit that it misses."""
        return apart(self.write, value, self.limit)[0]


def reuse(run: Run) -> float | None:
    """Return the fraction of requests that found a connection open; the first opening of each does not count.

    None where the profile asks for closed connections, nothing was sent, or the protocol keeps a connection for good.
    Where we end streams ourselves, only connections that the server closed count.
    """
    closing = any(k.lower() == "connection" and "close" in v.lower() for k, v in run.workload.request.headers)
    reopened = max(0, run.traffic.opened - run.workload.shape.connections)
    if run.workload.kind == "stream":
        reopened = min(reopened, run.traffic.closed_by_server)
    if closing or run.workload.kind == "ws" or not run.traffic.reused + reopened:
        return None
    return run.traffic.reused / (run.traffic.reused + reopened)


def little_error(run: Run) -> float | None:
    """Return how far a closed loop is from Little's law (`stats.little`); None for loads that it does not hold for."""
    asking = at_once(run.workload)
    if not isinstance(run.workload.shape, ClosedLoad) or asking is None:
        return None
    return deviation(
        run.workload.shape,
        run.traffic,
        run.measured.scheduled,
        duration_s=run.duration_s,
        between_us=run.fitness.cpu_us_per_request or 0.0,
        at_limit=run.stop_reason == "requests",
        at_once=asking,
    )


def offered_met(run: Run) -> float | None:
    """Return what an open loop completed inside the window over the arrivals drawn for it; None for other loads.

    What can only be under way at the end counts as met.
    """
    if not isinstance(run.workload.shape, OpenLoad) or run.label.phase == "peak" or not run.measured.issued:
        return None
    due = run.measured.issued
    if run.workload.kind == "stream":
        share = _ending_inside(run)
        if share is None:
            return None
        # A few more than share of them may have ended, as their lives scatter.
        lacking = max(0.0, share * due - run.traffic.completed)
        return 1.0 if lacking <= 1 else 1 - lacking / (share * due)
    completed, lost = run.traffic.completed, run.measured.failed + run.measured.timed_out + run.measured.dropped
    # Where the share alone is good enough, it is shown as it is.
    explained = OFFERED_LIMIT * due > completed and due - lost - completed <= _under_way(run, run.workload.shape)
    return 1 - lost / due if explained and run.measured.succeeded else completed / due


def _under_way(run: Run, shape: OpenLoad) -> float:
    """Return how many requests may be under way when the window ends, beyond those at its start.

    Little's law gives their mean, from the time on the wire: the latency from when they were due would explain any
    queue. They scatter like a Poisson count, and one may always be caught, however short it is.
    """
    rate_rps = max(shape.rate_rps, *(stage.rate_rps for stage in shape.stages), 0.0)
    mean = min(rate_rps * (run.measured.service.mean_us or 0.0) / 1e6, float(shape.connections))
    return max(1.0, min(1 + mean + 2 * math.sqrt(mean), _UNDER_WAY * run.measured.issued))


def _ending_inside(run: Run) -> float | None:
    """Return which share of the streams due in the window should end in it, if the server keeps up.

    Streams of the warm-up that end inside make up for those that end after it, as far as the warm-up is as long as
    they live, and but for as much as their lives scatter. None for those that do not end, or live so long that the
    window says nothing.
    """
    if run.workload.stream is not None and run.workload.stream.endless:
        return None
    parts = (run.measured.first_byte, run.measured.download)
    if run.duration_s <= 0 or not all(parts):
        return None
    life_s = sum(part.mean_us or 0.0 for part in parts) / 1e6
    scatter_s = sum(part.stdev_us or 0.0 for part in parts) / 1e6
    share = 1 - (max(0.0, life_s - run.workload.warmup_s) + scatter_s) / run.duration_s
    return share if share >= _LEAST_ENDING else None


def error_rate(run: Run) -> float:
    """Return failed, timed out and dropped requests over those issued; 1 when none was issued."""
    tally = run.measured
    return (tally.failed + tally.timed_out + tally.dropped) / tally.issued if tally.issued else 1.0


def gates_for(plan: Plan, workload: str, runs: Sequence[Run]) -> tuple[Gate, ...]:
    """Return the gates of one workload: what was measured, and what to do where it failed. `runs` are its own."""
    limit = ERROR_LIMIT if plan.slo.error_rate is None else max(plan.slo.error_rate, 0.0)
    measured = [gate for check in (*_CHECKS, _errors(limit)) if (gate := _judge(check, workload, runs)) is not None]
    return (
        *measured,
        *doubts.generator_gates(workload, runs),
        *lag.lag_gates(plan, workload, runs),
        *twin_gates(workload, runs),
        *doubts.caveat_gates(workload, runs),
        *_delivery(workload, runs),
        _steady(workload, runs),
    )


def _delivery(workload: str, runs: Sequence[Run]) -> tuple[Gate, ...]:
    """Say whether every message came, once and in its order. Those that did not come are errors as well.

    That all did is known only where each message is waited for: of what a server pushes nobody knows how much it was.
    """
    named = ("lost", "duplicated", "reordered", "stray")
    sums = {r.label.deployment: SocketTally() for r in runs if r.measured.websocket is not None}
    for run in runs:
        if run.measured.websocket is not None:
            sums[run.label.deployment] += run.measured.websocket
    odd = {
        name: [f"{getattr(tally, what):,} {what}" for what in named if getattr(tally, what)]
        for name, tally in sums.items()
    }
    odd = {name: counts for name, counts in odd.items() if counts}
    if not odd:
        is_known = bool(sums) and all(is_matched(run.workload) for run in runs)
        all_came = Gate("delivery", True, "", "Every message came once and in its order.", workload)
        return (all_came,) if is_known else ()
    said = "; ".join(f"{name}: {', '.join(counts)}" for name, counts in odd.items())
    detail = f"{said}. A server that loses or repeats messages does less work, or more; look at that first."
    return (Gate("delivery", None, f"{len(odd)} of {len(sums)} irregular", detail, workload, tuple(odd), TIMING),)


def _judge(check: _Check, workload: str, runs: Sequence[Run]) -> Gate | None:
    worst: dict[str, float] = {}
    for run in runs:
        value = check.figure(run)
        if value is not None:
            pick = min if check.at_least else max
            worst[run.label.deployment] = pick(value, worst.get(run.label.deployment, value))
    if not worst:
        return None
    failing = {name: value for name, value in worst.items() if not check.holds(value)}
    figure = check.show((min if check.at_least else max)(worst.values()))
    if not failing:
        return Gate(check.name, True, figure, check.passed, workload)
    named = ", ".join(f"{name} {check.show(value)}" for name, value in failing.items())
    return Gate(check.name, False, figure, f"{named}: {check.failed}", workload, tuple(failing), check.metrics)


def _steady(workload: str, runs: Sequence[Run]) -> Gate:
    drifting = [run for run in runs if not is_steady(run)]
    if not drifting:
        return Gate("steady", True, "", "No run drifted by more than 10 % from its first half to its second.", workload)
    return Gate(
        "steady",
        None,
        f"{len(drifting)} of {len(runs)} runs drift",
        "The second half of a run differs by more than 10 % from its first. A longer warm-up may help.",
        workload,
        tuple(dict.fromkeys(run.label.deployment for run in drifting)),
        TIMING,
    )


def _fraction(value: float, digits: int = 3, /) -> str:
    return f"{value:.{digits}f}"


def _errors(limit: float) -> _Check:
    return _Check(
        "errors", error_rate, limit, False, percent,
        "Failed, timed out and dropped requests stayed within what is allowed.",
        f"more than {percent(limit)} of the requests had no good answer, so the rest is a flattering selection. "
        "Look at the sample exchanges, then lower the rate or mend the server.",
        LOADED,
    )  # fmt: skip


_CHECKS: Final = (
    _Check(
        "reuse", reuse, REUSE_LIMIT, True, _fraction,
        "Connections were kept alive.",
        "connections were opened again and again, so this measures connecting. "
        "Raise the server's keep-alive timeout and its limit of requests per connection.",
        LOADED,
    ),
    _Check(
        "Little's law", little_error, LITTLE_LIMIT, False, percent,
        "Throughput, latency and connections agree with one another.",
        "throughput x (latency + think time) is not the number of connections, so our own accounting is in doubt. "
        "Check that the server accepts all connections, and run again.",
        TIMING,
    ),
    _Check(
        "offered met", offered_met, OFFERED_LIMIT, True, percent,
        "What was offered was completed inside the window.",
        "less than 99 % of the requests due were completed inside the window: the rate is above what the server can "
        "take, and latency then depends on how long one waits. Lower the rate.",
        TIMING,
    ),
    _Check(
        "generator ceiling", ceiling_share, NEAR_CEILING, False, percent,
        "The generator could have sent more.",
        "the generator sent more than 70 % of what it can at most, so the throughput may be its own and is not ranked. "
        "Give it more workers or CPUs; `loadbench calibrate` says what each worker can do.",
        (Metric.THROUGHPUT,),
    ),
    _Check(
        "generator CPU", lambda run: run.fitness.cpu_fraction, CPU_LIMIT, False, percent,
        "The generator had CPU to spare.",
        "the generator worked at 80 % of its CPU or more, so it may be the limit. "
        "Give it more workers or CPUs, or lower the rate.",
        TIMING,
        strict=True,
    ),
)  # fmt: skip

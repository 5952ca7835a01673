"""What the summary of a run looks like, to the letter.

Written anew with REWRITE_GOLDEN=1 pytest tests/unit/cli/test_summary_golden.py; read the difference before keeping it.
"""

from __future__ import annotations

import io
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from builders import make_run, make_socket_run, make_socket_workload, make_stream_run, make_workload
from loadbench_gui.cli.summary import print_run
from loadbench_gui.core.caveats import Caveat
from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.plan import ClosedLoad, OpenLoad, Request, Stage
from loadbench_gui.core.run import Run
from loadbench_gui.core.snapshot import ErrorKind

GOLDEN = Path(__file__).parents[2] / "golden" / "terminal"


def plain() -> Run:
    """A run in which all went well."""
    return make_run()


def troubled() -> Run:
    """Errors of several kinds, requests that were dropped or never ended, and a generator with doubts about itself."""
    lag = Caveat("dispatch_lag", "The dispatch lag at p99 is 2.34 ms.", "Lower the rate.", "suspect", "p99")
    busy = Caveat("cpu", "The generator used 93 % of its CPU.", "Use more workers.", "suspect")
    run = make_run(errors={ErrorKind.BAD_STATUS: 120, ErrorKind.READ_TIMEOUT: 3}, caveats=(lag, busy))
    tally = run.measured
    waited = Histogram.of(np.array([1_500_000, 2_000_000], np.int64))
    tally = replace(tally, censored=2, dropped=40, issued=tally.issued + 42, censored_at=waited)
    return replace(run, measured=tally, sealed=False, stop_reason="stopped by the user")


def elaborate() -> Run:
    """A mix of requests over TLS, in stages, to several processes, with all the evidence there can be."""
    shape = OpenLoad(64, 0.0, "poisson", (Stage(1.0, 2_000.0), Stage(4.0, 2_000.0)))
    workload = replace(make_workload(shape=shape), also=(Request("POST", "/orders", weight=3.0),))
    run = make_run(workload=workload, rate_rps=2_000.0)
    once = Histogram.of(np.full(64, 900, np.int64))
    return replace(
        run,
        url="https://[::1]:8443",
        client="httpx",
        lookup_s=0.0021,
        traffic=replace(run.traffic, connect=once, tls=once + once, stale=3, closed_by_server=12),
        requests_per_process={"4711": 4_000, "4712": 3_960},
        fitness=replace(
            run.fitness, cpu_us_per_request=9.6, ceiling_rps=104_000.0, steal_fraction=0.01, run_delay_fraction=0.02
        ),
    )


def closed() -> Run:
    """Users who think, watched from outside."""
    workload = make_workload(shape=ClosedLoad(8, 0.2, "exponential"), warmup_s=0.0)
    return make_run(workload=workload, rate_rps=40.0, memory=False)


def streams() -> Run:
    """Streams of which some were cut, some taken up again and some left."""
    run = make_stream_run(errors={ErrorKind.CLOSED_EARLY: 12, ErrorKind.INCOMPLETE: 3})
    lag = Caveat("dispatch_lag", "Gaps may be ours.", "Use more workers.", "suspect", "gap_p99")
    assert run.measured.stream is not None
    odd = replace(run.measured.stream, left=40, reconnected=5)
    fitness = replace(run.fitness, caveats=(lag,), cpu_us_per_request=80.0, cpu_us_per_event=4.0)
    return replace(run, measured=replace(run.measured, stream=odd), fitness=fitness)


def echo() -> Run:
    """Round trips over TLS, of which some went astray, on connections that the server closed."""
    planted = {"lost": 3, "duplicated": 2, "reordered": 1, "stray": 12_345}
    run = make_socket_run("echo", planted=planted, close_codes={1011: 4, 1006: 4, 3999: 1})
    once = Histogram.of(np.full(64, 900, np.int64))
    return replace(run, url="https://api.example:8443", traffic=replace(run.traffic, tls=once, connect=once))


def pushed() -> Run:
    """Messages that nobody had asked for."""
    return make_socket_run("push")


def fanned_out() -> Run:
    """Publications to every connection."""
    return make_socket_run("fanout", workload=make_socket_workload("fanout", ClosedLoad(200)))


def held() -> Run:
    """Connections that are open and do nothing."""
    run = make_socket_run("hold", workload=make_socket_workload("hold", ClosedLoad(1_000)))
    return replace(run, fitness=replace(run.fitness, bytes_per_connection=5_800.0))


RUNS = {
    "plain": plain, "troubled": troubled, "elaborate": elaborate, "closed": closed,
    "streams": streams, "echo": echo, "pushed": pushed, "fanned-out": fanned_out, "held": held,
}  # fmt: skip


def shown(run: Run, width: int) -> str:
    console = Console(file=io.StringIO(), width=width, highlight=False, no_color=True)
    print_run(console, run)
    assert isinstance(console.file, io.StringIO)
    return "".join(line.rstrip() + "\n" for line in console.file.getvalue().splitlines())


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("name", RUNS)
def test_the_summary_to_the_letter(name: str, width: int) -> None:
    path, text = GOLDEN / f"{name}-{width}.txt", shown(RUNS[name](), width)
    if os.environ.get("REWRITE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
    assert max(map(len, text.splitlines())) <= width


def test_what_a_pushed_message_costs_is_said_once() -> None:
    run = make_socket_run("push")
    costly = replace(run, fitness=replace(run.fitness, cpu_us_per_request=80.0, cpu_us_per_event=80.0))
    assert shown(costly, 120).count("of CPU a message") == 1

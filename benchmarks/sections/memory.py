"""The worker's memory over ten million requests: what is recorded must not grow with what was sent."""

from __future__ import annotations

import time
from dataclasses import dataclass

from benchmarks import sampling, shipped
from benchmarks.document import Limit, Section
from benchmarks.machine import SERVER_CPU
from benchmarks.nginx import Nginx, nginx
from benchmarks.options import Options
from benchmarks.tables import number, table

REQUESTS, QUICK_REQUESTS = 10_000_000, 200_000
SAMPLE_S = 1.0
WARM_SHARE = 0.02
"""The first sample is taken after so much of the run: imports and first allocations are over by then."""

MIB = 2**20
LEAST_MIB, AIM_MIB = 5.0, 0.0
LONGEST = "30m"


@dataclass(frozen=True)
class Sample:
    """The worker and the command around it at one moment. requests: answered by the server until then."""

    requests: int
    worker: sampling.Memory
    command: sampling.Memory


def measure(options: Options) -> Section:
    """Make so many requests, and look at the worker meanwhile."""
    wanted = options.requests or (QUICK_REQUESTS if options.quick else REQUESTS)
    arguments = ("-c", str(options.connections), "-n", str(wanted), "-d", LONGEST)
    with nginx(SERVER_CPU) as server, shipped.started(server.url, *arguments) as command:
        worker = command.worker()
        samples = _watch(server, command, worker, wanted)
        ended, found = command.end()
    shipped.require_clean(found, "memory")
    many = _millions(found.requests["issued"])
    rate = f"{found.rate_rps:,.0f}/s"
    return Section(
        "memory",
        "Memory over many requests",
        f"`{options.command('memory')}`: `{shipped.shown(*arguments)}`,"
        f" {found.requests['issued']:,} requests at {rate} in {ended.wall_s:.0f} s, both sizes from"
        f" `/proc/PID/smaps_rollup` once a second, {len(samples)} samples.",
        f"{_table(samples)}\n\nMiB. Growth is the last sample's unique set less the first's, which was taken after"
        f" {WARM_SHARE:.0%} of the requests; PSS falls and rises with what other processes share of the libraries. The"
        " command's own process keeps a second of the run as one interval each, for the document and the history: it"
        " grows with the time, not with the requests.",
        (
            Limit(f"growth of the worker's memory over {many} requests", LEAST_MIB, AIM_MIB,
                  _growth([s.worker for s in samples]), " MiB", higher_is_better=False, digits=1),
            Limit(f"growth of the command's own process over {many} requests", LEAST_MIB, AIM_MIB,
                  _growth([s.command for s in samples]), " MiB", higher_is_better=False, digits=1),
        ),
    )  # fmt: skip


def _watch(server: Nginx, command: shipped.Started, worker: int, wanted: int) -> list[Sample]:
    """Sample until the requests are all sent; the last sample is of a worker that still fires."""
    samples: list[Sample] = []
    while not command.is_over:
        answered = server.requests()
        if answered >= wanted * WARM_SHARE and (answered < wanted or not samples):
            try:
                samples.append(Sample(answered, sampling.memory(worker), sampling.memory(command.process.pid)))
            except OSError:
                break
        time.sleep(SAMPLE_S if wanted > QUICK_REQUESTS else SAMPLE_S / 10)
    if not samples:
        command.end()
        raise SystemExit("the run was over before its memory could be read: ask for more --requests")
    return samples


def _growth(found: list[sampling.Memory]) -> float:
    """Return by how much the unique set grew, in MiB."""
    return (found[-1].uss_bytes - found[0].uss_bytes) / MIB


def _table(samples: list[Sample]) -> str:
    """A dozen of the samples, the first and the last among them."""
    step = max(1, len(samples) // 10)
    shown = [*samples[:-1:step], samples[-1]]
    head = ("requests so far", "worker PSS", "worker USS", "the command's own process, PSS", "USS")
    sizes = [(s.worker.pss_bytes, s.worker.uss_bytes, s.command.pss_bytes, s.command.uss_bytes) for s in shown]
    return table(
        head,
        [[number(s.requests), *(f"{size / MIB:.2f}" for size in row)] for s, row in zip(shown, sizes, strict=True)],
    )


def _millions(count: int) -> str:
    return f"{count / 1e6:g} million" if count >= 1_000_000 else f"{count:,}"

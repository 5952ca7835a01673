"""A run as the history keeps it: its header before the first request, and everything once it is over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from loadbench_gui.core.caveats import Caveat, worst
from loadbench_gui.core.plan import GeneratorSettings
from loadbench_gui.core.run import Fitness, Run, RunLabel, SenderFacts
from loadbench_gui.core.snapshot import Tally, Traffic
from loadbench_gui.deploy.server import Server
from loadbench_gui.errors import LoadbenchError, TargetFault
from loadbench_gui.services.generator import Fired
from loadbench_gui.services.recording import Recording
from loadbench_gui.services.session import Session
from loadbench_gui.stats.target import summarise_target
from loadbench_gui.store.unsealed import reconstruct


def header(session: Session, label: RunLabel, server: Server) -> Run:
    """Return the run as it begins: what is asked of whom, and how the server was started; no figures yet."""
    return Run(
        label=label,
        workload=session.plan.workload(label.workload),
        url=session.secrets.mask(server.url, literals=False),
        started_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        duration_s=0.0,
        measured=Tally(),
        traffic=Traffic(),
        peak_connections=0,
        fitness=Fitness(),
        launch=session.masked_facts(server.facts),
        engine=session.plan.generator.engine,
        client=session.plan.generator.client.name,
        sealed=False,
        environment=session.environment,
        lookup_s=server.target.lookup_s,
        sender=sender_facts(session.plan.generator),
    )


def sender_facts(settings: GeneratorSettings) -> SenderFacts:
    """Return what is kept of the sender's settings: neither the proxy's address nor what it logs in with."""
    client = settings.client
    return SenderFacts(
        pacing=settings.pacing,
        http2=client.http2,
        redirects=client.redirects,
        cookies=client.cookies,
        auth=client.auth,
        proxy=bool(client.proxy),
        insecure=settings.tls.insecure,
    )


def sealed_run(
    header: Run,
    recording: Recording,
    fired: Fired | None,
    caveats: tuple[Caveat, ...],
    startup_s: float | None,
    *,
    requests_per_process: Mapping[str, int] | None = None,
    idle_until_s: float = 0.0,
    sealed: bool,
) -> Run:
    """Return the run with its figures.

    fired: None where all workers died; then the figures are what the intervals hold.
    requests_per_process: requests by the server's pid, where the sockets told.
    idle_until_s: when connections began to be opened, on the run's time axis.
    caveats: doubts from outside the generator (placement, quota); they weigh on its verdict as its own do.
    """
    workload = header.workload
    intervals = tuple(recording.intervals)
    samples = tuple(recording.target_samples)
    if fired is None:
        return reconstruct(replace(header, intervals=intervals, target_samples=samples, stop_reason="failed"))
    window_end_s = workload.warmup_s + fired.duration_s
    return replace(
        header,
        duration_s=fired.duration_s,
        measured=fired.measured,
        traffic=fired.traffic,
        peak_connections=fired.peak_connections,
        fitness=_with(fired.fitness, caveats),
        intervals=intervals,
        target_samples=samples,
        target=summarise_target(
            samples, workload.warmup_s, window_end_s, fired.traffic.completed, startup_s, idle_until_s
        ),
        samples=fired.samples,
        requests_per_process=requests_per_process,
        sealed=sealed,
        stop_reason=fired.stop_reason,
    )


def with_cause(fired: Fired | None, fault: LoadbenchError | None) -> Fired | None:
    """Return what was fired with what ended it: who stops the load sees no fault, and says "stopped" for all causes.

    fault: what cut the run short, if something other than the user did.
    """
    if fired is None or fault is None:
        return fired
    if fault is fired.fault:
        return replace(fired, stop_reason="worker_lost")
    return replace(fired, stop_reason="target_lost" if isinstance(fault, TargetFault) else "failed")


def _with(fitness: Fitness, caveats: tuple[Caveat, ...]) -> Fitness:
    everything = (*fitness.caveats, *caveats)
    return replace(fitness, caveats=everything, verdict=worst(everything))

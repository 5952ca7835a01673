"""One run from start to finish: start the server, check its answer, fire, watch, stop, seal.

Everything else (a comparison, `loadbench http`, the window) is made of this.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from loadbench_gui.core.caveats import Caveat, worst
from loadbench_gui.core.lifecycle import RunEvent, RunState
from loadbench_gui.core.plan import Attach, Deployment, Launch, Load, Plan, Workload
from loadbench_gui.core.run import Fitness, Run, RunLabel
from loadbench_gui.core.snapshot import SampleExchange, Tally, Traffic
from loadbench_gui.deploy.environment import read_environment
from loadbench_gui.deploy.placement import Placement, place
from loadbench_gui.deploy.server import Server, attach, launch
from loadbench_gui.deploy.verify import Answer, verify
from loadbench_gui.deploy.watch import Watcher, sample_tree
from loadbench_gui.errors import LoadbenchError, TargetFault
from loadbench_gui.profile.secrets import Secrets, resolve_secrets, secrets_of
from loadbench_gui.services.events import Emit, Note, RunEnded
from loadbench_gui.services.generator import Fired, fire
from loadbench_gui.services.recording import Recording
from loadbench_gui.services.stopping import StopRequested, unless_stopped
from loadbench_gui.stats.target import summarise_target
from loadbench_gui.store.store import Store

IDLE_S = 0.5
"""How long a server that has just answered is left alone before its idle memory is read."""


@dataclass(frozen=True, slots=True)
class Session:
    """What every run of one command shares.

    plan: as written, references to secrets unresolved: what is stored and shown. secrets: what they stand for.
    """

    plan: Plan
    store: Store
    emit: Emit
    stop: asyncio.Event
    secrets: Secrets
    environment: Mapping[str, str]

    @classmethod
    async def of(cls, plan: Plan, store: Store, emit: Emit, stop: asyncio.Event) -> Session:
        """Read the environment once. Raises `UserError` for a secret that is not set."""
        secrets = secrets_of(plan)
        environment = await asyncio.to_thread(read_environment)
        return cls(plan, store, emit, stop, secrets, environment.as_mapping())

    @property
    def base_dir(self) -> Path:
        """The folder that relative paths of the profile are taken from."""
        return Path(self.plan.base_dir or ".")

    def masked(self, fault: LoadbenchError) -> LoadbenchError:
        """Return the fault with every secret value masked: servers like to print what they were given."""
        return type(fault)(self.secrets.mask(fault.message), self.secrets.mask(fault.hint))


@dataclass(frozen=True, slots=True)
class Measured:
    """A run, what the server answered before it, and what went wrong, if something did."""

    run: Run
    answer: Answer | None
    fault: LoadbenchError | None = None
    stopped: bool = False


def new_id() -> str:
    """Return an identifier that sorts by time and does not repeat: `20261122T124107-3f9a1c`."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid4().hex[:6]}"


async def run_once(session: Session, label: RunLabel, *, check_answer: bool = True) -> Measured:
    """Measure the run that `label` names: one of the plan's workloads on one of its deployments.

    What was measured is returned whatever happens; `fault` says what cut it short.
    check_answer: ask for the workload's request once before the load and hold the answer against what is expected.
    Raises `LoadbenchError` when nothing was sent, `StopRequested` when it was stopped before that.
    """
    ready = resolve_secrets(session.plan)
    deployment, workload = ready.deployment(label.deployment), ready.workload(label.workload)
    halt = asyncio.Event()
    recording = Recording(label, session.store, session.emit, halt.set)
    placement = _place(session, deployment)
    recording.advance(RunEvent.START, f"{deployment.name} is starting")
    server = await _started(session, recording, deployment, placement)
    try:
        answer = await _answer(session, recording, workload, server) if check_answer else None
        return await _visit(session, recording, workload, server, placement, halt, answer)
    finally:
        await asyncio.shield(server.stop())


def _place(session: Session, deployment: Deployment) -> Placement:
    match deployment.source:
        case Launch() as source:
            return place(session.plan.generator, source)
        case Attach():
            return place(session.plan.generator, None)


async def _started(session: Session, recording: Recording, deployment: Deployment, placement: Placement) -> Server:
    try:
        match deployment.source:
            case Launch():
                start = launch(deployment, base_dir=session.base_dir, cpus=placement.server_cpus)
            case Attach():
                start = attach(deployment)
        server = await unless_stopped(start, session.stop)
    except StopRequested:
        recording.advance(RunEvent.STOP)
        raise
    except LoadbenchError as fault:
        masked = session.masked(fault)
        recording.advance(RunEvent.FAULT, masked.message)
        raise masked from None
    recording.advance(RunEvent.READY, _ready(server))
    return server


def _ready(server: Server) -> str:
    return (
        f"{server.name} runs already"
        if server.startup_s is None
        else f"{server.name} ready in {server.startup_s:.2f} s"
    )


async def _answer(session: Session, recording: Recording, workload: Workload, server: Server) -> Answer:
    """Ask once before the load, and say what is wrong with the answer. The load is fired all the same."""
    try:
        answer = await unless_stopped(_ask(session, workload, server), session.stop)
    except StopRequested:
        recording.advance(RunEvent.STOP)
        raise
    except LoadbenchError as fault:
        masked = session.masked(fault)
        recording.advance(RunEvent.FAULT, masked.message)
        raise masked from None
    if answer.problem:
        session.emit(Note("warning", f"{recording.label.deployment}: {answer.problem}"))
    return answer


async def _ask(session: Session, workload: Workload, server: Server) -> Answer:
    return await verify(
        server.target,
        workload.request,
        workload.expect,
        timeout_s=workload.timeout_s,
        insecure=session.plan.generator.insecure,
    )


async def _visit(
    session: Session,
    recording: Recording,
    workload: Workload,
    server: Server,
    placement: Placement,
    halt: asyncio.Event,
    answer: Answer | None,
) -> Measured:
    checked = "answers as expected" if answer is not None and not answer.problem else "answers not as expected"
    recording.advance(RunEvent.VERIFIED, f"{recording.label.deployment} {checked}" if answer is not None else "")
    header = _header(session, recording.label, server)
    await session.store.begin_run(header)
    recording.open()
    fired, stopped, fault = await _fire(session, recording, workload, server, placement, halt)
    await recording.close()
    fault = recording.fault or fault
    fault = session.masked(fault) if fault is not None else None
    run = _sealed(header, recording, fired, server, placement, sealed=not stopped and fault is None)
    run = replace(run, samples=tuple(_masked(session.secrets, sample) for sample in run.samples))
    if recording.fault is None:
        try:
            await session.store.seal_run(run)
        except LoadbenchError as problem:
            fault = problem
    recording.advance(_last_event(recording, stopped=stopped, fault=fault), fault.message if fault else "")
    session.emit(RunEnded(run))
    return Measured(run, answer, fault, stopped)


def _last_event(recording: Recording, *, stopped: bool, fault: LoadbenchError | None) -> RunEvent:
    if fault is not None:
        return RunEvent.FAULT
    return RunEvent.STOP if stopped else RunEvent.CLEANED_UP


async def _fire(
    session: Session,
    recording: Recording,
    workload: Workload,
    server: Server,
    placement: Placement,
    halt: asyncio.Event,
) -> tuple[Fired | None, bool, LoadbenchError | None]:
    """Fire the load while the server is watched; end early when stopped, when it dies, or when the disk is full."""
    origin_ns = time.perf_counter_ns()
    watcher = Watcher(server.pid, lambda: origin_ns, recording.add_target_sample) if server.pid else None
    links = [asyncio.ensure_future(_halt_when(event, halt)) for event in (session.stop, server.exited)]

    def started(start_ns: int) -> None:
        nonlocal origin_ns
        recording.shift_samples((origin_ns - start_ns) / 1e9)
        origin_ns = start_ns

    fired: Fired | None = None
    fault: LoadbenchError | None = None
    try:
        if watcher is not None:
            watcher.start()
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(halt.wait(), IDLE_S)
        fired = await fire(
            Load(
                server.target,
                workload,
                recording.label.seed,
                session.plan.generator.insecure,
                session.plan.generator.pacing,
            ),
            session.plan.generator,
            cpus=placement.generator_cpus,
            on_state=recording.advance,
            on_interval=recording.add_interval,
            on_caveat=recording.add_caveat,
            stop=halt,
            on_start=started,
        )
    except LoadbenchError as problem:
        fault = problem
    finally:
        for link in links:
            link.cancel()
        if watcher is not None:
            watcher.stop()
    await _look_after(recording, server, origin_ns)
    if server.exited.is_set() and server.pid is not None and not session.stop.is_set():
        fault = _died(server)
    # A stop that came when the last request had ended already changes nothing about this run.
    return fired, session.stop.is_set() and recording.state is not RunState.STOPPING, fault


async def _look_after(recording: Recording, server: Server, origin_ns: int) -> None:
    """Take the last sample: what the server keeps once the load is over."""
    if server.pid is None or server.exited.is_set():
        return
    t_s = (time.perf_counter_ns() - origin_ns) / 1e9
    sample = await asyncio.to_thread(sample_tree, server.pid, t_s)
    if sample is not None:
        recording.add_target_sample(sample)


async def _halt_when(event: asyncio.Event, halt: asyncio.Event) -> None:
    await event.wait()
    halt.set()


def _died(server: Server) -> TargetFault:
    last = server.stderr_tail().strip()
    words = f" Its last words:\n{last}" if last else " It wrote nothing to its standard error."
    return TargetFault(
        f"{server.name} ended in the middle of the load with exit code {server.returncode}.{words}",
        "What was measured until then is kept. Mend the server, or lower the load, and run again.",
    )


def _header(session: Session, label: RunLabel, server: Server) -> Run:
    facts = server.facts
    return Run(
        label=label,
        workload=session.plan.workload(label.workload),
        url=session.secrets.mask(server.url),
        started_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        duration_s=0.0,
        measured=Tally(),
        traffic=Traffic(),
        peak_connections=0,
        fitness=Fitness(),
        launch=replace(facts, command=tuple(map(session.secrets.mask, facts.command))),
        engine=session.plan.generator.engine,
        client=session.plan.generator.client,
        sealed=False,
        environment=session.environment,
    )


def _sealed(
    header: Run,
    recording: Recording,
    fired: Fired | None,
    server: Server,
    placement: Placement,
    *,
    sealed: bool,
) -> Run:
    workload = header.workload
    intervals = tuple(recording.intervals)
    samples = tuple(recording.target_samples)
    if fired is None:
        return replace(header, intervals=intervals, target_samples=samples, stop_reason="failed")
    window_end_s = workload.warmup_s + fired.duration_s
    return replace(
        header,
        duration_s=fired.duration_s,
        measured=fired.measured,
        traffic=fired.traffic,
        peak_connections=fired.peak_connections,
        fitness=_with_placement(fired.fitness, placement.caveats),
        intervals=intervals,
        target_samples=samples,
        target=summarise_target(samples, workload.warmup_s, window_end_s, fired.measured.succeeded, server.startup_s),
        samples=fired.samples,
        sealed=sealed,
        stop_reason=fired.stop_reason,
    )


def _masked(secrets: Secrets, sample: SampleExchange) -> SampleExchange:
    return replace(
        sample,
        request=secrets.mask_bytes(sample.request),
        response_head=secrets.mask_bytes(sample.response_head),
        body_start=secrets.mask_bytes(sample.body_start),
    )


def _with_placement(fitness: Fitness, caveats: tuple[Caveat, ...]) -> Fitness:
    everything = (*fitness.caveats, *caveats)
    return replace(fitness, caveats=everything, verdict=worst(everything))


def label_for(plan: Plan, deployment: Deployment, workload: Workload, seed: int) -> RunLabel:
    """Name a run that belongs to no comparison."""
    run_id = new_id()
    return RunLabel(run_id, plan.name, deployment.name, workload.name, None, run_id, 0, 0, "load", seed,
                    deployment.framework)  # fmt: skip

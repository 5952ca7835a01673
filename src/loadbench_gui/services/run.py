"""One run from start to finish: start the server, check its answer, fire, watch, stop, seal.

Everything else (a comparison, `loadbench http`, the window) is made of this.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace

from loadbench_gui import trust
from loadbench_gui.core.lifecycle import RunEvent, RunState
from loadbench_gui.core.plan import Attach, Deployment, Launch, Load, Plan, Tls, Workload
from loadbench_gui.core.request import Request
from loadbench_gui.core.run import Run, RunLabel
from loadbench_gui.deploy.file_limit import server_file_limit
from loadbench_gui.deploy.placement import Placement, place
from loadbench_gui.deploy.server import Server, attach, launch
from loadbench_gui.deploy.verify import Answer
from loadbench_gui.errors import LoadbenchError, TargetFault
from loadbench_gui.profile.secrets import resolve_secrets
from loadbench_gui.services.budget import must_be_served
from loadbench_gui.services.events import Note, RunEnded
from loadbench_gui.services.generator import Fired, fire
from loadbench_gui.services.probe import ask_each, can_ask, probes_of
from loadbench_gui.services.recording import Recording
from loadbench_gui.services.sealing import header, sealed_run, with_cause
from loadbench_gui.services.session import Session, new_id
from loadbench_gui.services.stopping import StopRequested, unless_stopped
from loadbench_gui.services.watching import Watching

IDLE_S = 0.5
"""How long a server that has just answered is left alone before its idle memory is read."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A run, what the server answered before it, and what went wrong, if something did."""

    run: Run
    answer: Answer | None
    fault: LoadbenchError | None = None
    stopped: bool = False


async def run_once(session: Session, label: RunLabel, *, check_answer: bool = True) -> Measured:
    """Measure the run that `label` names: one of the plan's workloads on one of its deployments.

    What was measured is returned whatever happens; `fault` says what cut it short.
    check_answer: ask for the workload's requests once before the load and hold the answers against what is expected;
        without it, an attached server gets not one request more than the load. Nobody asks where only the load's own
        client would get the answer.
    Raises `LoadbenchError` when nothing was sent, `StopRequested` when it was stopped before that.
    """
    ready = resolve_secrets(session.plan)
    _check_files(ready.generator.tls)
    deployment, workload = ready.deployment(label.deployment), ready.workload(label.workload)
    probes = await asyncio.to_thread(probes_of, workload, ready.generator.client)
    check_answer = check_answer and can_ask(ready.generator.client)
    halt = asyncio.Event()
    recording = Recording(label, session.store, session.emit, halt.set)
    placement = _place(session, deployment, workload)
    recording.advance(RunEvent.START, f"{deployment.name} is starting")
    server = await _started(session, recording, deployment, placement, look=check_answer)
    try:
        answer = await _answer(session, recording, workload, probes, server) if check_answer else None
        return await _visit(session, recording, workload, server, placement, halt, answer)
    finally:
        await asyncio.shield(server.stop())


def _check_files(tls: Tls) -> None:
    """Raise `UserError` for a file of certificates or keys that cannot be used: workers would meet it one by one."""
    if tls.ca_file or tls.cert_file or tls.key_file:
        trust.client_context(insecure=tls.insecure, ca_file=tls.ca_file, cert_file=tls.cert_file, key_file=tls.key_file)


def _place(session: Session, deployment: Deployment, workload: Workload) -> Placement:
    match deployment.source:
        case Launch() as source:
            must_be_served(workload.shape.connections, source.workers, server_file_limit())
            return place(session.plan.generator, source)
        case Attach():
            return place(session.plan.generator, None)


async def _started(
    session: Session, recording: Recording, deployment: Deployment, placement: Placement, *, look: bool
) -> Server:
    try:
        match deployment.source:
            case Launch():
                start = launch(deployment, base_dir=session.base_dir, cpus=placement.server_cpus)
            case Attach():
                start = attach(deployment, look=look, proxied=bool(session.plan.generator.client.proxy))
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


async def _answer(
    session: Session, recording: Recording, workload: Workload, probes: tuple[Request, ...], server: Server
) -> Answer:
    """Ask before the load, and say what is wrong with the answer. The load is fired all the same."""
    asking = ask_each(server.target, workload, probes, session.plan.generator.tls, session.secrets.mask_bytes)
    try:
        answer = await unless_stopped(asking, session.stop)
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
    begun = header(session, recording.label, server)
    await session.store.begin_run(begun)
    recording.open()
    watching = Watching(recording, server, session.plan.deployment(recording.label.deployment))
    fired, fault = await _fire(session, recording, workload, server, placement, watching, halt)
    # A stop that came when the last request had ended already changes nothing about this run.
    stopped = session.stop.is_set() and recording.state is not RunState.STOPPING
    await recording.close()
    fault = recording.fault or fault
    fired = with_cause(fired, fault)
    fault = session.masked(fault) if fault is not None else None
    caveats = (*placement.caveats, *watching.caveats())
    run = sealed_run(
        begun,
        recording,
        fired,
        caveats,
        server.startup_s,
        requests_per_process=watching.requests_per_process(fired.served) if fired is not None else None,
        idle_until_s=watching.idle_until_s,
        sealed=not stopped and fault is None,
    )
    run = replace(run, samples=tuple(map(session.masked_sample, run.samples)))
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
    watching: Watching,
    halt: asyncio.Event,
) -> tuple[Fired | None, LoadbenchError | None]:
    """Fire the load while the server is watched; end early when stopped, when it dies, or when the disk is full."""
    settings = resolve_secrets(session.plan).generator
    links = [asyncio.ensure_future(_halt_when(event, halt)) for event in (session.stop, server.exited)]
    try:
        watching.start()
        if watching.has_target:
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(halt.wait(), IDLE_S)
        watching.opening()
        fired = await fire(
            Load(server.target, workload, recording.label.seed, settings.tls, settings.pacing, settings.client),
            settings,
            cpus=placement.generator_cpus,
            on_state=recording.advance,
            on_interval=recording.add_interval,
            on_caveat=recording.add_caveat,
            stop=halt,
            on_start=watching.common_start,
            on_workers=watching.workers,
            server_cpus=placement.server_cpus,
            calibrated_us=session.calibrated_us,
            beside_window=session.beside_window,
        )
    except LoadbenchError as fault:
        return None, fault
    finally:
        for link in links:
            link.cancel()
        watching.stop()
    await watching.last_look()
    died = server.exited.is_set() and server.pid is not None and not session.stop.is_set()
    return fired, _died(server) if died else fired.fault


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


def label_for(plan: Plan, deployment: Deployment, workload: Workload, seed: int) -> RunLabel:
    """Name a run that belongs to no comparison."""
    run_id = new_id()
    return RunLabel(run_id, plan.name, deployment.name, workload.name, None, run_id, 0, 0, "load", seed,
                    deployment.framework)  # fmt: skip

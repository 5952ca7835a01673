"""The validated file as a plan: defaults merged, texts turned into the bytes and units that are measured with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from loadbench_gui.core.plan import (
    Attach,
    Client,
    ClosedLoad,
    ComparisonSettings,
    Deployment,
    Expectation,
    GeneratorSettings,
    Launch,
    LoadShape,
    OpenLoad,
    Plan,
    Ready,
    Request,
    Slo,
    SocketSettings,
    Stage,
    Stop,
    StreamSettings,
    Tls,
    Workload,
)  # fmt: skip
from loadbench_gui.profile import json_body
from loadbench_gui.profile.schema import (
    AlsoTable,
    ComparisonTable,
    Defaults,
    DeploymentTable,
    ExpectTable,
    GeneratorTable,
    LoadTable,
    ProfileTable,
    ReadyTable,
    RequestTable,
    SloTable,
    SocketTable,
    StopTable,
    StreamTable,
    Table,
    WorkloadTable,
)  # fmt: skip

_DEFAULT_DURATION_S = 10.0

T = TypeVar("T")
M = TypeVar("M", bound=Table)


def plan_of(profile: ProfileTable, path: Path) -> Plan:
    """Return the plan of a profile that passed both the schema and the cross-checks."""
    base = path.parent
    return Plan(
        name=profile.name or path.stem[:80].strip() or "untitled",
        deployments=tuple(_deployment(table, profile.defaults) for table in profile.deployment),
        workloads=tuple(_workload(table, base) for table in profile.workload),
        comparison=_comparison(profile.comparison, profile.deployment[0].name),
        slo=_slo(profile.slo),
        generator=_generator(profile.generator, base),
        base_dir=str(base),
        path=str(path),
    )


def _deployment(own: DeploymentTable, defaults: Defaults) -> Deployment:
    framework = _first(own.framework, defaults.framework, "")
    if own.url is not None:
        metrics = own.metrics or defaults.metrics
        return Deployment(own.name, Attach(own.url.rstrip("/"), metrics.prometheus if metrics else None), framework)
    return Deployment(own.name, _launch(own, defaults), framework)


def _launch(own: DeploymentTable, defaults: Defaults) -> Launch:
    ready = _merged(ReadyTable, own.ready, defaults.ready)
    stop = _merged(StopTable, own.stop, defaults.stop)
    python = _first(own.python, defaults.python, "auto")
    return Launch(
        command=tuple(own.command or defaults.command or ()),
        cwd=_first(own.cwd, defaults.cwd, ""),
        python=None if python == "auto" else python,
        workers=_first(own.workers, defaults.workers, 1),
        env=tuple({**(defaults.env or {}), **(own.env or {})}.items()),
        ready=Ready(ready.path, ready.timeout),
        stop=Stop(stop.signal, stop.grace),
        cpus=own.cpus if "cpus" in own.model_fields_set else defaults.cpus,
    )


def _first(own: T | None, default: T | None, otherwise: T) -> T:
    if own is not None:
        return own
    return otherwise if default is None else default


def _merged(model: type[M], own: M | None, default: M | None) -> M:
    """Lay the deployment's own keys over the defaults' of the same table; both are validated already."""
    given: dict[str, Any] = {}
    for table in (default, own):
        if table is not None:
            given.update({key: getattr(table, key) for key in table.model_fields_set})
    return model.model_construct(**given)


def _workload(table: WorkloadTable, base: Path) -> Workload:
    return Workload(
        name=table.name,
        kind=table.kind,
        request=_accepting(_request(table.request, base), table),
        expect=_expectation(table.expect),
        shape=_shape(table.load),
        warmup_s=table.warmup,
        duration_s=_duration_s(table),
        timeout_s=table.timeout,
        requests_limit=table.requests,
        also=tuple(_accepting(_also(one, base), table) for one in table.also),
        data_file=_absolute(table.data, base),
        stream=None if table.stream is None else _stream(table.stream),
        websocket=None if table.websocket is None else _websocket(table.websocket),
    )


def _stream(table: StreamTable) -> StreamSettings:
    return StreamSettings(
        kind=table.kind,
        events=table.events,
        until=table.until or "",
        content=table.content,
        endless=table.endless,
        reconnects=table.reconnects,
        upload_chunk_bytes=table.upload_chunk,
        upload_every_s=table.upload_every,
    )


def _websocket(table: SocketTable) -> SocketSettings:
    return SocketSettings(
        mode=table.mode,
        message=table.message or b"",
        size_bytes=table.size,
        binary=table.binary,
        fragments=table.fragments,
        compress=table.compress,
        subprotocols=table.subprotocols,
        hello=table.hello or b"",
        ping_every_s=table.ping_every or 0.0,
        publishers=table.publishers,
    )


def _accepting(request: Request, table: WorkloadTable) -> Request:
    """Ask for events as a browser's EventSource does, unless the request says what it accepts."""
    if table.stream is None or table.stream.kind != "sse":
        return request
    if any(name.casefold() == "accept" for name, _ in request.headers):
        return request
    return replace(request, headers=(*request.headers, ("Accept", "text/event-stream")))


def _also(table: AlsoTable, base: Path) -> Request:
    request = _request(table, base)
    return request if table.expect is None else replace(request, expect=_expectation(table.expect))


def _request(table: RequestTable, base: Path) -> Request:
    headers, body = table.headers, table.body or b""
    if table.json_ is not None:
        body = json_body.body(table.json_)
        if not any(name.casefold() == "content-type" for name, _ in headers):
            headers = (*headers, ("Content-Type", "application/json"))
    return Request(table.method, table.path, headers, body, _absolute(table.body_file, base), table.weight)


def _absolute(file: str, base: Path) -> str:
    """Return where a file named in the profile is; "" stays "", which means none."""
    return str(base / file) if file else ""


def _expectation(table: ExpectTable) -> Expectation:
    text: str | None = None
    if table.json_ is not None:
        text = json_body.canonical(table.json_)
    elif table.json_text is not None:
        text = json_body.canonical_text(table.json_text)
    return Expectation(table.status, table.body, text)


def _shape(table: LoadTable) -> LoadShape:
    if table.model == "closed":
        return ClosedLoad(table.connections, table.think, table.thinking)
    return OpenLoad(
        connections=table.connections,
        rate_rps=table.rate or 0.0,
        arrival=table.arrival,
        stages=tuple(Stage(stage.duration, stage.rate) for stage in table.stages or ()),
        when_busy=table.when_busy,
        queue_limit=table.queue_limit,
    )


def _duration_s(table: WorkloadTable) -> float:
    """Return the measured seconds: as given, else what the stages leave after the warm-up, else ten."""
    if table.duration is not None:
        return table.duration
    if table.load.stages:
        return sum(stage.duration for stage in table.load.stages) - table.warmup
    return _DEFAULT_DURATION_S


def _comparison(table: ComparisonTable, first: str) -> ComparisonSettings:
    standard = dict(ComparisonSettings(first).thresholds)
    return ComparisonSettings(
        baseline=table.baseline or first,
        primary="memory_peak" if table.primary == "memory" else table.primary,
        rounds=table.rounds,
        thresholds=tuple({**standard, **table.threshold}.items()),
    )


def _slo(table: SloTable) -> Slo:
    return Slo(
        p50_us=table.p50,
        p90_us=table.p90,
        p99_us=table.p99,
        p99_9_us=table.p99_9,
        error_rate=table.error_rate,
        throughput_rps=table.throughput,
        first_event_p50_us=table.first_event_p50,
        gap_p99_us=table.gap_p99,
        rtt_p50_us=table.rtt_p50,
        rtt_p99_us=table.rtt_p99,
        fanout_p50_us=table.fanout_p50,
        fanout_p99_us=table.fanout_p99,
    )


def _generator(table: GeneratorTable, base: Path) -> GeneratorSettings:
    client = Client(
        table.client, table.http2, table.proxy, table.redirects, table.cookies, table.auth, table.credentials
    )
    ca_file, cert_file, key_file = (_absolute(file, base) for file in (table.ca_file, table.cert_file, table.key_file))
    tls = Tls(table.insecure, ca_file, cert_file, key_file, table.server_name)
    return GeneratorSettings(table.engine, table.workers, table.cpus, table.pacing, client, tls, table.on_worker_lost)

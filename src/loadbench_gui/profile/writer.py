"""A plan as a profile: what is written reads back as the same plan."""

from __future__ import annotations

import json
from typing import Any

import tomlkit

from loadbench_gui.core.plan import (
    ClosedLoad,
    ComparisonSettings,
    Deployment,
    Expectation,
    GeneratorSettings,
    Launch,
    LoadShape,
    OpenLoad,
    Plan,
    Request,
    Slo,
    SocketSettings,
    StreamSettings,
    Workload,
)  # fmt: skip
from loadbench_gui.errors import UserError
from loadbench_gui.profile import json_body
from loadbench_gui.profile.schema import SCHEMA_NUMBER
from loadbench_gui.profile.units import duration_text, microseconds_text, size_text


def dump(plan: Plan) -> str:
    """Return the plan as TOML: `load_text(dump(plan), Path(plan.path)) == plan`.

    Defaults are written out per deployment, and what equals the schema's default is left out. Raises `UserError`
    for a body that is not text, which TOML cannot hold.
    """
    document = tomlkit.document()
    document["schema"] = SCHEMA_NUMBER
    document["name"] = plan.name
    document["deployment"] = _tables([_deployment(one) for one in plan.deployments])
    document["workload"] = _tables([_workload(one) for one in plan.workloads])
    slo = _slo(plan.slo)
    if slo:
        document["slo"] = _table(slo)
    document["comparison"] = _table(_comparison(plan.comparison))
    generator = _generator(plan.generator)
    if generator:
        document["generator"] = _table(generator)
    return tomlkit.dumps(document)


def _tables(rows: list[dict[str, Any]]) -> Any:
    array = tomlkit.aot()
    for row in rows:
        array.append(_table(row))
    return array


def _table(row: dict[str, Any]) -> Any:
    table = tomlkit.table()
    for key, value in row.items():
        table.add(key, _value(value))
    return table


def _value(value: Any) -> Any:
    """Return nested tables inline, so that one deployment or workload stays one table of the file."""
    if isinstance(value, dict):
        table = tomlkit.inline_table()
        for key, item in value.items():
            table.append(key, _value(item))
        return table
    if isinstance(value, list):
        array = tomlkit.array()
        for item in value:
            array.append(_value(item))
        return array
    return value


def _changed(row: dict[str, Any], **defaults: Any) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in defaults or value != defaults[key]}


def _deployment(deployment: Deployment) -> dict[str, Any]:
    head = _changed({"name": deployment.name, "framework": deployment.framework}, framework="")
    if isinstance(deployment.source, Launch):
        return {**head, **_launch(deployment.source)}
    head["url"] = deployment.source.url
    if deployment.source.prometheus_url is not None:
        head["metrics"] = {"prometheus": deployment.source.prometheus_url}
    return head


def _launch(launch: Launch) -> dict[str, Any]:
    row = {
        "command": list(launch.command),
        "cwd": launch.cwd,
        "python": launch.python,
        "workers": launch.workers,
        "env": dict(launch.env),
        "ready": {"path": launch.ready.path, "timeout": duration_text(launch.ready.timeout_s)},
        "stop": {"signal": launch.stop.signal, "grace": duration_text(launch.stop.grace_s)},
        "cpus": None if launch.cpus is None else list(launch.cpus),
    }
    return _changed(row, cwd="", python=None, env={}, cpus=None)


def _workload(workload: Workload) -> dict[str, Any]:
    row = {
        "name": workload.name,
        "kind": workload.kind,
        "request": _request(workload.request),
        "also": [_also(request) for request in workload.also],
        "stream": None if workload.stream is None else _stream(workload.stream),
        "websocket": None if workload.websocket is None else _websocket(workload.websocket),
        "data": workload.data_file,
        "expect": _expectation(workload.expect),
        "load": _load(workload.shape),
        "warmup": duration_text(workload.warmup_s),
        "duration": duration_text(workload.duration_s),
        "timeout": duration_text(workload.timeout_s),
        "requests": workload.requests_limit,
    }
    return _changed(row, also=[], stream=None, websocket=None, data="", expect={}, requests=None)


def _stream(stream: StreamSettings) -> dict[str, Any]:
    row = {
        "kind": stream.kind,
        "events": stream.events,
        "until": stream.until,
        "content": stream.content,
        "endless": stream.endless,
        "reconnects": stream.reconnects,
        "upload_chunk": size_text(stream.upload_chunk_bytes),
        "upload_every": duration_text(stream.upload_every_s),
    }
    return _changed(
        row, events=None, until="", content="", endless=False, reconnects=0, upload_chunk=0, upload_every="0s"
    )


def _websocket(websocket: SocketSettings) -> dict[str, Any]:
    row = {
        "mode": websocket.mode,
        "message": _text(websocket.message, "websocket.message"),
        "size": size_text(websocket.size_bytes),
        "binary": websocket.binary,
        "fragments": websocket.fragments,
        "compress": websocket.compress,
        "subprotocols": list(websocket.subprotocols),
        "hello": _text(websocket.hello, "websocket.hello"),
        "ping_every": duration_text(websocket.ping_every_s),
        "publishers": websocket.publishers,
    }
    standard = _DEFAULT_SOCKET | ({"size": row["size"]} if websocket.message else {})
    return _changed(row, **standard)


_DEFAULT_SOCKET: dict[str, Any] = {
    "message": "", "size": 32, "binary": False, "fragments": 1, "compress": False, "subprotocols": [], "hello": "",
    "ping_every": "0s", "publishers": 1,
}  # fmt: skip


def _also(request: Request) -> dict[str, Any]:
    row = _request(request)
    return row if request.expect is None else {**row, "expect": _expectation(request.expect)}


def _request(request: Request) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    for name, value in request.headers:
        headers.setdefault(name, []).append(value)
    row: dict[str, Any] = {
        "method": request.method,
        "path": request.path,
        "headers": {name: values[0] if len(values) == 1 else values for name, values in headers.items()},
        "body": _text(request.body, "request.body"),
        "body_file": request.body_file,
        "weight": _number(request.weight),
    }
    return _changed(row, headers={}, body="", body_file="", weight=1)


def _expectation(expect: Expectation) -> dict[str, Any]:
    row: dict[str, Any] = {}
    if expect.status is not None:
        row["status"] = expect.status
    if expect.body is not None:
        row["body"] = _text(expect.body, "expect.body")
    if expect.json is not None:
        value = json.loads(expect.json)
        row.update({"json": value} if json_body.fits_toml(value) else {"json_text": expect.json})
    return row


def _text(data: bytes, where: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise UserError(
            f"{where} holds bytes that are not text, which a profile cannot hold",
            "Use a body of UTF-8 text in profiles; loadbench http takes any file with --body @FILE.",
        ) from None


def _load(shape: LoadShape) -> dict[str, Any]:
    if isinstance(shape, ClosedLoad):
        closed = {"model": "closed", "connections": shape.connections}
        if shape == ClosedLoad(shape.connections):
            return closed
        return {**closed, "think": duration_text(shape.think_s), "thinking": shape.thinking}
    row = _open(shape)
    return _changed(row, arrival="constant", stages=[], when_busy="queue", queue_limit=None)


def _open(shape: OpenLoad) -> dict[str, Any]:
    return {
        "model": "open",
        "rate": _number(shape.rate_rps),
        "connections": shape.connections,
        "arrival": shape.arrival,
        "stages": [
            {"duration": duration_text(stage.duration_s), "rate": _number(stage.rate_rps)} for stage in shape.stages
        ],
        "when_busy": shape.when_busy,
        "queue_limit": shape.queue_limit,
    }


def _number(value: float) -> float:
    """Write 1500 rather than 1500.0: rates read back as floats either way."""
    return int(value) if value == int(value) else value


def _slo(slo: Slo) -> dict[str, Any]:
    row: dict[str, Any] = {}
    latencies = {"p50": slo.p50_us, "p90": slo.p90_us, "p99": slo.p99_us, "p99_9": slo.p99_9_us,
                 "first_event_p50": slo.first_event_p50_us, "gap_p99": slo.gap_p99_us, "rtt_p50": slo.rtt_p50_us,
                 "rtt_p99": slo.rtt_p99_us, "fanout_p50": slo.fanout_p50_us,
                 "fanout_p99": slo.fanout_p99_us}  # fmt: skip
    row.update({key: microseconds_text(limit) for key, limit in latencies.items() if limit is not None})
    if slo.error_rate is not None:
        row["error_rate"] = slo.error_rate
    if slo.throughput_rps is not None:
        row["throughput"] = _number(slo.throughput_rps)
    return row


def _comparison(settings: ComparisonSettings) -> dict[str, Any]:
    return {
        "baseline": settings.baseline,
        "primary": settings.primary,
        "rounds": settings.rounds,
        "threshold": dict(settings.thresholds),
    }


def _generator(settings: GeneratorSettings) -> dict[str, Any]:
    client, tls = settings.client, settings.tls
    row = {
        "engine": settings.engine,
        "workers": settings.workers,
        "cpus": None if settings.cpus is None else list(settings.cpus),
        "pacing": settings.pacing,
        "client": client.name,
        "http2": client.http2,
        "proxy": client.proxy,
        "redirects": client.redirects,
        "cookies": client.cookies,
        "auth": client.auth,
        "credentials": client.credentials,
        "insecure": tls.insecure,
        "ca_file": tls.ca_file,
        "cert_file": tls.cert_file,
        "key_file": tls.key_file,
        "server_name": tls.server_name,
        "on_worker_lost": settings.on_worker_lost,
    }
    defaults = {"engine": "workers", "pacing": "auto", "client": "fast", "auth": "none", "on_worker_lost": "continue"}
    return {key: value for key, value in row.items() if value not in (defaults.get(key), None, False, "")}

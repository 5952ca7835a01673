"""Laws of profiles: plan -> TOML -> plan is the identity, and no input whatever ends in a traceback."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from loadbench_gui.core.plan import (
    Attach,
    Client,
    ClosedLoad,
    ComparisonSettings,
    Deployment,
    Expectation,
    GeneratorSettings,
    Launch,
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
)
from loadbench_gui.profile import json_body
from loadbench_gui.profile.bundled import find
from loadbench_gui.profile.document import ProfileDocument
from loadbench_gui.profile.loader import load_text
from loadbench_gui.profile.problems import Problem, ProfileError
from loadbench_gui.profile.writer import dump

PATH = Path("/srv/profiles/p.toml")
FILE = str(Path(__file__).with_name("users.csv"))
FIRST_LOOK = find("first-look").read_text("utf-8")

printable = st.characters(min_codepoint=33, max_codepoint=0x2FFF, categories=["L", "N", "P", "S"])
names = st.text(printable, min_size=1, max_size=20).filter(lambda name: "${" not in name)
words = st.text(st.characters(codec="utf-8", exclude_characters="${}"), max_size=30)
durations = st.floats(0, 1e6)
positive = st.floats(1e-9, 1e6)
rates = st.floats(0.001, 1e6)
cpus = st.none() | st.lists(st.integers(0, 255), min_size=1, max_size=4, unique=True).map(tuple)
tokens = st.text("abcXYZ-09", min_size=1, max_size=10)
paths = st.text("abc/?=&%20._-", max_size=20).map(lambda text: "/" + text)
headers = st.dictionaries(tokens, st.lists(st.text("abc xé;=", max_size=8).map(str.strip), min_size=1, max_size=3)).map(
    lambda table: tuple((name, value) for name, values in table.items() for value in values)
)
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)

launches = st.builds(
    Launch,
    command=st.lists(words, min_size=1, max_size=4).map(tuple),
    cwd=words,
    python=st.none() | words.filter(lambda text: text != "auto"),
    workers=st.integers(1, 1024),
    env=st.dictionaries(words, words, max_size=3).map(lambda table: tuple(table.items())),
    ready=st.builds(Ready, paths, positive),
    stop=st.builds(Stop, st.sampled_from(["TERM", "INT"]), durations),
    cpus=cpus,
)
attaches = st.builds(
    Attach,
    st.builds("{}://{}:80".format, st.sampled_from(["http", "https"]), tokens),
    st.none() | words.filter(lambda text: text != ""),
)
shapes = st.builds(
    ClosedLoad, st.integers(1, 100_000), st.just(0.0) | durations, st.sampled_from(["constant", "exponential"])
) | st.builds(
    OpenLoad,
    connections=st.integers(1, 100_000),
    rate_rps=rates,
    arrival=st.sampled_from(["constant", "poisson"]),
    stages=st.lists(st.builds(Stage, durations, rates), max_size=3).map(tuple),
    when_busy=st.sampled_from(["queue", "drop"]),
    queue_limit=st.none() | st.integers(0, 10**6),
).map(lambda shape: shape if shape.when_busy == "queue" else replace(shape, queue_limit=None))
expectations = st.builds(
    Expectation,
    st.none() | st.integers(100, 599),
    st.none() | words.map(str.encode),
    st.none() | json_values.map(json_body.canonical),
)
methods = st.sampled_from(["GET", "POST"])
weights = st.floats(1e-6, 1e6)


def requests(expect: st.SearchStrategy[Expectation | None]) -> st.SearchStrategy[Request]:
    """Draw requests with a body of text, or with one from a file."""
    text = st.builds(Request, methods, paths, headers, words.map(str.encode), st.just(""), weights, expect)
    streamed = st.builds(Request, methods, paths, headers, st.just(b""), st.just(FILE), weights, expect)
    return text | streamed


def _reading(workload: Workload) -> Workload:
    """Return the workload with a file that its first request takes values from."""
    request = replace(workload.request, path=f"{workload.request.path}${{row:id}}")
    return replace(workload, request=request, data_file=FILE)


def _accepting(workload: Workload) -> Workload:
    """Return the workload with requests that ask for events, as reading one adds it."""
    asked = tuple(replace(one, headers=(*one.headers, ("Accept", "x"))) for one in workload.requests)
    return replace(workload, request=asked[0], also=asked[1:])


def _as_stream(workload: Workload, settings: StreamSettings) -> Workload:
    """Return the workload as one of streams, without what contradicts the rest."""
    if settings.endless:
        settings = replace(settings, events=None, until="")
    if settings.kind == "chunked":
        settings = replace(settings, content="")
    if not settings.upload_chunk_bytes or not any(one.body or one.body_file for one in workload.requests):
        settings = replace(settings, upload_chunk_bytes=0, upload_every_s=0.0)
    return _accepting(replace(workload, kind="stream", stream=settings))


def _as_websocket(workload: Workload, settings: SocketSettings) -> Workload:
    """Return the workload as one of WebSockets, without what means nothing in its mode."""
    request = replace(workload.request, method="GET", body=b"", body_file="", expect=None)
    workload = replace(workload, kind="ws", request=request, also=(), expect=Expectation())
    if settings.message:
        settings = replace(settings, size_bytes=32)
    if settings.mode in ("push", "hold"):
        connections = workload.shape.connections
        settings = replace(settings, message=b"", size_bytes=32, binary=False, fragments=1)
        workload = replace(workload, shape=ClosedLoad(connections), requests_limit=None)
    if settings.mode == "fanout" and isinstance(workload.shape, ClosedLoad):
        workload = replace(workload, shape=ClosedLoad(workload.shape.connections))
    publishers = min(settings.publishers, workload.shape.connections) if settings.mode == "fanout" else 1
    return replace(workload, websocket=replace(settings, publishers=publishers))


messages = st.just(b"") | words.filter(bool).map(str.encode)
streams = st.builds(
    StreamSettings,
    kind=st.sampled_from(["chunked", "sse", "ndjson"]),
    events=st.none() | st.integers(1, 10**6),
    until=words,
    content=st.sampled_from(["", "text", "choices.0.delta"]),
    endless=st.booleans(),
    reconnects=st.integers(0, 1000),
    upload_chunk_bytes=st.integers(0, 1 << 20),
    upload_every_s=durations,
)
sockets = st.builds(
    SocketSettings,
    mode=st.sampled_from(["echo", "push", "fanout", "hold"]),
    message=messages,
    size_bytes=st.integers(16, 64 << 20),
    binary=st.booleans(),
    fragments=st.just(1),
    compress=st.booleans(),
    subprotocols=st.lists(tokens, unique=True, max_size=3).map(tuple),
    hello=messages,
    ping_every_s=st.just(0.0) | positive,
    publishers=st.integers(1, 100),
)
plain = st.builds(
    Workload,
    name=names,
    kind=st.just("http"),
    request=requests(st.none()),
    expect=expectations,
    shape=shapes,
    warmup_s=durations,
    duration_s=positive,
    timeout_s=st.floats(3600, 7200),
    requests_limit=st.none() | st.integers(1, 10**9),
    also=st.lists(requests(st.none() | expectations), max_size=2).map(tuple),
)
workloads = (
    plain | plain.map(_reading) | st.builds(_as_stream, plain, streams) | st.builds(_as_websocket, plain, sockets)
)
clients = st.sampled_from([Client(), Client(auth="basic", credentials="user:${env:KEY}")]) | st.builds(
    Client,
    name=st.just("httpx"),
    http2=st.booleans(),
    proxy=st.sampled_from(["", "http://proxy:3128"]),
    redirects=st.booleans(),
    cookies=st.booleans(),
    auth=st.just("digest"),
    credentials=st.sampled_from(["user:", "user:pass:word", "${env:LOGIN}"]),
)
tls = (
    st.builds(Tls, st.booleans())
    | st.builds(Tls, ca_file=st.sampled_from(["", FILE]), server_name=st.sampled_from(["", "api.example"]))
    | st.just(Tls(cert_file=FILE, key_file=FILE))
)
limits = st.none() | st.floats(0, 3.6e9)
metrics = st.sampled_from(["p50", "p99", "service_p99", "memory_peak", "startup"])


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    deployments = draw(
        st.lists(
            st.builds(Deployment, names, launches | attaches, words), min_size=1, max_size=3, unique_by=lambda d: d.name
        )
    )
    baseline = draw(st.sampled_from(deployments)).name
    standard = dict(ComparisonSettings(baseline).thresholds)
    own = draw(st.dictionaries(metrics, st.floats(0, 1), max_size=3))
    return Plan(
        name=draw(names),
        deployments=tuple(deployments),
        workloads=tuple(draw(st.lists(workloads, min_size=1, max_size=2, unique_by=lambda w: w.name))),
        comparison=ComparisonSettings(
            baseline, draw(metrics), draw(st.integers(1, 1000)), tuple({**standard, **own}.items())
        ),
        slo=draw(st.builds(Slo, limits, limits, limits, limits, st.none() | st.floats(0, 1), st.none() | rates)),
        generator=draw(
            st.builds(
                GeneratorSettings,
                st.sampled_from(["workers", "in-app"]),
                st.none() | st.integers(1, 64),
                cpus,
                st.sampled_from(["auto", "timer", "spin"]),
                clients,
                tls,
                st.sampled_from(["continue", "stop"]),
            )
        ),
        base_dir=str(PATH.parent),
        path=str(PATH),
    )


def _with_an_effect(plan: Plan) -> Plan:
    """Return the plan without the settings of the generator that would do nothing, since profiles refuse them."""
    generator = plan.generator
    if any(workload.kind != "http" for workload in plan.workloads):
        generator = replace(generator, client=Client(), workers=None)
    if all(workload.websocket and workload.websocket.mode in ("push", "hold") for workload in plan.workloads):
        # What has no latency has none that could decide, and no limit of one.
        plan = replace(plan, slo=Slo(), comparison=replace(plan.comparison, primary="memory_idle"))
    if not any(_has_throughput(workload) for workload in plan.workloads):
        plan = replace(plan, slo=replace(plan.slo, throughput_rps=None))
    if generator.engine == "in-app":
        generator = replace(generator, workers=None)
    if generator.pacing == "spin" and (generator.engine == "in-app" or not _has_open(plan)):
        generator = replace(generator, pacing="timer")
    if all(isinstance(workload.shape, ClosedLoad) and not workload.shape.think_s for workload in plan.workloads):
        generator = replace(generator, pacing="auto")
    sources = [deployment.source for deployment in plan.deployments]
    encrypts = any(isinstance(source, Attach) and source.url.startswith("https") for source in sources)
    if not encrypts and not generator.client.redirects:
        generator = replace(generator, tls=Tls())
    return replace(plan, generator=generator)


def _has_throughput(workload: Workload) -> bool:
    holds = workload.websocket is not None and workload.websocket.mode == "hold"
    return not holds and not (workload.stream is not None and workload.stream.endless)


def _has_open(plan: Plan) -> bool:
    return any(isinstance(workload.shape, OpenLoad) for workload in plan.workloads)


@given(plans().map(_with_an_effect))
def test_a_plan_written_as_a_profile_reads_back_as_the_same_plan(plan: Plan) -> None:
    assert load_text(dump(plan), PATH) == plan


@given(st.text(max_size=200))
def test_any_text_is_a_plan_or_a_list_of_problems(text: str) -> None:
    assert _is_explained(text)


values = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | words | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=5,
)
KEYS = st.sampled_from(
    [
        *(
            "schema",
            "name",
            "defaults",
            "deployment",
            "workload",
            "slo",
            "comparison",
            "generator",
            "request",
            "expect",
        ),
        *(
            "expect",
            "load",
            "stages",
            "rate",
            "json",
            "headers",
            "url",
            "command",
            "env",
            "ready",
            "stop",
            "cpus",
            "threshold",
        ),
        *(
            "primary",
            "baseline",
            "kind",
            "duration",
            "warmup",
            "model",
            "connections",
            "also",
            "data",
            "weight",
            "think",
        ),
        *("stream", "websocket", "mode", "events", "until", "content", "endless", "message", "size", "publishers"),
        *("hello", "ping_every", "subprotocols", "fragments", "upload_chunk", "gap_p99", "rtt_p99"),
        *("body_file", "auth", "credentials", "proxy", "ca_file", "cert_file", "key_file", "client", "http2"),
    ]
)


@given(st.dictionaries(KEYS, values | st.lists(st.dictionaries(KEYS, values, max_size=6), max_size=3), max_size=6))
def test_any_document_of_known_keys_and_wild_values_is_explained(document: dict[str, Any]) -> None:
    assert _is_explained(tomlkit.dumps(document))


@given(st.integers(0, len(FIRST_LOOK)), st.integers(0, 40), st.text('[]{}"=#\n,a1', max_size=5))
def test_a_damaged_profile_is_explained(start: int, length: int, inserted: str) -> None:
    assert _is_explained(FIRST_LOOK[:start] + inserted + FIRST_LOOK[start + length :])


@given(st.integers(1, 10**6), words)
def test_setting_a_value_changes_that_value_only(rate: int, name: str) -> None:
    document = ProfileDocument(FIRST_LOOK)
    document.set(("workload", 0, "load", "rate"), rate)
    document.set(("deployment", 2, "framework"), name)

    expected = tomllib.loads(FIRST_LOOK)
    expected["workload"][0]["load"]["rate"] = rate
    expected["deployment"][2]["framework"] = name
    assert tomllib.loads(document.text) == expected


def _is_explained(text: str) -> bool:
    """A plan comes out, or every problem has words and a line inside the text."""
    lines = text.count("\n") + text.count("\r") + 1
    problems = _problems(text)
    if problems is None:
        return True
    return bool(problems) and all(
        problem.message and (problem.line is None or 1 <= problem.line <= lines) for problem in problems
    )


def _problems(text: str) -> tuple[Problem, ...] | None:
    try:
        load_text(text, PATH)
    except ProfileError as error:
        return error.problems
    return None

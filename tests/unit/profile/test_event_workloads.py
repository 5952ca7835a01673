"""Workloads of streams and WebSockets: read into settings, written back, refused where they mean nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadbench_gui.core.plan import Plan, Slo, SocketSettings, StreamSettings
from loadbench_gui.profile.loader import load_text
from loadbench_gui.profile.problems import Problem, ProfileError
from loadbench_gui.profile.secrets import resolve_secrets, secrets_of
from loadbench_gui.profile.units import size_text
from loadbench_gui.profile.writer import dump

PATH = Path("/srv/profiles/mine.toml")
CLOSED = 'load = { model = "closed", connections = 8 }'
OPEN = 'load = { model = "open", rate = 5, connections = 8 }'


def text_of(workload: str, more: str = "", load: str = CLOSED) -> str:
    head = 'schema = 1\n[[deployment]]\nname = "a"\nurl = "ws://127.0.0.1:8000"\n[[workload]]\nname = "w"\n'
    return f"{head}{load}\n{workload}\n{more}"


def plan(workload: str, more: str = "", load: str = CLOSED) -> Plan:
    return load_text(text_of(workload, more, load), PATH)


def problem(workload: str, more: str = "", load: str = CLOSED) -> Problem:
    with pytest.raises(ProfileError) as caught:
        plan(workload, more, load)
    (one,) = caught.value.problems
    return one


def stream(settings: str) -> str:
    return f'kind = "stream"\nstream = {{ {settings} }}'


def websocket(settings: str) -> str:
    return f'kind = "ws"\nwebsocket = {{ {settings} }}'


def settings_of(read: Plan) -> SocketSettings:
    found = read.workloads[0].websocket
    assert found is not None
    return found


def test_a_stream_is_read_with_all_its_keys() -> None:
    read = plan(
        'kind = "stream"\nrequest = { method = "POST", body_file = "' + __file__ + '" }\n'
        '[workload.stream]\nkind = "sse"\nevents = 20\nuntil = "[DONE]"\ncontent = "choices.0.delta.content"\n'
        'reconnects = 2\nupload_chunk = "4 KiB"\nupload_every = "20ms"\n',
    )

    (workload,) = read.workloads
    assert workload.kind == "stream"
    assert workload.stream == StreamSettings(
        "sse", 20, "[DONE]", "choices.0.delta.content", False, 2, upload_chunk_bytes=4096, upload_every_s=0.02
    )
    assert workload.websocket is None
    assert load_text(dump(read), PATH) == read


def test_a_websocket_is_read_with_all_its_keys() -> None:
    read = plan(
        websocket(
            'mode = "fanout", size = "1 KiB", binary = true, fragments = 3, compress = true, subprotocols = ["a", "b"],'
            ' hello = "join", ping_every = "20s", publishers = 2'
        )
    )

    assert settings_of(read) == SocketSettings(
        "fanout", b"", 1024, True, 3, True, ("a", "b"), b"join", ping_every_s=20.0, publishers=2
    )
    assert load_text(dump(read), PATH) == read


def test_a_message_of_ones_own_survives_being_written() -> None:
    read = plan(websocket('mode = "echo", message = "{\\"a\\": 1}"'))

    assert settings_of(read).message == b'{"a": 1}'
    assert load_text(dump(read), PATH) == read


def test_server_sent_events_are_asked_for_unless_the_request_says_otherwise() -> None:
    assert plan(stream('kind = "sse"')).workloads[0].request.headers == (("Accept", "text/event-stream"),)
    assert plan(stream('kind = "ndjson"')).workloads[0].request.headers == ()
    own = plan('request = { headers = { accept = "*/*" } }\n' + stream('kind = "sse"')).workloads[0].request
    assert own.headers == (("accept", "*/*"),)


def test_limits_of_streams_and_websockets_are_read() -> None:
    limits = '[slo]\nfirst_event_p50 = "50ms"\ngap_p99 = "1ms"\n'
    assert plan(stream('kind = "sse"'), limits).slo == Slo(first_event_p50_us=50_000.0, gap_p99_us=1000.0)
    limits = '[slo]\nrtt_p50 = "5ms"\nrtt_p99 = "9ms"\n'
    assert plan(websocket('mode = "echo"'), limits).slo == Slo(rtt_p50_us=5000.0, rtt_p99_us=9000.0)
    limits = '[slo]\nfanout_p50 = "5ms"\nfanout_p99 = "9ms"\n'
    assert plan(websocket('mode = "fanout"'), limits).slo == Slo(fanout_p50_us=5000.0, fanout_p99_us=9000.0)


@pytest.mark.parametrize(
    ("workload", "load", "place", "message", "hint"),
    [
        ('kind = "stream"', CLOSED, "", "a workload of kind stream does not say how its answer is read", '"sse"'),
        ('kind = "ws"', CLOSED, "", "a workload of kind ws does not say what it does", '"echo"'),
        ('stream = { kind = "sse" }', CLOSED, ".stream", "means nothing in a workload of kind http", '"stream"'),
        ('websocket = { mode = "echo" }', CLOSED, ".websocket", "means nothing in a workload of kind http", '"ws"'),
        (stream("events = 3"), CLOSED, ".stream.kind", "missing", 'Add kind = "sse"'),
        (websocket("size = 3"), CLOSED, ".websocket.mode", "missing", 'Add mode = "echo"'),
        (stream('kind = "sse", endless = true, events = 3'), CLOSED, ".stream.endless", "contradicts events", "end"),
        (stream('kind = "sse", endless = true, until = "x"'), CLOSED, ".stream.endless", "contradicts until", "end"),
        (stream('kind = "chunked", content = "a"'), CLOSED, ".stream.content", "looks into JSON, and a chunk", "ndj"),
        (stream('kind = "sse", content = "a..b"'), CLOSED, ".stream.content", '"a..b" is not a place in', "dots"),
        (stream('kind = "sse", until = ""'), CLOSED, ".stream.until", "must not be empty", "[DONE]"),
        (stream('kind = "sse", upload_every = 1'), CLOSED, ".stream.upload_every", "is a pause between chunks", "4 K"),
        (stream('kind = "sse", upload_chunk = 1'), CLOSED, ".stream.upload_chunk", "has nothing to send", "a body"),
        (websocket('mode = "echo", size = "4 K"'), CLOSED, ".websocket.size", '"K" is not a unit of size', "KiB"),
        (websocket('mode = "echo", size = 1.5'), CLOSED, ".websocket.size", "1.5 is not a size", "whole number"),
        (websocket('mode = "echo", size = "1.3 B"'), CLOSED, ".websocket.size", '"1.3 B" is not a whole', "KiB"),
        (websocket('mode = "echo", size = "65 MiB"'), CLOSED, ".websocket.size", '"65 MiB" is not between', "KiB"),
        (websocket('mode = "echo", publishers = 2'), CLOSED, ".websocket.publishers", "is for fan-out", "fanout"),
        (
            websocket('mode = "echo", size = 1, message = "x"'),
            CLOSED,
            ".websocket.size",
            "stands beside message",
            "made",
        ),
        (websocket('mode = "echo", message = ""'), CLOSED, ".websocket.message", "must not be empty", "size = 0"),
        (
            websocket('mode = "echo", size = 2, fragments = 3'),
            CLOSED,
            ".websocket.fragments",
            "2 bytes cannot be cut",
            "= 2",
        ),
        (
            websocket('mode = "echo", message = "${counter}"'),
            CLOSED,
            ".websocket.message",
            "${counter} is not rep",
            "$${",
        ),
        (
            websocket('mode = "echo", subprotocols = ["a b"]'),
            CLOSED,
            ".websocket.subprotocols",
            '"a b" is not the',
            "gra",
        ),
        (
            websocket('mode = "echo", subprotocols = ["a", "a"]'),
            CLOSED,
            ".websocket.subprotocols",
            "a subprotocol is",
            "gra",
        ),
        (
            websocket('mode = "fanout", size = 15'),
            CLOSED,
            ".websocket.size",
            "15 bytes are too few for fan-out",
            "16 or",
        ),
        (
            websocket('mode = "fanout", publishers = 9'),
            CLOSED,
            ".websocket.publishers",
            "9 publishers are more",
            "conn",
        ),
        (
            websocket('mode = "push", size = 9'),
            CLOSED,
            ".websocket.size",
            "has no effect where the server sends",
            "hello",
        ),
        (
            websocket('mode = "hold", binary = true'),
            CLOSED,
            ".websocket.binary",
            "has no effect where connections",
            "echo",
        ),
        (websocket('mode = "push"'), OPEN, ".load.model", "an open load has nothing to send", "closed"),
        (websocket('mode = "hold"'), OPEN, ".load.model", "an open load has nothing to send", "closed"),
        (
            websocket('mode = "hold"'),
            'load = { model = "closed", connections = 8, think = 1 }',
            ".load.think",
            "has no effect where connections are only held",
            "Leave it out",
        ),
        (
            websocket('mode = "fanout"'),
            'load = { model = "closed", connections = 8, think = 1 }',
            ".load.think",
            "has no effect on fan-out: a publisher goes on",
            "a rate",
        ),
        ("requests = 5\n" + websocket('mode = "hold"'), CLOSED, ".requests", "there are none to count", "duration"),
        (
            'request = { method = "POST" }\n' + websocket('mode = "echo"'),
            CLOSED,
            ".request.method",
            "a WebSocket is",
            "out",
        ),
        (
            'request = { body = "x" }\n' + websocket('mode = "echo"'),
            CLOSED,
            ".request.body",
            "a handshake has no",
            "hello",
        ),
        (
            'request = { headers = { Sec-WebSocket-Protocol = "a" } }\n' + websocket('mode = "echo"'),
            CLOSED,
            ".request.headers.Sec-WebSocket-Protocol",
            "is not for you to give",
            "subprotocols",
        ),
        (
            'also = [{ path = "/x" }]\n' + websocket('mode = "echo"'),
            CLOSED,
            ".also",
            "means nothing here",
            "[[workload]]",
        ),
        (
            'expect = { body = "x" }\n' + websocket('mode = "echo"'),
            CLOSED,
            ".expect",
            "means nothing for Web",
            "compared",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_to_write(
    workload: str, load: str, place: str, message: str, hint: str
) -> None:
    found = problem(workload, load=load)

    assert found.key_path == f'workload "w"{place}'
    assert found.message.startswith(message)
    assert hint in found.hint


def test_httpx_does_neither_streams_nor_websockets() -> None:
    found = problem(websocket('mode = "echo"'), '[generator]\nclient = "httpx"\n')

    assert found.key_path == "generator.client"
    assert found.message == 'httpx does no WebSockets here ("w")'


def test_a_fan_out_has_one_clock_and_so_one_worker() -> None:
    found = problem(websocket('mode = "fanout"'), "[generator]\nworkers = 2\n")

    assert found.key_path == "generator.workers"
    assert "one clock" in found.message
    assert plan(websocket('mode = "fanout"'), "[generator]\nworkers = 1\n").generator.workers == 1


@pytest.mark.parametrize(
    ("workload", "metric", "belongs_to"),
    [
        ('request = { path = "/" }', "rtt_p99", "WebSockets in mode echo"),
        ('request = { path = "/" }', "memory_per_connection", "WebSockets in mode"),
        (stream('kind = "sse"'), "fanout_p99", "WebSockets in mode fanout"),
        (websocket('mode = "echo"'), "first_event_p50", "streams"),
        (websocket('mode = "hold"'), "p99", "HTTP requests and streams"),
        (websocket('mode = "hold"'), "throughput", "HTTP requests"),
        (websocket('mode = "push"'), "p50", "HTTP requests"),
        (websocket('mode = "hold"'), "cpu_per_1k", "HTTP requests and streams that end and WebSockets in mode echo"),
        (stream('kind = "sse", endless = true'), "throughput", "HTTP requests and streams that end and"),
        (stream('kind = "sse", endless = true'), "cpu_per_1k", "HTTP requests"),
    ],
)
def test_the_metric_that_decides_has_to_be_measured(workload: str, metric: str, belongs_to: str) -> None:
    found = problem(workload, f'[comparison]\nprimary = "{metric}"\n')

    assert found.key_path == "comparison.primary"
    assert found.message.startswith("is not measured by any workload")
    assert belongs_to in found.message


@pytest.mark.parametrize(
    ("workload", "metric"),
    [
        (stream('kind = "chunked"'), "first_event_p50"),
        (stream('kind = "ndjson"'), "gap_p99"),
        (stream('kind = "ndjson"'), "p99"),
        (stream('kind = "ndjson"'), "cpu_per_1k"),
        (stream('kind = "sse", endless = true'), "first_event_p50"),
        (stream('kind = "sse", endless = true'), "gap_p99"),
        (websocket('mode = "echo"'), "rtt_p50"),
        (websocket('mode = "echo"'), "throughput"),
        (websocket('mode = "push"'), "gap_p99"),
        (websocket('mode = "fanout"'), "fanout_p99"),
        (websocket('mode = "fanout"'), "fanout_p50"),
        (websocket('mode = "hold"'), "memory_per_connection"),
        (websocket('mode = "hold"'), "memory"),
    ],
)
def test_a_metric_of_the_workloads_own_kind_may_decide(workload: str, metric: str) -> None:
    load = CLOSED.replace("8", "100")
    decided = plan(workload, f'[comparison]\nprimary = "{metric}"\n', load).comparison.primary

    assert decided == ("memory_peak" if metric == "memory" else metric)


def test_memory_per_connection_does_not_decide_where_there_are_few() -> None:
    found = problem(websocket('mode = "hold"'), '[comparison]\nprimary = "memory_per_connection"\n')

    assert found.key_path == "comparison.primary"
    assert found.message == "takes 100 connections to tell their memory from the server's own, not 8"


def test_a_fan_out_is_proposed_to_be_decided_by_what_few_publications_support() -> None:
    found = problem(websocket('mode = "fanout"'), '[comparison]\nprimary = "gap_p99"\n')

    assert found.hint == 'Choose one that is, such as "fanout_p50".'


def test_a_comparison_of_what_has_no_latency_needs_a_metric_that_decides() -> None:
    second = '[[deployment]]\nname = "b"\nurl = "wss://example.org"\n'
    found = problem(websocket('mode = "hold"'), second)

    assert found.message.startswith("the metric that decides is p99 unless you name one")
    assert 'primary = "memory_per_connection"' in found.hint


def test_a_limit_that_nothing_measures_is_refused() -> None:
    found = problem(stream('kind = "sse"'), '[slo]\nrtt_p99 = "5ms"\n')

    assert found.key_path == "slo.rtt_p99"


def test_a_hello_may_be_binary_where_nothing_else_is_sent() -> None:
    for mode in ("push", "hold"):
        (workload,) = plan(websocket(f'mode = "{mode}", hello = "join", binary = true')).workloads
        assert workload.websocket == SocketSettings(mode, hello=b"join", binary=True)


def test_secrets_stand_in_messages_and_are_taken_literally() -> None:
    read = plan(
        'request = { path = "/", headers = { Authorization = "Bearer ${env:KEY}" } }\n'
        + websocket('mode = "echo", message = "{\\"key\\": \\"${env:KEY}\\"}", hello = "$${env:KEY} ${env:KEY}"')
    )
    environ = {"KEY": 'a"${counter}'}

    assert settings_of(read).message == b'{"key": "${env:KEY}"}'
    sent = settings_of(resolve_secrets(read, environ))
    assert sent.message == b'{"key": "a\\"${counter}"}'
    assert sent.hello == b'${env:KEY} a"${counter}'
    assert secrets_of(read, environ).mask_bytes(sent.hello) == b"${env:KEY} ${env:KEY}"


@pytest.mark.parametrize("size_bytes", [0, 1, 1023, 1024, 4096, 1 << 20, 64 << 20])
def test_sizes_are_written_so_that_they_read_back(size_bytes: int) -> None:
    read = plan(websocket(f'mode = "echo", size = {size_bytes}'))

    assert settings_of(read).size_bytes == size_bytes
    assert load_text(dump(read), PATH) == read
    assert size_text(1 << 20) == "1 MiB"

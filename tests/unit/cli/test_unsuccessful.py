"""A run in which nothing succeeded says what did not, and what to look at."""

from __future__ import annotations

from dataclasses import replace

import pytest

from builders import make_run, make_socket_run, make_stream_run, make_stream_workload
from loadbench_gui.cli.unsuccessful import nothing_succeeded
from loadbench_gui.core.plan import SocketMode, StreamSettings
from loadbench_gui.core.run import Run, SenderFacts
from loadbench_gui.core.snapshot import ErrorKind, SampleExchange, Tally


def without_success(run: Run, **errors: int) -> Run:
    kinds = {ErrorKind[name.upper()]: count for name, count in errors.items()}
    return replace(run, measured=Tally(issued=10, errors=kinds))


def test_a_server_that_pushes_nothing_is_where_messages_would_come_from() -> None:
    fault = nothing_succeeded(without_success(make_socket_run("push")))
    assert "not one message from ws://127.0.0.1:8000" in fault.message
    assert fault.message.endswith(" came")
    assert "ended in time" not in fault.message
    assert nothing_succeeded(without_success(make_socket_run("push"), reset=3)).message.endswith(" came (3 × reset)")


@pytest.mark.parametrize(("mode", "one"), [("echo", "round trip"), ("hold", "connection"), ("fanout", "publication")])
def test_what_we_ask_for_goes_to_the_server(mode: SocketMode, one: str) -> None:
    assert f"not one {one} to " in nothing_succeeded(without_success(make_socket_run(mode))).message


def test_streams_that_outlive_the_window_may_be_meant_to() -> None:
    fault = nothing_succeeded(without_success(make_stream_run()))
    assert "(none ended in time)" in fault.message
    assert "--endless" in fault.hint
    assert "`endless = true`" in fault.hint
    refused = nothing_succeeded(without_success(make_stream_run(), connect_refused=10))
    assert "endless" not in refused.hint
    endless = make_stream_workload(settings=StreamSettings("sse", endless=True))
    assert "endless" not in nothing_succeeded(without_success(make_stream_run(workload=endless))).hint


def test_plain_requests_are_opened_by_hand() -> None:
    fault = nothing_succeeded(without_success(make_run(), bad_status=10))
    assert "(10 × bad_status)" in fault.message
    assert "curl -v" in fault.hint


def unsecured(run: Run, why: str) -> Run:
    sample = SampleExchange(ErrorKind.TLS, 0.1, b"", f"({why})".encode(), b"")
    return replace(without_success(run, tls=10), url="https://here:8443", samples=(sample,))


def test_where_every_handshake_failed_the_reason_and_what_to_do_stand_together() -> None:
    why = "the server's certificate is not accepted: self-signed certificate"
    fault = nothing_succeeded(unsecured(make_run(), f"no answer: {why}"))
    assert f"(10 × tls: {why})" in fault.message
    assert "--cacert" in fault.hint


@pytest.mark.parametrize(
    ("run", "led_by", "scheme"), [(make_run(), "no answer: ", "http://"), (make_socket_run("echo"), "", "ws://")]
)
def test_a_server_without_tls_is_no_matter_of_certificates(run: Run, led_by: str, scheme: str) -> None:
    fault = nothing_succeeded(unsecured(run, f"{led_by}no TLS: wrong version number"))
    assert "(10 × tls: wrong version number)" in fault.message
    assert f"write {scheme}" in fault.hint
    assert "cert" not in fault.hint


@pytest.mark.parametrize("kind", ["dns", "connect_refused", "connect_timeout"])
def test_where_no_connection_came_about_it_is_the_proxy_that_is_looked_at(kind: str) -> None:
    direct = without_success(make_run(), **{kind: 10})
    assert "--proxy" in nothing_succeeded(replace(direct, sender=SenderFacts(proxy=True))).hint
    assert "--proxy" not in nothing_succeeded(replace(direct, sender=SenderFacts())).hint

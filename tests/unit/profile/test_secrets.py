"""Secrets: references in the plan, values only in what is fired, masks in what comes back."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from loadbench_gui.core.plan import Attach, Client, GeneratorSettings, Launch, Plan, Request
from loadbench_gui.core.template import basic_auth, first_requests
from loadbench_gui.errors import UserError
from loadbench_gui.profile.loader import load_text
from loadbench_gui.profile.secrets import Secrets, missing_secrets, resolve_secrets, secrets_of
from loadbench_gui.profile.writer import dump

TEXT = """
schema = 1
[[deployment]]
name = "a"
url = "https://${env:HOST}"
[[deployment]]
name = "b"
command = ["serve", "{port}", "--key=${env:KEY}"]
env = { TOKEN = "${env:TOKEN}" }
[[workload]]
name = "w"
load = { model = "closed", connections = 1 }
[workload.request]
method = "POST"
path = "/me?key=${env:KEY}"
headers = { Authorization = "Bearer ${env:TOKEN}", X-Price = "$${PRICE}" }
json = { token = "${env:TOKEN}" }
"""
VALUES = {"HOST": "api.example", "KEY": "k-1", "TOKEN": 'se"cret'}


@pytest.fixture
def plan() -> Plan:
    return load_text(TEXT, Path("/p/x.toml"))


def test_a_plan_keeps_the_references_and_so_does_its_text(plan: Plan) -> None:
    assert ("Authorization", "Bearer ${env:TOKEN}") in plan.workloads[0].request.headers
    assert 'se"cret' not in dump(plan)
    assert load_text(dump(plan), Path("/p/x.toml")) == plan


def test_resolving_puts_the_values_where_they_are_needed(plan: Plan) -> None:
    resolved = resolve_secrets(plan, VALUES)

    attach, launch = (one.source for one in resolved.deployments)
    assert isinstance(attach, Attach)
    assert attach.url == "https://api.example"
    assert isinstance(launch, Launch)
    assert launch.command[-1] == "--key=k-1"
    assert launch.env == (("TOKEN", 'se"cret'),)
    request = resolved.workloads[0].request
    assert request.path == "/me?key=k-1"
    assert request.headers[:2] == (("Authorization", 'Bearer se"cret'), ("X-Price", "$${PRICE}"))


def test_a_quote_in_a_secret_does_not_break_a_json_body(plan: Plan) -> None:
    body = resolve_secrets(plan, VALUES).workloads[0].request.body

    assert json.loads(body) == {"token": 'se"cret'}


def test_a_value_that_looks_like_a_reference_is_not_resolved_again(plan: Plan) -> None:
    resolved = resolve_secrets(plan, {**VALUES, "TOKEN": "${env:KEY}"})

    (first,) = first_requests(resolved.workloads[0])
    assert first.headers[0] == ("Authorization", "Bearer ${env:KEY}")


def test_variables_that_are_not_set_are_named_all_at_once(plan: Plan) -> None:
    with pytest.raises(UserError) as caught:
        resolve_secrets(plan, {"HOST": "h", "KEY": ""})

    assert caught.value.message == "the variables KEY, TOKEN are not set, and ${env:KEY} asks for one of them"
    assert caught.value.hint == "Set it before you start loadbench: export KEY=..."
    assert missing_secrets(plan, {"HOST": "h", "KEY": ""}) == ("KEY", "TOKEN")


def test_a_line_break_in_a_secret_cannot_smuggle_a_header(plan: Plan) -> None:
    with pytest.raises(UserError, match="a secret used in Authorization holds a line break") as caught:
        resolve_secrets(plan, {**VALUES, "TOKEN": "x\r\nX-Evil: 1"})

    assert "trailing line break" in caught.value.hint


def test_what_comes_back_is_masked_and_the_repr_shows_nothing(plan: Plan) -> None:
    secrets = secrets_of(plan, VALUES)
    resolved = resolve_secrets(plan, VALUES).workloads[0].request

    assert secrets.mask('Bearer se"cret to api.example') == "Bearer ${env:TOKEN} to ${env:HOST}"
    assert secrets.mask_bytes(resolved.body) == b'{"token":"${env:TOKEN}"}'
    assert 'se"cret' not in repr(secrets)


def test_a_secret_that_contains_another_is_masked_whole() -> None:
    secrets = Secrets((("A", "abc"), ("B", "abcdef")))

    assert secrets.mask("abcdef abc") == "${env:B} ${env:A}"


def test_a_plan_without_secrets_is_left_as_it_is() -> None:
    plain = load_text(TEXT.replace("${env:", "$${env:"), Path("/p/x.toml"))

    assert missing_secrets(plain, {}) == ()
    (first,) = first_requests(resolve_secrets(plain, {}).workloads[0])
    assert first.path == "/me?key=${env:KEY}"


def test_a_secret_is_masked_as_json_and_urls_write_it() -> None:
    secrets = Secrets((("A", "sé cret/ü"),))
    for form in (
        '"s\\u00e9 cret/\\u00fc"',
        "s%C3%A9%20cret/%C3%BC",
        "s%C3%A9%20cret%2F%C3%BC",
        "s%C3%A9+cret%2F%C3%BC",
    ):
        assert "cret" not in secrets.mask(form)
        assert b"cret" not in secrets.mask_bytes(form.encode())


def test_the_beginning_of_a_secret_is_masked_where_a_sample_was_cut() -> None:
    secrets = Secrets((("A", "abcdefgh"),))
    assert secrets.mask_bytes(b"token=abcdef") == b"token=${env:A}"
    assert secrets.mask_bytes(b"token=abc") == b"token=abc"
    assert secrets.mask_bytes(b"abcdefgh and no more") == b"${env:A} and no more"


VARIED = """
schema = 1
[[deployment]]
name = "a"
url = "http://h"
[[workload]]
name = "w"
load = { model = "closed", connections = 1 }
request = { path = "/${counter}", headers = { X-Key = "${env:KEY}${counter}" } }
[[workload.also]]
method = "POST"
path = "/${env:KEY}"
json = { key = "${env:KEY}", id = "${counter}" }
[generator]
client = "httpx"
proxy = "http://me:${env:KEY}@proxy:3128"
auth = "basic"
credentials = "me:${env:KEY}"
"""


def test_placeholders_stay_until_the_requests_are_put_together() -> None:
    resolved = resolve_secrets(load_text(VARIED, Path("/p/x.toml")), {"KEY": "k-1"}).workloads[0]

    assert resolved.request.path == "/${counter}"
    assert resolved.request.headers == (("X-Key", "k-1${counter}"),)
    assert resolved.also[0].path == "/k-1"


@pytest.mark.parametrize("value", ["${counter}", "$${counter}", "a$", "$", "$$", '"${uuid}\\', "${env:KEY}", "${}"])
def test_a_secret_is_taken_literally_whatever_it_looks_like(value: str) -> None:
    resolved = resolve_secrets(load_text(VARIED, Path("/p/x.toml")), {"KEY": value}).workloads[0]

    first, second = first_requests(resolved)
    assert first.headers == (("X-Key", f"{value}1"),)
    assert second.path == f"/{value}"
    assert json.loads(second.body) == {"key": value, "id": "1"}


def test_the_generators_login_and_proxy_take_secrets() -> None:
    plan = load_text(VARIED, Path("/p/x.toml"))
    client = resolve_secrets(plan, {"KEY": "k-1"}).generator.client

    assert (client.proxy, client.credentials) == ("http://me:k-1@proxy:3128", "me:k-1")
    assert plan.generator.client.credentials == "me:${env:KEY}"


def test_a_login_is_masked_as_a_header_carries_it() -> None:
    plan = load_text(VARIED, Path("/p/x.toml"))
    name, value = basic_auth("me:k-1")

    masked = secrets_of(plan, {"KEY": "k-1"}).mask_bytes(f"{name}: {value}".encode())

    assert masked == b"Authorization: Basic ${env:KEY}"


def client_plan(**settings: object) -> Plan:
    plan = load_text(TEXT.replace("${env:", "$${env:"), Path("/p/x.toml"))
    return replace(plan, generator=GeneratorSettings(client=Client("httpx", **settings)))  # type: ignore[arg-type]


def test_a_password_that_is_written_out_is_masked_too() -> None:
    secrets = secrets_of(client_plan(auth="basic", credentials="me:hunter2"), {})
    name, value = basic_auth("me:hunter2")

    assert secrets.mask(f"{value}, or hunter2") == "Basic ***, or ***"
    assert secrets.mask_bytes(f"{name}: {value}".encode()) == b"Authorization: Basic ***"
    assert "hunter2" not in repr(secrets)


def test_so_is_a_password_beside_a_user_that_is_a_secret() -> None:
    secrets = secrets_of(client_plan(credentials="${env:USER}:hunter2"), {"USER": "ann"})
    assert secrets.mask_bytes(b"ann hunter2 " + basic_auth("ann:hunter2")[1].encode()) == (
        b"${env:USER} *** Basic ${env:USER}"
    )


def test_the_proxys_password_is_masked_as_it_is_written_and_as_it_is_meant() -> None:
    secrets = secrets_of(client_plan(proxy="http://me:h%40unter@proxy:3128"), {})
    assert secrets.mask(f"h%40unter h@unter {basic_auth('me:h@unter')[1]}") == "*** *** Basic ***"


def test_a_short_value_leaves_our_own_words_alone_and_is_masked_in_messages() -> None:
    fault = Secrets((("A", "on"),), ("le",)).masked(UserError("it says on, le", "Leave it on."))
    assert (fault.message, fault.hint) == ("it says ${env:A}, ***", "Leave it on.")


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (b"Authorization: Bearer abc.def", b"Authorization: Bearer ***"),
        (b"authorization: abcdef", b"authorization: ***"),
        (b"Proxy-Authorization: Basic YTpi", b"Proxy-Authorization: Basic ***"),
        (b"Cookie: session=abc; id=1", b"Cookie: ***"),
        (b"Authorization: Bearer s3cret", b"Authorization: Bearer ${env:TOKEN}"),
        (b"Cookie: session=s3cret", b"Cookie: session=${env:TOKEN}"),
        (b"Cookie: session=abc; t=s3cret", b"Cookie: ***"),
        (b"X-Cookie: abc", b"X-Cookie: abc"),
    ],
)
def test_what_headers_say_to_log_in_is_masked_whatever_its_origin(line: bytes, shown: bytes) -> None:
    secrets = Secrets((("TOKEN", "s3cret"),))
    head, body = b"GET / HTTP/1.1\r\nHost: h\r\n", b"\r\nAccept: */*\r\n\r\nCookie: in the body"
    assert secrets.mask_request(head + line + body) == head + shown + body


def test_a_header_that_cannot_be_sent_is_no_secrets_fault() -> None:
    plan = client_plan()
    workload = replace(plan.workloads[0], request=Request(headers=(("X", "€"),)))
    with pytest.raises(UserError, match="X holds a character") as caught:
        resolve_secrets(replace(plan, workloads=(workload,)), {})
    assert "secret" not in str(caught.value)

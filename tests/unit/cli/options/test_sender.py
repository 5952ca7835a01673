"""Which client sends, and what it cannot do."""

from __future__ import annotations

import pytest

from loadbench_gui.cli.options import sender
from loadbench_gui.cli.options.sender import Abilities
from loadbench_gui.core.plan import Client, GeneratorSettings, Tls
from loadbench_gui.errors import UserError

ONLY_HTTPX = [
    (Abilities(http2=True), "--http2"),
    (Abilities(proxy="http://proxy:3128"), "--proxy"),
    (Abilities(redirects=True), "--redirects"),
    (Abilities(cookies=True), "--cookies"),
    (Abilities(auth="digest"), "--auth digest"),
]


def test_the_fast_client_is_the_default() -> None:
    assert sender.client(None, Abilities(), "") == Client("fast")
    assert sender.client("httpx", Abilities(), "") == Client("httpx")


@pytest.mark.parametrize(("asked", "option"), ONLY_HTTPX)
def test_what_only_httpx_can_do_selects_it(asked: Abilities, option: str) -> None:
    chosen = sender.client(None, asked, "me:secret" if asked.auth else "")
    assert chosen.name == "httpx"
    assert asked.needing_httpx == (option,)


@pytest.mark.parametrize(("asked", "option"), ONLY_HTTPX)
def test_what_only_httpx_can_do_is_refused_for_the_fast_client_by_name(asked: Abilities, option: str) -> None:
    with pytest.raises(UserError, match=f"has no {option}") as caught:
        sender.client("fast", asked, "me:secret" if asked.auth else "")
    assert "--client httpx" in caught.value.hint


def test_a_user_logs_in_the_basic_way_with_either_client() -> None:
    assert sender.client(None, Abilities(), "me:secret") == Client("fast", auth="basic", credentials="me:secret")
    assert sender.client("fast", Abilities(auth="basic"), "me:${env:PW}").credentials == "me:${env:PW}"
    assert sender.client("httpx", Abilities(), "me:x") == Client("httpx", auth="basic", credentials="me:x")


def test_logging_in_needs_somebody() -> None:
    with pytest.raises(UserError, match="who logs in") as caught:
        sender.client(None, Abilities(auth="digest"), "")
    assert "--user" in caught.value.hint


@pytest.mark.parametrize("proxy", ["proxy:3128", "ftp://proxy", "http://", "http://[", "http://proxy:0"])
def test_what_is_no_proxy(proxy: str) -> None:
    with pytest.raises(UserError, match="is not the URL of a proxy"):
        sender.client(None, Abilities(proxy=proxy), "")


def test_the_generator_takes_it_all() -> None:
    client, tls = Client("httpx"), Tls(insecure=True)
    assert sender.generator("in-app", 2, "0,2-3", "spin", client, tls) == GeneratorSettings(
        "in-app", 2, (0, 2, 3), "spin", client, tls
    )


@pytest.mark.parametrize("engine", ["dask://127.0.0.1:8786", "threads"])
def test_engines_that_are_not_there(engine: str) -> None:
    with pytest.raises(UserError) as caught:
        sender.generator(engine, None, "auto", "auto", Client(), Tls())
    assert "--engine workers" in caught.value.hint


def test_a_proxys_password_is_not_repeated() -> None:
    with pytest.raises(UserError, match="socks5://p") as caught:
        sender.client(None, Abilities(proxy="socks5://u:hunter2@p"), "")
    assert "hunter2" not in str(caught.value)


def test_a_proxy_may_be_a_secret() -> None:
    assert sender.client(None, Abilities(proxy="${env:PX}"), "").proxy == "${env:PX}"

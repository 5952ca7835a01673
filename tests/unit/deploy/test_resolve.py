from __future__ import annotations

import os
import socket
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest

from loadbench_gui.core.plan import Target
from loadbench_gui.deploy.resolve import look_up, resolve
from loadbench_gui.deploy.unix_socket import LONGEST_BYTES, holders
from loadbench_gui.errors import TargetFault, UserError
from privileges import as_nobody


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("http://127.0.0.1:8000/json?a=1", Target("http", "127.0.0.1", 8000, "127.0.0.1")),
        ("https://127.0.0.1", Target("https", "127.0.0.1", 443, "127.0.0.1")),
        ("HTTP://LOCALHOST", Target("http", "localhost", 80, "127.0.0.1")),
        ("http://[::1]:9/", Target("http", "::1", 9, "::1")),
        ("ws://127.0.0.1:1/ws", Target("http", "127.0.0.1", 1, "127.0.0.1")),
        ("wss://127.0.0.1/ws", Target("https", "127.0.0.1", 443, "127.0.0.1")),
    ],
)
def test_a_url_becomes_a_target_with_an_address(url: str, target: Target) -> None:
    assert resolve(url) == target


@pytest.mark.parametrize(
    ("url", "message", "hint"),
    [
        ("localhost:8000/json", "is not an http:// or https:// URL", "Write it like http://localhost:8000/json"),
        ("example.com", "is not an http:// or https:// URL", "Write it like http://example.com"),
        ("ftp://example.com/x", "is not an http:// or https:// URL", "Write it like http://example.com/x"),
        ("", "is not an http:// or https:// URL", "Write it like http://127.0.0.1:8000/json"),
        ("http://", "is not an http:// or https:// URL", "Write it like http://127.0.0.1:8000/json"),
        ("http://h:99999/", "is not a URL: Port out of range", "Write it like http://127.0.0.1:8000/json"),
        ("http://h:port/", "is not a URL: Port could not be cast", "Write it like http://127.0.0.1:8000/json"),
        ("http://[::1/", "is not a URL: Invalid IPv6 URL", "Write it like http://127.0.0.1:8000/json"),
        ("http://h:0/", "names port 0", "Write it like http://127.0.0.1:8000/json"),
        ("http://me:secret@h/", "carries a user name", "Authorization: Basic"),
    ],
)
def test_what_is_not_a_url_is_refused_with_an_example(url: str, message: str, hint: str) -> None:
    with pytest.raises(UserError) as caught:
        resolve(url)

    assert message in caught.value.message
    assert hint in caught.value.hint
    assert "secret" not in str(caught.value)


def test_a_name_that_nobody_knows_is_the_targets_fault() -> None:
    with pytest.raises(TargetFault) as caught:
        resolve("http://no-such-host.invalid/")

    assert "the name 'no-such-host.invalid' cannot be resolved" in caught.value.message
    assert "write the IP address instead" in caught.value.hint


@pytest.mark.parametrize("written", ["http://[fe80::1%25{}]:9/", "http://[fe80::1%{}]:9/"])
def test_a_zone_says_which_interface_to_take_and_is_not_told_to_the_server(written: str) -> None:
    number, name = socket.if_nameindex()[0]

    target = resolve(written.format(name))

    assert target == Target("http", "fe80::1", 9, f"fe80::1%{number}")
    assert target.url == target.url.replace("%", "")
    assert target.authority == "[fe80::1]:9"


def test_a_name_keeps_no_zone() -> None:
    assert look_up("localhost", 80) in ("127.0.0.1", "::1")


def unix_url(path: Path | str) -> str:
    return f"http+unix://{quote(str(path), safe='')}"


def test_a_unix_socket_is_a_target_without_an_address(tmp_path: Path) -> None:
    path = tmp_path / "ä,b.sock"
    with closing(socket.socket(socket.AF_UNIX)) as listener:
        listener.bind(str(path))
        listener.listen()

        target = resolve(f"{unix_url(path)}/json?a=1")

        assert target == Target("http", "localhost", 80, "", unix_path=str(path))
        assert target.url == unix_url(path)
        assert resolve(target.url) == target
        assert target.authority == "localhost"
        assert holders(str(path)) == (os.getpid(),)
    assert holders(str(path)) == ()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http+unix://app.sock/json", "needs the absolute path of a socket, and 'app.sock' is none"),
        ("http+unix:///run/app.sock", "names no socket"),
        (f"http+unix://{'%2Fx' * 40}{'y' * LONGEST_BYTES}", f"is longer than {LONGEST_BYTES} bytes"),
    ],
)
def test_what_is_not_the_path_of_a_socket_is_refused(url: str, message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        resolve(url)
    assert caught.value.hint


def test_a_socket_that_is_not_there_or_is_none_is_the_targets_fault(tmp_path: Path) -> None:
    none, file = tmp_path / "none", tmp_path / "file"
    file.write_text("", encoding="utf-8")
    with pytest.raises(TargetFault, match=f"there is no socket {none}: No such file") as caught:
        resolve(unix_url(none))
    assert "Start the server first" in caught.value.hint
    with pytest.raises(TargetFault, match=f"{file} is not a socket"):
        resolve(unix_url(file))


def test_a_socket_without_permission_says_so() -> None:
    with as_nobody() as folder, closing(socket.socket(socket.AF_UNIX)) as listener:
        path = folder / "s"
        listener.bind(str(path))
        path.chmod(0o400)
        with pytest.raises(TargetFault, match=r"you may not connect to the socket .*: permission denied"):
            resolve(unix_url(path))


@pytest.mark.parametrize(
    "url",
    [
        "http://me:hunter2@host:99999/", "htp://me:hunter2@host/", "me:hunter2@host/", "http://me:hunter2@host:0/",
        "http://me:hunter2@host\u2100/", "http://me:hunter2@/", "http://hunter2:me/x@host", "http://me:hunter2@[host/",
        "http://me:hunter2@host/",
    ],
)  # fmt: skip
def test_a_password_in_a_url_is_not_repeated(url: str) -> None:
    with pytest.raises(UserError) as caught:
        resolve(url)
    assert "hunter2" not in str(caught.value)


def test_behind_a_proxy_names_are_the_proxys_to_look_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*asked: object, **how: object) -> None:
        raise AssertionError(f"looked up: {asked}")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)

    target = resolve("https://shop.invalid/cart", proxied=True)

    assert target == Target("https", "shop.invalid", 443, "")
    assert target.lookup_s is None


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_behind_a_proxy_this_machine_is_still_known(host: str) -> None:
    assert resolve(f"http://{host}:8000", proxied=True) == Target("http", host, 8000, "127.0.0.1")


@pytest.mark.parametrize("host", ["a..b", "x" * 64 + ".example"])
def test_what_can_be_no_name_is_not_left_to_a_proxy(host: str) -> None:
    with pytest.raises(TargetFault, match="cannot be resolved"):
        resolve(f"http://{host}/", proxied=True)

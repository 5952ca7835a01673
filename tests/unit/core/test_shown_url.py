"""What is shown of a URL: never the password that somebody wrote into it."""

from __future__ import annotations

import pytest

from loadbench_gui.core.shown_url import without_login


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("http://me:hunter2@host:99999/x", "http://host:99999/x"),
        ("htp://me:hunter2@host/", "htp://host/"),
        ("socks5://me:hunter2@proxy", "socks5://proxy"),
        ("me:hunter2@host/x", "host/x"),
        ("http://me:hun@ter2@host/x", "http://host/x"),
        ("http://me:hunter/2@host/x", "http://host/x"),
        ("http://me@host?mail=a@b", "http://host?mail=a@b"),
    ],
)
def test_a_login_is_left_out(typed: str, shown: str) -> None:
    assert without_login(typed) == shown


@pytest.mark.parametrize(
    "url", ["http://host:80/a@b", "http://[::1]:80/?q=a@b", "host:80/@me", "http+unix://%2Frun%2Fa.sock/x", "", "//"]
)
def test_a_url_without_one_is_left_as_it_is(url: str) -> None:
    assert without_login(url) == url

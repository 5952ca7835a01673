from __future__ import annotations

import pytest

from loadbench_gui.core.plan import Target
from loadbench_gui.deploy.resolve import resolve
from loadbench_gui.errors import TargetFault, UserError


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

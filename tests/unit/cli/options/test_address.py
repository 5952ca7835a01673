"""The URL on the command line: which server, and what is asked of it."""

from __future__ import annotations

import pytest

from loadbench_gui.cli.options.address import encoded, split
from loadbench_gui.errors import TargetFault, UserError


@pytest.mark.parametrize(
    ("url", "base", "path"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000", "/"),
        ("http://127.0.0.1:8000/json?limit=20&q=a%20b", "http://127.0.0.1:8000", "/json?limit=20&q=a%20b"),
        ("http://[::1]:8000/json", "http://[::1]:8000", "/json"),
        ("https://127.0.0.1/?x=grüß", "https://127.0.0.1", "/?x=gr%C3%BC%C3%9F"),
        ("  http://127.0.0.1/a b#part  ", "http://127.0.0.1", "/a%20b"),
    ],
)
def test_a_url_is_cut_into_server_and_path(url: str, base: str, path: str) -> None:
    assert split(url) == (base, path)


def test_what_is_no_url_says_how_to_write_one() -> None:
    with pytest.raises(UserError, match="http://"):
        split("ftp://127.0.0.1/x")


@pytest.mark.parametrize("scheme", ["ws", "wss", "http", "https"])
def test_a_websocket_may_be_written_either_way(scheme: str) -> None:
    assert split(f"{scheme}://127.0.0.1:8000/ws/echo", is_socket=True) == (f"{scheme}://127.0.0.1:8000", "/ws/echo")


@pytest.mark.parametrize(("url", "hint"), [("ws://127.0.0.1/x", "http://"), ("WSS://127.0.0.1/x", "https://")])
def test_where_requests_are_sent_the_address_of_a_websocket_is_refused(url: str, hint: str) -> None:
    with pytest.raises(UserError, match="the address of a WebSocket") as caught:
        split(url)
    assert "`loadbench ws`" in caught.value.hint
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/users/${counter:7}?n=${random:1:9}", "/users/${counter:7}?n=${random:1:9}"),
        ("/${choice:a b|ü}/ü", "/${choice:a b|ü}/%C3%BC"),
        ("/$${counter}/{x}", "/$${counter}/%7Bx%7D"),
        ("/${unfinished", "/$%7Bunfinished"),
    ],
)
def test_placeholders_pass_through_the_encoding(path: str, sent: str) -> None:
    assert encoded(path) == sent


def test_a_name_that_only_a_proxy_knows_is_taken_as_it_is() -> None:
    assert split("http://shop.invalid/cart?x=1", proxied=True) == ("http://shop.invalid", "/cart?x=1")
    with pytest.raises(TargetFault, match="cannot be resolved"):
        split("http://shop.invalid/cart?x=1")

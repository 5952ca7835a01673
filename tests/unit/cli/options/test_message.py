"""The requests that the options ask for."""

from __future__ import annotations

import pytest
import typer

from loadbench_gui.cli.options import message
from loadbench_gui.core.request import Expectation, Request
from loadbench_gui.errors import UserError


def test_the_request_of_the_url() -> None:
    headers = (("X-A", "1"),)
    assert message.first("PUT", "/x", headers, b"body", "") == Request("PUT", "/x", headers, b"body")
    assert message.first("PUT", "/x", (), None, "/a/file") == Request("PUT", "/x", body_file="/a/file")


def test_a_header_is_added_where_none_of_that_name_is_given() -> None:
    more = (message.COMPRESSED,)
    assert message.first("GET", "/", (), None, "", more=more).headers == (("Accept-Encoding", "gzip"),)
    given = (("accept-encoding", "br"),)
    assert message.first("GET", "/", given, None, "", more=more).headers == given


def test_two_bodies_are_refused() -> None:
    with pytest.raises(UserError, match="only one can be sent"):
        message.first("POST", "/", (), b"", "/a/file")


def test_a_further_request_has_a_weight_a_method_and_a_path() -> None:
    assert message.further("0.5 get /orders?q=a b") == Request("GET", "/orders?q=a%20b", weight=0.5)
    assert message.further("3 DELETE /x/${counter}") == Request("DELETE", "/x/${counter}", weight=3.0)


@pytest.mark.parametrize("text", ["", "/x", "GET /x", "2 GET", "0 GET /x", "-1 GET /x", "inf GET /x", "2 GET x"])
def test_what_is_no_further_request(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="WEIGHT METHOD PATH"):
        message.further(text)


def test_further_requests_share_all_headers_but_those_about_a_body() -> None:
    headers = (("Authorization", "x"), ("Content-Type", "text/plain"), ("Accept-Encoding", "gzip"))
    (other,) = message.others([Request("GET", "/b", weight=2.0)], headers)
    assert other == Request("GET", "/b", (("Authorization", "x"), ("Accept-Encoding", "gzip")), weight=2.0)


def test_expectations() -> None:
    assert message.expectation(None, None) == Expectation()
    assert message.expectation(204, "grüß") == Expectation(204, "grüß".encode())

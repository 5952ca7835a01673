"""Option values: what people type, and what they are told when it is not understood."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from loadbench_gui.cli import options


@pytest.mark.parametrize(("text", "seconds"), [("250ms", 0.25), ("10s", 10.0), ("2m", 120.0), ("1.5", 1.5), ("0", 0.0)])
def test_durations(text: str, seconds: float) -> None:
    assert options.duration(text) == seconds


@pytest.mark.parametrize("text", ["soon", "-1s", "10 parsecs", ""])
def test_what_is_no_duration_says_how_to_write_one(text: str) -> None:
    with pytest.raises(typer.BadParameter) as caught:
        options.duration(text)
    assert "ms" in str(caught.value)


def test_a_duration_of_nothing_is_refused_where_traffic_is_meant() -> None:
    with pytest.raises(typer.BadParameter, match="give for example 10s"):
        options.positive_duration("0s")


def test_a_header_is_cut_at_the_first_colon() -> None:
    assert options.header("X-Time: 12:30") == ("X-Time", "12:30")


@pytest.mark.parametrize("text", ["no colon", ": no name", "a: b\r\nEvil: c"])
def test_what_is_no_header(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="Name: value"):
        options.header(text)


def test_a_body_is_text_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "body.json").write_bytes(b"\x00\xff")
    assert options.body("grüß") == "grüß".encode()
    assert options.body(f"@{tmp_path / 'body.json'}") == b"\x00\xff"
    with pytest.raises(typer.BadParameter, match="cannot be read: No such file"):
        options.body(f"@{tmp_path / 'missing'}")


@pytest.mark.parametrize(("text", "count"), [("auto", None), ("1", 1), ("256", 256)])
def test_worker_counts(text: str, count: int | None) -> None:
    assert options.worker_count(text) == count


@pytest.mark.parametrize("text", ["0", "257", "two", "-1"])
def test_impossible_worker_counts(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="from 1 to 256"):
        options.worker_count(text)


@pytest.mark.parametrize(("text", "cpus"), [("auto", None), ("0,2-3", (0, 2, 3)), ("1,1", (1,)), ("5", (5,))])
def test_cpu_lists(text: str, cpus: tuple[int, ...] | None) -> None:
    assert options.cpu_list(text) == cpus


@pytest.mark.parametrize("text", ["a", "1-", "-1", "0;1", "3-1"])
def test_what_is_no_cpu_list(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="0,2-3"):
        options.cpu_list(text)

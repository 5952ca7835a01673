"""Option values: what people type, and what they are told when it is not understood."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import typer

from loadbench_gui.cli.options import values
from loadbench_gui.core.shape import Stage


@pytest.mark.parametrize(("text", "seconds"), [("250ms", 0.25), ("10s", 10.0), ("2m", 120.0), ("1.5", 1.5), ("0", 0.0)])
def test_durations(text: str, seconds: float) -> None:
    assert values.duration(text) == seconds


@pytest.mark.parametrize("text", ["soon", "-1s", "10 parsecs", ""])
def test_what_is_no_duration_says_how_to_write_one(text: str) -> None:
    with pytest.raises(typer.BadParameter) as caught:
        values.duration(text)
    assert "ms" in str(caught.value)


def test_a_duration_of_nothing_is_refused_where_traffic_is_meant() -> None:
    with pytest.raises(typer.BadParameter, match="give for example 10s"):
        values.positive_duration("0s")


def test_a_header_is_cut_at_the_first_colon() -> None:
    assert values.header("X-Time: 12:30") == ("X-Time", "12:30")


@pytest.mark.parametrize("text", ["X Y: a", "Content-Length: 5", "transfer-encoding: chunked", "X: €", "X: a\x00b"])
def test_headers_are_refused_as_in_profiles(text: str) -> None:
    with pytest.raises(typer.BadParameter) as caught:
        values.header(text)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "rate_rps"), [("2000", 2000.0), ("2000/s", 2000.0), ("90/m", 1.5), ("0.5", 0.5), ("1e3", 1000.0)]
)
def test_rates(text: str, rate_rps: float) -> None:
    assert values.rate_rps(text) == rate_rps


@pytest.mark.parametrize("text", ["inf", "nan", "1e400", "0", "0/s", "-1", "10000001", "fast", "", "5/day"])
def test_impossible_rates_say_how_to_write_one(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="90/m"):
        values.rate_rps(text)


@pytest.mark.parametrize("text", ["no colon", ": no name", "a: b\r\nEvil: c"])
def test_what_is_no_header(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="Name: value"):
        values.header(text)


def test_a_body_is_text_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "body.json").write_bytes(b"\x00\xff")
    assert values.body("grüß") == "grüß".encode()
    assert values.body(f"@{tmp_path / 'body.json'}") == b"\x00\xff"
    with pytest.raises(typer.BadParameter, match="cannot be read: No such file"):
        values.body(f"@{tmp_path / 'missing'}")


@pytest.mark.parametrize(("text", "count"), [("auto", None), ("1", 1), ("256", 256)])
def test_worker_counts(text: str, count: int | None) -> None:
    assert values.worker_count(text) == count


@pytest.mark.parametrize("text", ["0", "257", "two", "-1", "²", "9" * 5000])
def test_impossible_worker_counts(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="from 1 to 256"):
        values.worker_count(text)


@pytest.mark.parametrize(("text", "cpus"), [("auto", None), ("0,2-3", (0, 2, 3)), ("1,1", (1,)), ("5", (5,))])
def test_cpu_lists(text: str, cpus: tuple[int, ...] | None) -> None:
    assert values.cpu_list(text) == cpus


@pytest.mark.parametrize("text", ["a", "1-", "-1", "0;1", "3-1", "0-99999999999", "4096", "²", "9" * 5000])
def test_what_is_no_cpu_list(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="0,2-3"):
        values.cpu_list(text)


@pytest.mark.parametrize(
    ("text", "stage"),
    [
        ("30s:500", Stage(30.0, 500.0)),
        ("0s:1000", Stage(0.0, 1000.0)),
        ("250ms:12.5", Stage(0.25, 12.5)),
        ("1m:90/m", Stage(60.0, 1.5)),
    ],
)
def test_a_stage_is_a_time_and_a_rate(text: str, stage: Stage) -> None:
    assert values.stage(text) == stage


@pytest.mark.parametrize("text", ["30s", "30s:", ":500", "30s:fast", "30s:inf", "soon:500", "30s:-1", "30s:99999999"])
def test_what_is_no_stage_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="30s:500"):
        values.stage(text)


def test_a_file_is_named_by_its_whole_path_and_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "big.bin").touch()
    os.truncate(tmp_path / "big.bin", 1 << 40)  # a sparse terabyte: reading it would not end
    monkeypatch.chdir(tmp_path)
    assert values.readable_file("big.bin") == str(tmp_path / "big.bin")
    with pytest.raises(typer.BadParameter, match="cannot be read: No such file"):
        values.readable_file("missing")
    with pytest.raises(typer.BadParameter, match="is a folder"):
        values.readable_file(".")


@pytest.mark.parametrize(("text", "method"), [("get", "GET"), ("M-SEARCH", "M-SEARCH"), ("Purge", "PURGE")])
def test_methods(text: str, method: str) -> None:
    assert values.method(text) == method


@pytest.mark.parametrize("text", ["", "GET /", "GE\r\nT", "GÉT"])
def test_what_is_no_method(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="GET or POST"):
        values.method(text)


@pytest.mark.parametrize("text", ["nobody", "a:b\r\nEvil: c"])
def test_credentials_need_both_parts_and_are_not_repeated(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="USER:PASSWORD") as caught:
        values.credentials(text)
    assert text not in str(caught.value)

"""Words may be lost; a measurement is not."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from loadbench_gui.cli.console import PIPE_COLUMNS, console_for
from loadbench_gui.cli.files import write_json, write_out
from loadbench_gui.errors import EnvironmentFault, ExitCode


def test_a_reader_that_went_away_silences_words_without_a_fault(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        console = console_for()
        console.print("nobody reads this")
        console.print("nor this")
        write_out("nor this")
    assert capsys.readouterr() == ("", "")


def test_a_full_disk_is_said_once_and_words_go_on_into_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        console = console_for()
        console.print("x" * 100_000)
        console.print("y")
    assert capsys.readouterr().err.count("No space left on device") == 1


def test_a_document_that_cannot_be_written_is_the_environments_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        with pytest.raises(EnvironmentFault, match="No space left on device") as caught:
            write_json("-", {"schema": "x"})
    assert caught.value.exit_code is ExitCode.ENVIRONMENT


def test_documents_are_utf8_whatever_the_locale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "out"
    with path.open("w", encoding="ascii") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        write_json("-", {"name": "Größe 🚀"})
    assert "Größe 🚀" in path.read_text("utf-8")


def test_nothing_is_broken_into_lines_where_there_is_no_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    console = console_for()
    console.print("word " * 60)
    assert console.width == PIPE_COLUMNS
    assert len(capsys.readouterr().out.splitlines()) == 1

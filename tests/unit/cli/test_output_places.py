"""Where results could not be written, that is said before anything is done."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadbench_gui.cli.main import main
from privileges import as_nobody

NOBODY_LISTENS = "http://127.0.0.1:1"


@pytest.mark.parametrize(
    ("place", "words"),
    [("", "is a folder"), ("new/x.json", "there is no folder"), ("file/x.json", "is a file itself")],
    ids=["a folder", "a new folder", "below a file"],
)
def test_a_place_for_the_document_that_is_none(
    place: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert main(["http", NOBODY_LISTENS, "--json", str(tmp_path / place)]) == 2
    assert words in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    "command",
    [
        "profile new {}", "profile schema --json {}", "profile check first-look --json {}",
        "report nothing -o {}", "history list --json {}", "calibrate --json {}", "self-test --json {}",
    ],
)  # fmt: skip
def test_no_folder_is_made_unasked_whatever_the_command(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "new" / "file"
    assert main(command.format(place).split()) == 2
    assert "there is no folder" in " ".join(capsys.readouterr().err.split())
    assert not list(tmp_path.iterdir())


def test_a_place_for_the_report_that_is_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert main(["compare", "first-look", "--plan", "--out", str(tmp_path / "file" / "out")]) == 2
    assert "cannot be a folder" in capsys.readouterr().err


def test_a_place_that_may_not_be_written_is_a_fault_of_the_machine(capsys: pytest.CaptureFixture[str]) -> None:
    with as_nobody() as folder:
        folder.chmod(0o500)
        try:
            code = main(["http", NOBODY_LISTENS, "--json", str(folder / "x.json")])
        finally:
            folder.chmod(0o700)
    assert code == 5
    assert "cannot be written" in " ".join(capsys.readouterr().err.split())


def test_the_report_and_the_document_need_two_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "same.x"
    assert main(["report", "nothing", "-o", str(out), "--json", f"{tmp_path}/../{tmp_path.name}/{out.name}"]) == 2
    assert "cannot both be" in " ".join(capsys.readouterr().err.split())
    assert not out.exists()


@pytest.mark.parametrize("command", ["run", "compare"])
@pytest.mark.parametrize("name", ["result.json", "report.html"])
@pytest.mark.parametrize("is_there", [False, True], ids=["a new folder", "a folder"])
def test_what_out_leaves_is_not_asked_for_twice(
    command: str, name: str, *, is_there: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "out"
    if is_there:
        folder.mkdir()
    more = ["--deployment", "starlette"] if command == "run" else []
    assert main([command, "first-look", *more, "--out", str(folder), "--json", str(folder / name)]) == 2
    assert f"leaves {name} there already" in " ".join(capsys.readouterr().err.split())
    assert folder.exists() is is_there

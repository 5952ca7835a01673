"""Editing a profile: one value changes, the rest of the text does not; saving is all or nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from loadbench_gui.errors import EnvironmentFault, UserError
from loadbench_gui.profile.bundled import bundled, find
from loadbench_gui.profile.document import ProfileDocument, save_text
from loadbench_gui.profile.loader import load_text
from loadbench_gui.profile.problems import KeyPath, ProfileError

FIRST_LOOK = find("first-look")


def changed_lines(before: str, after: str) -> list[tuple[str, str]]:
    return [pair for pair in zip(before.splitlines(), after.splitlines(), strict=True) if pair[0] != pair[1]]


@pytest.mark.parametrize("path", [one.path for one in bundled()], ids=lambda path: path.stem)
def test_a_document_that_is_not_changed_is_the_same_text(path: Path) -> None:
    assert ProfileDocument.open(path).text == path.read_text("utf-8")


def test_one_value_changes_and_its_comment_stays() -> None:
    document = ProfileDocument.open(FIRST_LOOK)
    before = document.text

    document.set(("comparison", "primary"), "p99")

    line = 'primary = "p50"          # decided before the first run'
    assert changed_lines(before, document.text) == [(line, line.replace("p50", "p99"))]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("workload", 0, "load", "rate"), 900),
        (("workload", 0, "duration"), "8s"),
        (("deployment", 1, "name"), "Starlette 1"),
        (("defaults", "ready", "timeout"), "30s"),
        (("comparison", "threshold", "p50"), 0.02),
    ],
)
def test_a_value_anywhere_can_be_set_on_its_own_line(path: KeyPath, value: object) -> None:
    document = ProfileDocument.open(FIRST_LOOK)
    before = document.text
    assert document.get(path) not in (None, value)

    document.set(path, value)  # type: ignore[arg-type]

    assert document.get(path) == value
    assert len(changed_lines(before, document.text)) == 1
    assert document.text.count("#") == before.count("#")


def test_a_missing_key_and_its_table_are_added() -> None:
    document = ProfileDocument.open(FIRST_LOOK)

    document.set(("slo", "p99"), "50ms")
    document.set(("workload", 0, "request", "headers", "Accept"), "application/json")

    plan = load_text(document.text, FIRST_LOOK)
    assert plan.slo.p99_us == 50_000.0
    assert plan.workloads[0].request.headers == (("Accept", "application/json"),)


def test_a_key_taken_away_leaves_its_default() -> None:
    document = ProfileDocument.open(FIRST_LOOK)

    document.unset(("workload", 0, "timeout"))
    document.unset(("workload", 7, "nothing"))

    assert load_text(document.text, FIRST_LOOK).workloads[0].timeout_s == 10.0


def test_broken_toml_is_refused_with_its_place() -> None:
    with pytest.raises(ProfileError, match="line 1, column 5"):
        ProfileDocument("x = ")


def test_what_the_editor_cannot_hold_is_refused_in_words() -> None:
    with pytest.raises(UserError, match="cannot be edited here") as caught:
        ProfileDocument("a = " + "[" * 150 + "]" * 150)

    assert caught.value.hint == "Edit it as text."


def test_saving_replaces_the_file_whole_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text("old")
    path.chmod(0o640)

    save_text("new ü\n", path)

    assert path.read_text("utf-8") == "new ü\n"
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_saving_through_a_link_keeps_the_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real.toml", tmp_path / "link.toml"
    real.write_text("old")
    link.symlink_to(real)

    save_text("new", link)

    assert link.is_symlink()
    assert real.read_text() == "new"


def test_a_failed_save_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.toml"
    path.write_text("old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(EnvironmentFault, match="No space left on device") as caught:
        save_text("new", path)

    assert "Nothing was changed" in caught.value.hint
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_the_environments_fault(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault, match="could not be saved"):
        save_text("x", tmp_path / "nowhere" / "x.toml")

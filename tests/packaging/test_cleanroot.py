"""What the installation on a clean Debian decides by itself: what is left over, which sources, what a picture shows."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from installers import places
from installers.cleanroot import command, leftovers, package, picture, sources, terminal
from installers.cleanroot.leftovers import Change
from installers.cleanroot.picture import Box, Pixels
from installers.cleanroot.record import Failed, Line, Record, table
from installers.cleanroot.screen import until
from PySide6.QtGui import QImage

TARGETS = """\
Packages|http://deb.example.org/debian/|bookworm|main|/usr/share/keyrings/archive.gpg
Packages|http://deb.example.org/debian/|bookworm-updates|main|$(SIGNED_BY)
Translations|http://deb.example.org/debian/|bookworm|main|$(SIGNED_BY)
Packages|http://deb.example.org/debian/|bookworm|contrib|/usr/share/keyrings/archive.gpg
Packages|http://deb.example.org/debian/|bookworm|main|/usr/share/keyrings/archive.gpg
Packages|http://vendor.example.org/apt/|bookworm-vendor|main|$(SIGNED_BY)
Packages|http://other.example.org/apt/|stable|main|$(SIGNED_BY)
"""


def test_a_file_added_removed_or_changed_is_a_change() -> None:
    before = {"/a": "1", "/b": "2", "/c": "3"}
    after = {"/a": "1", "/b": "other", "/d": "4"}
    assert leftovers.changes(before, after) == (
        Change("/b", "changed"),
        Change("/c", "removed"),
        Change("/d", "added"),
    )


@pytest.mark.parametrize(
    ("path", "explained"),
    [
        ("/home/tester", True),
        ("/home/tester/.local/share/loadbench/history.db", True),
        ("/home/testers", False),
        ("/var/lib/dpkg/status", True),
        ("/var/lib/dpkgs", False),
        ("/etc/ld.so.cache", True),
        ("/etc/ld-so-cache", False),
        ("/usr/lib/loadbench", False),
        ("/usr/share/applications/mimeinfo.cache", False),
        ("/tmp/loadbench.lock", True),
        ("/tmp/loadbench.lock.d/x", False),
    ],
)
def test_what_is_left_is_explained_by_whole_paths_only(path: str, explained: bool) -> None:
    found = (Change(path, "added"),)
    assert leftovers.unexplained(found) == (() if explained else found)


def test_a_look_at_a_tree_sees_content_permissions_and_links(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    file = tmp_path / "folder" / "file"
    file.write_text("before")
    (tmp_path / "link").symlink_to("folder")
    before = leftovers.look(tmp_path)
    assert set(before) == {"/folder", "/folder/file", "/link"}
    assert leftovers.changes(before, leftovers.look(tmp_path)) == ()
    file.write_text("after!")  # of the same length
    (tmp_path / "folder").chmod(0o700)
    (tmp_path / "link").unlink()
    (tmp_path / "link").symlink_to("elsewhere")
    assert [change.kind for change in leftovers.changes(before, leftovers.look(tmp_path))] == ["changed"] * 3


def test_sources_are_those_of_the_release_alone_with_the_main_one_first() -> None:
    found = sources.parse(TARGETS, "bookworm")
    assert [source.line() for source in found] == [
        "deb [signed-by=/usr/share/keyrings/archive.gpg] http://deb.example.org/debian/ bookworm main contrib",
        "deb http://deb.example.org/debian/ bookworm-updates main",
    ]
    other = sources.moved(found, "bookworm", "trixie")
    assert [source.suite for source in other] == ["trixie", "trixie-updates"]
    assert sources.parse(TARGETS, "trixie") == ()


def test_an_exec_line_becomes_a_command_without_splitting_the_file() -> None:
    file = "/home/Zoë/Meine Läufe/a.toml"
    assert package.command_of("loadbench-gui %f", file) == ["loadbench-gui", file]
    assert package.command_of("/opt/gui --open %U %c", file) == ["/opt/gui", "--open", f"file://{file}"]
    with pytest.raises(Failed, match="hands no file on"):
        package.command_of("loadbench-gui", file)


def test_a_key_of_a_desktop_entry_is_read_whole() -> None:
    entry = "[Desktop Entry]\nTryExec=other\nExec=loadbench-gui %f\n"
    assert package.entry_value(entry, "Exec") == "loadbench-gui %f"
    with pytest.raises(Failed, match="MimeType"):
        package.entry_value(entry, "MimeType")


def screen(width: int, height: int) -> Pixels:
    return np.zeros((height, width, 3), np.uint8)


def test_the_largest_field_of_a_colour_is_found_and_a_smaller_one_is_not() -> None:
    pixels = screen(200, 100)
    pixels[40:60, 50:150] = picture.colour("#5546D6")
    pixels[45:55, 90:110] = 255  # words on it
    pixels[5:8, 5:9] = picture.colour("#5546D6")
    assert picture.block(pixels, "#5546D6", 80, 4) == Box(50, 40, 150, 60)
    assert picture.block(pixels, "#5546D6", 80, 6) is None
    assert picture.block(pixels, "#5546D7", 1, 1) is None
    assert picture.block(pixels, "#5546D6", 300, 1) is None
    assert Box(50, 40, 150, 60).centre == (100, 50)
    assert picture.count(pixels, "#5546D6") == 100 * 20 - 20 * 10 + 3 * 4


def test_windows_are_what_is_not_black() -> None:
    pixels = screen(200, 100)
    pixels[95:100, 190:200] = 255  # the pointer
    assert picture.shown(pixels) is None
    pixels[20:50, 30:90] = (0, 0, 1)
    assert picture.shown(pixels) == Box(30, 20, 90, 50)


@pytest.mark.parametrize(("byte_order", "bytes_of_pixel"), [(0, b"\x30\x20\x10\0"), (1, b"\0\x10\x20\x30")])
def test_a_dump_is_read_in_either_byte_order_and_comes_back_from_png(
    byte_order: int, bytes_of_pixel: bytes, tmp_path: Path
) -> None:
    width, height, padding = 3, 2, 4
    fields = [0] * 25
    fields[0], fields[4], fields[5], fields[7], fields[11] = 104, width, height, byte_order, 32
    fields[12], fields[19] = width * 4 + padding, 2
    header = b"".join(field.to_bytes(4, "big") for field in fields) + bytes(4)
    dump = header + bytes(2 * 12) + (bytes_of_pixel * width + bytes(padding)) * height
    pixels = picture.from_xwd(dump)
    assert pixels.shape == (height, width, 3)
    assert (pixels == (0x10, 0x20, 0x30)).all()
    mixed = pixels.copy()
    mixed[1, 2] = (250, 0, 7)
    picture.to_png(mixed, tmp_path / "picture.png")
    image = QImage(str(tmp_path / "picture.png"))
    assert (image.width(), image.height()) == (width, height)
    colours = [image.pixelColor(x, y) for y in range(height) for x in range(width)]
    assert [[c.red(), c.green(), c.blue()] for c in colours] == mixed.reshape(-1, 3).tolist()


def test_a_step_that_fails_is_in_the_table_with_its_first_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = Record(tmp_path / "log")
    with record.step("works") as doing:
        doing.result = "well"
    with pytest.raises(Failed), record.step("does not"):
        raise Failed("for a reason\nand more")
    assert [(line.step, line.result, line.passed) for line in record.lines] == [
        ("works", "well", True),
        ("does not", "for a reason", False),
    ]
    assert "FAILED: for a reason" in capsys.readouterr().err
    assert "and more" in (tmp_path / "log").read_text()


def test_what_ends_everything_is_in_the_table_once(tmp_path: Path) -> None:
    record = Record(tmp_path / "log")
    with record.step("works"):
        pass
    record.broke_off(Failed("between two steps"))
    record.broke_off(Failed("of the step that has just failed"))
    assert [(line.result, line.passed) for line in record.lines] == [("", True), ("between two steps", False)]


def test_the_table_is_markdown_and_marks_failures() -> None:
    lines = table([Line("install", 1.24, "fine", passed=True), Line("run", 10.0, "no", passed=False)]).splitlines()
    assert lines[0].split("|")[1:4] == [" step    ", "   time ", " result     "]
    assert lines[1] == "|---------|-------:|------------|"
    assert lines[2:] == ["| install |  1.2 s | fine       |", "| run     | 10.0 s | FAILED: no |"]


def test_waiting_ends_with_what_was_missed() -> None:
    assert until(lambda: 7, "seven", 1) == 7
    with pytest.raises(Failed, match="the window did not happen"):
        until(lambda: None, "the window", 0)


def self_test(*statuses: str, passed: bool = True) -> str:
    checks = [
        {"name": "sse", "title": f"Check {i}", "status": status, "detail": "so"} for i, status in enumerate(statuses)
    ]
    return json.dumps({"passed": passed, "checks": checks})


def test_a_self_test_is_believed_only_when_it_says_that_all_passed() -> None:
    assert terminal.tested(self_test("passed", "passed"), 0, "") == "2 checks passed"
    with pytest.raises(Failed, match="not tried: sse"):
        terminal.tested(self_test("passed", "not_here"), 0, "")
    with pytest.raises(Failed, match="ended in 70: Check 1: so"):
        terminal.tested(self_test("passed", "failed", passed=False), 70, "")
    with pytest.raises(Failed, match="not complete"):
        terminal.tested(self_test("passed", passed=False), 0, "")
    with pytest.raises(Failed, match="not complete"):
        terminal.tested(self_test("not_here"), 0, "")
    with pytest.raises(Failed, match="in 2 without a document: error: unknown"):
        terminal.tested("", 2, "error: unknown\n")


def document(**changed: object) -> dict[str, object]:
    run = {
        "run_id": "1",
        "phase": "load",
        "generator": {"verdict": "valid"},
        "requests": {"issued": 10, "succeeded": 10},
    }
    summary = "Starlette is 3 % faster than FastAPI. Sanic is not.\nMore."
    return {"runs": [{**run, **changed}] * 12, "comparison": {"summary": summary}}


def test_a_figure_ends_no_sentence() -> None:
    assert (
        terminal.first_sentence("No verdict: offered met 97.9 %. Sanic uses less.\n")
        == "No verdict: offered met 97.9 %."
    )


def test_a_comparison_is_judged_by_its_runs_and_by_what_was_said() -> None:
    said = "round 4 of 4\nStarlette is 3 %\n faster than FastAPI."
    assert terminal.judged(document(), said) == "12 runs; Starlette is 3 % faster than FastAPI."
    with pytest.raises(Failed, match="was not said"):
        terminal.judged(document(), "round 4 of 4")
    for wrong in (
        {"generator": {"verdict": "invalid"}},
        {"requests": {"issued": 10, "succeeded": 9}},
        {"phase": "calibration"},
    ):
        with pytest.raises(Failed, match="of 12"):
            terminal.judged(document(**wrong), said)


def test_who_cannot_make_a_root_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None if name in ("Xvfb", "xdotool") else f"/usr/bin/{name}")
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    assert "needs root" in command.obstacle()
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    assert "Not installed: Xvfb, xdotool. Run: packaging/system-packages.sh installers" in command.obstacle()
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert "only be made on Debian or Ubuntu" in command.obstacle()


def test_the_package_of_a_version_before_a_release_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "DIST", tmp_path)
    monkeypatch.setattr(places, "version", lambda: "1.2.0rc1")
    for name in ("loadbench_1.1.0_amd64.deb", "loadbench_1.2.0~rc1_amd64.deb", "loadbench_1.2.0~rc12_amd64.deb"):
        (tmp_path / name).write_bytes(b"")
    assert command.options([]).deb.name == "loadbench_1.2.0~rc1_amd64.deb"


def test_a_package_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"There is no package at .*none\.deb\. Make it with: make package"):
        command.options(["--deb", str(tmp_path / "none.deb")])

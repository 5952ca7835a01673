"""The parts of the Debian package that can be known without building one."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import PySide6
import pytest
from installers import archive, changelog, deb, elf, places, project
from installers.linux import dependencies, documents, share, tree

from loadbench_gui.ui import display

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="packages for Linux")

BUILT = 1_700_000_000
SYSTEM = ("ld-linux", "libstdc++", "libgcc_s", "libz.so", "libzstd.so", "libgthread-2")


@pytest.fixture(scope="module")
def shared() -> dict[str, bytes]:
    return {file.path: file.data for file in share.files(BUILT)}


def linked_by(*starts: Path) -> set[str]:
    """Every library of the system that these files of Qt, and those of Qt that they are linked to, are linked to."""
    folder = Path(PySide6.__path__[0]) / "Qt" / "lib"
    queue, seen, outside = list(starts), set(starts), set[str]()
    while queue:
        for name in elf.read(queue.pop()).needed:
            if not (folder / name).exists():
                outside.add(name)
            elif folder / name not in seen:
                seen.add(folder / name)
                queue.append(folder / name)
    return {name for name in outside - dependencies.GLIBC if not name.startswith(SYSTEM)}


def test_the_window_asks_for_every_library_that_its_plug_ins_are_linked_to() -> None:
    plugins = Path(PySide6.__path__[0]) / "Qt" / "plugins" / "platforms"
    assert linked_by(plugins / "libqxcb.so") - {*display.ALWAYS, *display.FOR_X11} == set()
    assert linked_by(plugins / "libqwayland.so") - {*display.ALWAYS, *display.FOR_WAYLAND} == set()


def test_the_desktop_entry_opens_profiles_and_is_valid(shared: dict[str, bytes], tmp_path: Path) -> None:
    entry = shared["applications/loadbench.desktop"].decode()
    assert f"MimeType={project.PROFILE_TYPE};application/toml;\n" in entry
    assert "Exec=loadbench-gui %f\n" in entry
    assert "@" not in entry
    file = tmp_path / "loadbench.desktop"
    file.write_text(entry, "utf-8")
    said = subprocess.run(["desktop-file-validate", str(file)], capture_output=True, text=True, check=False)
    assert (said.returncode, said.stdout + said.stderr) == (0, "")


def test_a_profile_has_a_type_of_its_own_below_toml(shared: dict[str, bytes]) -> None:
    names = {"m": "http://www.freedesktop.org/standards/shared-mime-info"}
    (kind,) = ElementTree.fromstring(shared["mime/packages/loadbench.xml"]).findall("m:mime-type", names)
    assert kind.get("type") == project.PROFILE_TYPE
    assert [each.get("type") for each in kind.findall("m:sub-class-of", names)] == ["application/toml"]
    assert [each.get("pattern") for each in kind.findall("m:glob", names)] == ["*.loadbench.toml"]


def test_the_catalogue_entry_has_the_version_and_its_changes(shared: dict[str, bytes]) -> None:
    entry = ElementTree.fromstring(shared[f"metainfo/{project.COMPONENT}.metainfo.xml"])
    newest = entry.findall("releases/release")[0]
    assert newest.get("version") == places.version()
    assert len(newest.findall("description/ul/li")) == len(changelog.known()[0].changes) > 5


def test_there_is_an_icon_for_each_size_that_the_theme_looks_for_and_we_have(shared: dict[str, bytes]) -> None:
    sizes = {path.split("/")[2] for path in shared if path.startswith("icons/")}
    assert sizes == {"16x16", "24x24", "32x32", "48x48", "64x64", "128x128", "256x256", "512x512", "scalable"}
    for path, data in shared.items():
        if path.endswith(".png"):
            assert f"{int.from_bytes(data[16:20])}x{int.from_bytes(data[20:24])}" == path.split("/")[2]


def test_the_same_moment_gives_the_same_files(shared: dict[str, bytes]) -> None:
    assert {file.path: file.data for file in share.files(BUILT)} == shared


def test_a_changelog_becomes_debians() -> None:
    text = (
        "# Changelog\n\nWords.\n\n## Unreleased: 0.2.0rc1\n\nMore words.\n\n### New\n\n- One `thing`\n  that goes on.\n"
        "\n## 0.0.9 (2026-12-24)\n\n- Another.\n"
    )
    found = changelog.releases(text)
    assert found == (
        changelog.Release("0.2.0rc1", None, (("", ()), ("New", ("One thing that goes on.",)))),
        changelog.Release("0.0.9", date(2026, 12, 24), (("", ("Another.",)),)),
    )
    assert changelog.debian(found, package="it", maintainer="A <a@b.invalid>", built=BUILT) == (
        "it (0.2.0~rc1) unstable; urgency=medium\n\n  * One thing that goes on.\n\n"
        " -- A <a@b.invalid>  Tue, 14 Nov 2023 22:13:20 +0000\n\n"
        "it (0.0.9) unstable; urgency=medium\n\n  * Another.\n\n"
        " -- A <a@b.invalid>  Thu, 24 Dec 2026 00:00:00 +0000\n"
    )


@pytest.mark.parametrize(
    ("python", "debian"),
    [("1.2.3", "1.2.3"), ("1.2.0rc1", "1.2.0~rc1"), ("1.2.0.dev3", "1.2.0~dev3"), ("1.0b2", "1.0~b2")],
)
def test_versions_before_a_release_sort_before_it(python: str, debian: str) -> None:
    assert changelog.debian_version(python) == debian
    if "~" in debian:
        subprocess.run(["dpkg", "--compare-versions", debian, "lt", debian.partition("~")[0]], check=True)


def test_the_needed_glibc_is_the_one_of_the_files_whatever_dpkg_found() -> None:
    assert dependencies.with_glibc("libc6 (>= 2.34), libx11-6", "2.35") == ("libc6 (>= 2.35)", "libx11-6")


def library(soname: str, *needed: str) -> elf.Library:
    return elf.Library(soname, needed, (), frozenset(), has_symbols=False)


def test_only_files_that_are_linked_to_something_outside_are_looked_at() -> None:
    own, other, program = Path("a/libown.so.1"), Path("a/mod.so"), Path("a/loadbench")
    found = {
        own: library("libown.so.1", "libc.so.6"),
        other: library("", "libown.so.1", "libX11.so.6"),
        program: library("", "libown.so.1"),
    }
    # The program is started before anything says where its own libraries are, so it takes the system's.
    assert dependencies.needing_more_than_glibc(found) == [other, program]


def test_the_control_file_has_every_field_on_a_line(tmp_path: Path) -> None:
    text = deb.control(dependencies.Dependencies(("libc6 (>= 2.35)", "libx11-6"), ("xdg-utils",)), 1234, "amd64")
    fields = dict(line.split(": ", 1) for line in text.splitlines() if not line.startswith(" "))
    assert fields["Depends"] == "libc6 (>= 2.35), libx11-6"
    assert fields["Installed-Size"] == "1234"
    assert all(len(line) <= 80 for line in text.splitlines() if line.startswith(" "))


def test_a_copyright_file_carries_the_notices_and_refuses_to_be_without(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="make freeze"):
        documents.copyright_file(tmp_path, "/usr/lib/it")
    (tmp_path / "notices").mkdir()
    (tmp_path / "notices" / "THIRD-PARTY.txt").write_text("Somebody's work\n\n  licence: MIT\n", encoding="utf-8")
    text = documents.copyright_file(tmp_path, "/usr/lib/it")
    assert "License: third-party\n Somebody's work\n .\n   licence: MIT\n" in text
    assert "Files: usr/lib/it/_internal/*" in text
    assert "Permission is hereby granted" in text


def test_a_settled_tree_has_the_usual_permissions_and_one_date(tmp_path: Path) -> None:
    program, script, plain = tmp_path / "a" / "program", tmp_path / "script", tmp_path / "a" / "libx.so"
    tree.put(program, b"\x7fELF", 0o700)
    tree.put(script, "#!/bin/sh\n", 0o600)
    tree.put(plain, b"\x7fELF", 0o777)
    (tmp_path / "link").symlink_to("nowhere")
    tree.settle(tmp_path, BUILT, [script])
    modes = {path.name: path.stat().st_mode & 0o777 for path in (program, script, plain, program.parent)}
    assert modes == {"program": 0o755, "script": 0o755, "libx.so": 0o644, "a": 0o755}
    assert {path.lstat().st_mtime for path in (tmp_path, *tmp_path.rglob("*"))} == {BUILT}


def test_two_archives_of_one_folder_have_the_same_bytes(tmp_path: Path) -> None:
    written = []
    for name in ("one", "two"):
        folder = tmp_path / name / "it"
        tree.put(folder / "b", "same")
        tree.put(folder / "a", "same")
        os.utime(folder / "b", (1, 1))
        tree.settle(folder, BUILT)
        archive.pack(folder, tmp_path / f"{name}.tar.xz")
        written.append((tmp_path / f"{name}.tar.xz").read_bytes())
    assert written[0] == written[1]
    listed = subprocess.run(
        ["tar", "-tvJf", str(tmp_path / "one.tar.xz")], capture_output=True, text=True, check=True, env={"TZ": "UTC"}
    ).stdout
    assert "-rw-r--r-- root/root" in listed
    assert [line.split()[-1] for line in listed.splitlines()] == ["it/", "it/a", "it/b"]


def test_manuals_carry_no_name_or_time_of_the_builder(shared: dict[str, bytes]) -> None:
    packed = shared["man/man1/loadbench.1.gz"]
    assert packed[4:8] == b"\0\0\0\0"
    assert packed[3] == 0
    assert b"LOADBENCH 1 2023" in gzip.decompress(packed)

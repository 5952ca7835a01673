"""The check of the frozen app finds each thing that must not ship, and nothing in an app that is as it should be."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import pytest
from installers import check, contents, elf, rules
from installers.rules import Finding

VERSION = "1.2.3"


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """A folder that has everything a frozen app must have."""
    folder = tmp_path / "loadbench"
    folder.mkdir(mode=0o755)
    for pattern in (*contents.REQUIRED, *contents.REQUIRED_ON["linux"]):
        put(folder, pattern.format(version=VERSION).replace("*", "some"))
    for name in ("loadbench", "loadbench-gui"):
        (folder / name).chmod(0o755)
    return folder


def put(folder: Path, name: str, data: bytes = b"plain\n") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    for each in (path.parent, *path.parent.parents):
        if each.is_relative_to(folder):
            each.chmod(0o755)
    path.chmod(0o644)
    return path


def findings(app: Path, *, roots: tuple[str, ...] = ("/home/builder/loadbench/",)) -> list[tuple[str, str]]:
    packed = app.parent / "dist"
    result = check.check(app, packed, version=VERSION, roots=roots)
    return [(found.rule, found.path) for found in result.findings]


linux = pytest.mark.skipif(sys.platform != "linux", reason="what must be there is a list of its own on each platform")


@linux
def test_an_app_as_it_should_be_has_no_findings(app: Path) -> None:
    assert findings(app) == []


@linux
@pytest.mark.parametrize(
    "name",
    [
        "_internal/PySide6/Qt/lib/libQt6Quick.so.6",
        "_internal/PySide6/Qt/translations/qt_de.qm",
        "_internal/libxcb.so.1",
        "_internal/libstdc++.so.6",
        "_internal/libgtk-3.so.0",
        "_internal/numpy/tests/test_core.pyc",
        "_internal/scipy/stats/__init__.pyc",
        "_internal/requests-2.0.dist-info/direct_url.json",
        "_internal/numpy/__init__.pyi",
        "_internal/sanic/__pycache__/app.pyc",
    ],
)
def test_a_forbidden_file_is_found(app: Path, name: str) -> None:
    put(app, name)
    assert findings(app) == [("forbidden", name)]


def test_what_only_sounds_forbidden_is_let_through() -> None:
    fine = [
        "_internal/PySide6/Qt/lib/libQt6XcbQpa.so.6",
        "_internal/numpy/_pytesttester.pyc",
        "_internal/typer/testing.pyc",
    ]
    assert list(rules.forbidden(fine)) == []


@linux
@pytest.mark.parametrize("name", ["loadbench-gui", "_internal/sanic/app.py", "notices/sbom.cdx.json"])
def test_a_missing_file_is_found(app: Path, name: str) -> None:
    (app / name).unlink()
    assert findings(app) == [("required", name)]


def test_metadata_of_another_version_does_not_count(app: Path) -> None:
    files = [path.relative_to(app).as_posix() for path in app.rglob("*")]
    found = list(rules.required(files, "1.2.4", "linux"))
    assert found == [Finding("required", "_internal/loadbench-1.2.4.dist-info/METADATA", "is missing")]


@linux
def test_links_that_lead_nowhere_or_out_are_found(app: Path) -> None:
    (app / "_internal/gone.so").symlink_to("nothing.so")
    (app / "_internal/out.so").symlink_to("../../elsewhere")
    (app.parent / "elsewhere").write_text("outside", encoding="utf-8")
    (app / "_internal/fine.so").symlink_to("sanic/app.py")
    assert findings(app) == [("links", "_internal/gone.so"), ("links", "_internal/out.so")]


@linux
def test_permissions_that_lock_out_or_let_in_are_found(app: Path) -> None:
    (app / "loadbench").chmod(0o644)
    (app / "_internal/sanic/app.py").chmod(0o666)
    (app / "_internal/certifi/cacert.pem").chmod(0o600)
    assert sorted(findings(app)) == [
        ("permissions", "_internal/certifi/cacert.pem"),
        ("permissions", "_internal/sanic/app.py"),
        ("permissions", "loadbench"),
    ]


@linux
def test_a_path_of_the_build_machine_is_found_unless_it_is_known_to_stay(app: Path) -> None:
    put(app, "_internal/some/module.pyc", b"\x00\x01/home/builder/loadbench/src/x.py\x00")
    put(app, "_internal/_sysconfigdata__linux.pyc", b"/home/builder/loadbench/x")
    put(app, "_internal/some/other.txt", b"/home/builder/loadbenches")
    for name, magic in (("one.dylib", b"\xcf\xfa\xed\xfe"), ("two.dylib", b"\xca\xfe\xba\xbe"), ("three.dll", b"MZ")):
        put(app, f"_internal/{name}", magic + b"/home/builder/loadbench/lib")
    assert findings(app) == [("build paths", "_internal/some/module.pyc")]


@linux
def test_sizes_over_the_limit_are_findings_and_say_where_they_stand(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = app.parent / "dist"
    packed.mkdir()
    for name, mb in (("small.deb", 1), ("middle.tar.xz", 3), ("large.tar.xz", 5)):
        with (packed / name).open("wb") as file:
            file.truncate(mb * contents.MB)
    monkeypatch.setattr(contents, "COMPRESSED_LIMIT_MB", 4)
    monkeypatch.setattr(contents, "COMPRESSED_AIM_MB", 2)
    result = check.check(app, packed, version=VERSION, roots=())
    assert [found.path for found in result.findings] == ["large.tar.xz"]
    words = {measure.what: measure.words for measure in result.measures}
    assert words == {
        "unpacked": "within the aim",
        "small.deb": "within the aim",
        "middle.tar.xz": "within the limit, over the aim",
        "large.tar.xz": "over the limit",
    }
    assert "budget: large.tar.xz: 5.0 MB" in check.table(result)


@linux
def test_a_library_says_what_it_needs_of_the_system(app: Path) -> None:
    made = library(
        needed=["libc.so.6", "libother.so.1"], versions={"libc.so.6": ["GLIBC_2.4", "GLIBC_2.17", "GLIBC_2.9"]}
    )
    read = elf.read(put(app, "_internal/a.so", made))
    assert read.needed == ("libc.so.6", "libother.so.1")
    assert read.glibc == (2, 17)
    assert elf.glibc_needed(app) == "2.17"
    assert elf.needed(app) == {"libc.so.6", "libother.so.1"}
    put(app, "_internal/libother.so.1", library(needed=["libc.so.6"]))
    assert elf.needed(app) == {"libc.so.6"}
    put(app, "loadbench", library(needed=["libother.so.1"])).chmod(0o755)
    assert elf.needed(app) == {"libc.so.6", "libother.so.1"}, "an executable finds no library of the app before it runs"


@linux
def test_a_library_that_needs_too_new_a_glibc_is_found(app: Path) -> None:
    put(app, "_internal/a.so", library(versions={"libc.so.6": ["GLIBC_2.36"]}))
    put(app, "_internal/b.so", library(versions={"libc.so.6": ["GLIBC_2.37"]}))
    put(app, "_internal/c.so", library(versions={"libc.so.6": ["GLIBC_PRIVATE"]}))
    assert findings(app) == [("glibc", "_internal/b.so")]


@linux
def test_packed_libraries_and_foreign_search_paths_are_found(app: Path) -> None:
    put(app, "_internal/a.so", library() + b"UPX!")
    put(app, "_internal/b.so", library(search="/home/builder/lib"))
    put(app, "_internal/c.so", library(search="$ORIGIN/lib"))
    assert findings(app) == [("packed", "_internal/a.so"), ("search path", "_internal/b.so")]


def test_a_search_path_can_be_taken_out_and_nothing_else_changes(tmp_path: Path) -> None:
    before = library(needed=["libc.so.6"], versions={"libc.so.6": ["GLIBC_2.17"]}, search="/home/builder/lib")
    after = elf.without_search(before)
    assert len(after) == len(before)
    read = elf.read(put(tmp_path, "a.so", after))
    assert (read.search, read.needed, read.glibc) == ((), ("libc.so.6",), (2, 17))


@pytest.mark.parametrize("kept", [5, 70, 200])
def test_a_library_that_is_cut_off_is_named(tmp_path: Path, kept: int) -> None:
    path = put(tmp_path, "cut.so", library(needed=["libc.so.6"])[:kept])
    with pytest.raises(elf.NotReadableError, match=r"cut\.so"):
        elf.read(path)


@pytest.mark.skipif(sys.platform != "linux", reason="reads the ELF file of this interpreter's modules")
def test_a_real_module_is_read_as_the_loader_would() -> None:
    import _ssl

    read = elf.read(Path(_ssl.__file__))
    assert any(name.startswith("libssl.so") for name in read.needed)
    assert read.glibc >= (2, 2)


def library(needed: list[str] | None = None, versions: dict[str, list[str]] | None = None, search: str = "") -> bytes:
    """A small but whole 64-bit ELF file: header, two segments, dynamic section, version needs, strings."""
    strings = bytearray(b"\0")

    def text(words: str) -> int:
        strings.extend(words.encode() + b"\0")
        return len(strings) - len(words) - 1

    needs = b""
    for left, (name, wanted) in zip(range(len(versions or {}) - 1, -1, -1), (versions or {}).items(), strict=True):
        following = 16 + 16 * len(wanted) if left else 0
        needs += struct.pack("<HHIII", 1, len(wanted), text(name), 16, following)
        for more, each in zip(range(len(wanted) - 1, -1, -1), wanted, strict=True):
            needs += struct.pack("<IHHII", 0, 0, 2, text(each), 16 if more else 0)
    tags = [(1, text(name)) for name in needed or ()]
    tags += [(29, text(search))] if search else []
    start = 64 + 2 * 56
    length = 16 * (len(tags) + 4)
    tags += [(0x6FFFFFFE, start + length), (0x6FFFFFFF, len(versions or {})), (5, start + length + len(needs)), (0, 0)]
    dynamic = b"".join(struct.pack("<qQ", *tag) for tag in tags)
    whole = start + length + len(needs) + len(strings)
    header = b"\x7fELF\x02\x01\x01" + bytes(9)
    header += struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, 0, 0, 64, 56, 2, 64, 0, 0)
    segments = struct.pack("<IIQQQQQQ", 1, 5, 0, 0, 0, whole, whole, 1)
    segments += struct.pack("<IIQQQQQQ", 2, 6, start, start, start, length, length, 8)
    return header + segments + dynamic + needs + bytes(strings)

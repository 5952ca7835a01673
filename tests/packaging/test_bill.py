"""The bill of materials says what ships, in the format it claims, and the same each time; nothing unknown gets in."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import PathDistribution
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import given
from hypothesis import strategies as st
from installers.licensing import bill, packages, spdx, system_libraries
from installers.licensing.component import Component, Kind, Text, problems, standard_texts
from installers.licensing.origins import Origin, Source, origin

MOMENT = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
PROGRAM = Component("loadbench", "3.2.1", Kind.PROGRAM, "MIT", "pkg:pypi/loadbench@3.2.1", texts=standard_texts("MIT"))
QT = Component(
    "Qt",
    "6.11.3",
    Kind.FRAMEWORK,
    "LGPL-3.0-only OR GPL-2.0-only OR GPL-3.0-only",
    "pkg:generic/qt@6.11.3",
    homepage="https://code.qt.io",
    texts=standard_texts("LGPL-3.0-only"),
)
ICU = Component(
    "ICU", "", Kind.PART, "Unicode-3.0", copyright="Unicode, Inc.", inside="Qt", texts=standard_texts("MIT")
)
ZLIB = Component("zlib1g", "1:1.3", Kind.PACKAGE, "Zlib", "pkg:deb/debian/zlib1g@1:1.3?arch=amd64", texts=ICU.texts)
FONT = Component("Inter (font)", "", Kind.FONT, "OFL-1.1", copyright="The Inter Project Authors", texts=ICU.texts)
PCRE = Component("PCRE2", "", Kind.PART, "LicenseRef-PCRE2", inside="Qt", texts=ICU.texts)
SHIPPED = (FONT, ICU, PCRE, PROGRAM, QT, ZLIB)


def test_the_bill_is_valid_cyclonedx_and_names_everything() -> None:
    text = bill.document(SHIPPED, MOMENT)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    told = json.loads(text)
    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.6")
    assert told["metadata"]["component"]["name"] == "loadbench"
    assert {entry["name"] for entry in told["components"]} == {"Qt", "zlib1g", "Inter (font)"}
    qt = next(entry for entry in told["components"] if entry["name"] == "Qt")
    assert [part["name"] for part in qt["components"]] == ["ICU", "PCRE2"]
    assert qt["licenses"] == [{"expression": QT.licence}]


def test_the_validator_would_notice() -> None:
    told = json.loads(bill.document(SHIPPED, MOMENT))
    told["components"][0]["type"] = "spaceship"
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(told)) is not None


@given(st.permutations(SHIPPED))
def test_the_same_things_give_the_same_bill_in_whatever_order(shuffled: list[Component]) -> None:
    assert bill.document(sorted(shuffled, key=lambda each: each.key), MOMENT) == bill.document(
        sorted(SHIPPED, key=lambda each: each.key), MOMENT
    )


def test_another_version_of_anything_is_another_bill() -> None:
    def serial(*components: Component) -> str:
        return str(json.loads(bill.document(components, MOMENT))["serialNumber"])

    assert serial(PROGRAM, QT) != serial(PROGRAM, replace(QT, version="6.11.4"))
    assert serial(PROGRAM, QT) == serial(PROGRAM, QT)


def test_the_bill_is_dated_by_the_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    written = bill.write(tmp_path, SHIPPED)
    assert json.loads(written.read_text(encoding="utf-8"))["metadata"]["timestamp"] == "2023-11-14T22:13:20+00:00"


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("loadbench_gui/__main__.pyc", Origin(Source.OURS)),
        ("resources/fonts/Inter-Regular.ttf", Origin(Source.OURS)),
        ("httpx/_client.pyc", Origin(Source.PACKAGE, "httpx")),
        ("sanic/app.py", Origin(Source.PACKAGE, "sanic")),
        ("httpx-0.28.1.dist-info/METADATA", Origin(Source.METADATA)),
        ("json/decoder.pyc", Origin(Source.PYTHON)),
        ("python3.11/lib-dynload/_ssl.cpython-311-x86_64-linux-gnu.so", Origin(Source.PYTHON)),
        ("libpython3.11.so.1.0", Origin(Source.PYTHON)),
        ("libssl.so.3", Origin(Source.SYSTEM)),
        ("_pyi_rth_utils/qt.pyc", Origin(Source.STARTER)),
        ("libzebra.so.1", Origin(Source.UNKNOWN)),
        ("somebody/elses.pyc", Origin(Source.UNKNOWN)),
    ],
)
def test_every_file_has_an_origin_or_is_called_unknown(tmp_path: Path, file: str, expected: Origin) -> None:
    (tmp_path / "json").mkdir()
    (tmp_path / "json/decoder.py").touch()
    owners = {"httpx/_client.py": "httpx", "sanic/app.py": "sanic"}
    assert origin(file, owners, [tmp_path]) == expected


@pytest.mark.parametrize(
    ("licence", "chosen"),
    [
        ("MIT", ["MIT"]),
        ("LGPL-3.0-only OR GPL-2.0-only OR GPL-3.0-only", ["LGPL-3.0-only"]),
        ("GPL-3.0-only OR MIT AND Zlib", ["MIT", "Zlib"]),
        ("(GPL-3.0-only OR MIT) AND Zlib", ["MIT", "Zlib"]),
        ("GPL-3.0-or-later WITH GCC-exception-3.1", ["GPL-3.0-or-later WITH GCC-exception-3.1"]),
        ("GPL-3.0-or-later", None),
        ("AGPL-3.0-only", None),
        ("MIT AND GPL-2.0-only", None),
        ("GPL-3.0-only WITH GCC-exception-9.9", None),
        ("Commercial", None),
        ("MIT AND", None),
        ("(MIT", None),
        ("MIT)", None),
        ("MIT Zlib", None),
        ("MIT / Zlib", None),
        ("", None),
    ],
)
def test_a_licence_is_accepted_only_when_one_way_to_comply_is(licence: str, chosen: list[str] | None) -> None:
    assert spdx.chosen(licence) == chosen


def test_a_component_ships_only_with_an_accepted_licence_and_its_text() -> None:
    text = (Text(Path("LICENSE"), "LICENSE"),)
    bare = Component("thing", "1.0", Kind.PACKAGE, "MIT", texts=text)
    assert problems([bare]) == []
    for wrong, words in (
        (replace(bare, licence=""), "names no licence"),
        (replace(bare, licence="GPL-3.0-only"), "not among the accepted"),
        (replace(bare, licence="Proprietary-1.0"), "not among the accepted"),
        (replace(bare, texts=()), "no text of its licence"),
    ):
        (problem,) = problems([bare, wrong])
        assert problem.startswith("thing 1.0: ")
        assert words in problem


@pytest.mark.parametrize(
    ("metadata", "licence"),
    [
        ("License-Expression: BSD-3-Clause AND TCL", "BSD-3-Clause AND TCL"),
        ("License: MIT License", "MIT"),
        ("License: MPL-2.0\nClassifier: License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)", "MPL-2.0"),
        ("Classifier: License :: OSI Approved :: ISC License (ISCL)", "ISC"),
        ("Classifier: License :: OSI Approved :: BSD License", ""),
        ("Classifier: License :: OSI Approved :: MIT License\nClassifier: License :: Other", ""),
        ("License: Ask us", ""),
    ],
)
def test_a_package_says_its_licence_in_one_of_three_ways_or_not_at_all(
    tmp_path: Path, metadata: str, licence: str
) -> None:
    described = packages.described(package(tmp_path, metadata))
    assert described.licence == licence
    assert (described.name, described.version, described.purl) == ("Some.Thing", "2.0", "pkg:pypi/some-thing@2.0")


def test_a_package_brings_its_own_texts(tmp_path: Path) -> None:
    thing = package(tmp_path, "License: MIT", "licenses/LICENSE", "licenses/vendor/zlib/LICENSE.txt", "top_level.txt")
    assert [text.name for text in packages.described(thing).texts] == ["LICENSE", "vendor-zlib-LICENSE.txt"]
    assert [text.name for text in packages.described(package(tmp_path / "bare", "License: MIT")).texts] == ["MIT.txt"]


def test_an_unknown_library_in_a_wheel_has_no_licence_and_so_stops_the_build(tmp_path: Path) -> None:
    thing = package(tmp_path, "License: MIT", "licenses/LICENSE.txt")
    known, unknown = packages.inside(thing, ["libgfortran-0a1b.so.5", "libzebra-0a1b.so.1"])
    assert known.licence == "GPL-3.0-or-later WITH GCC-exception-3.1"
    assert problems([known]) == []
    assert problems([unknown]) != []


def test_a_library_of_the_system_that_no_table_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="libzebra"):
        system_libraries.described(tmp_path / "libzebra.so.1")


def test_a_library_that_no_package_owns_is_known_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "libffi.so.8.1.2"
    path.write_bytes(b"not the one of this system")
    found = system_libraries.described(path)
    assert (found.name, found.version, found.licence) == ("libffi", "8.1.2", "MIT")
    assert problems([found]) == []


def package(folder: Path, metadata: str, *files: str) -> PathDistribution:
    info = folder / "some_thing-2.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.4\nName: Some.Thing\nVersion: 2.0\n{metadata}\n", encoding="utf-8"
    )
    for file in files:
        (info / file).parent.mkdir(parents=True, exist_ok=True)
        (info / file).write_text("the text", encoding="utf-8")
    record = "".join(f"{info.name}/{file},,\n" for file in ("METADATA", *files))
    (info / "RECORD").write_text(record, encoding="utf-8")
    return PathDistribution(info)

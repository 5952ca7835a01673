"""The notices name everything that ships, with its terms, and each text that they name is there."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from installers.licensing import notices, spdx
from installers.licensing.component import TEXTS, Component, Kind, Text, problems, standard_texts

LGPL = "LGPL-3.0-only OR GPL-2.0-only OR GPL-3.0-only"


@pytest.fixture
def shipped(tmp_path: Path) -> list[Component]:
    own = tmp_path / "httpx-LICENSE.md"
    own.write_text("Copyright Encode OSS", encoding="utf-8")
    qt_texts = standard_texts("LGPL-3.0-only")
    return [
        Component("httpx", "0.28.1", Kind.PACKAGE, "BSD-3-Clause", texts=(Text(own, "LICENSE.md"),)),
        Component("ICU", "", Kind.PART, "Unicode-3.0", "", "Unicode, Inc.", "", standard_texts("Unicode-3.0"), "Qt"),
        Component("loadbench", "9.8.7", Kind.PROGRAM, "MIT", texts=standard_texts("MIT")),
        Component("PySide6_Essentials", "6.11.3", Kind.PACKAGE, LGPL, "", "", "https://pyside.example", qt_texts),
        Component("Qt", "6.11.3", Kind.FRAMEWORK, LGPL, "", "The Qt Company Ltd.", "https://qt.example", qt_texts),
    ]


def test_each_component_is_named_with_its_terms(shipped: list[Component]) -> None:
    text = notices.document(shipped)
    assert text.startswith("loadbench 9.8.7: what it is made of\n")
    assert "httpx 0.28.1\n  licence: BSD-3-Clause\n  text: licences/httpx/LICENSE.md" in text
    assert f"  licence: {LGPL}\n  used under: LGPL-3.0-only\n" in text
    assert "  with ICU\n    licence: Unicode-3.0\n    Unicode, Inc.\n    text: licences/Unicode-3.0.txt" in text


def test_what_the_lgpl_asks_is_said_of_qt(shipped: list[Component]) -> None:
    words = " ".join(notices.document(shipped).split())
    for said in (
        "under the GNU Lesser General Public License, version 3",
        "You may change them and use the changed ones",
        "_internal/PySide6 and _internal/shiboken6",
        "publishes as Qt 6.11.3",
        "https://qt.example",
        "pyside-setup 6.11.3",
    ):
        assert said in words


def test_without_qt_nothing_is_said_of_it(shipped: list[Component]) -> None:
    assert "Lesser" not in notices.document([each for each in shipped if each.kind is Kind.PROGRAM])


def test_every_text_that_is_named_is_there_word_for_word(shipped: list[Component], tmp_path: Path) -> None:
    folder = notices.write(tmp_path, shipped)
    named = set(re.findall(r"text: (\S+)", (folder / notices.NAME).read_text(encoding="utf-8")))
    named |= {"licences/LGPL-3.0-only.txt", "licences/GPL-3.0-only.txt"}
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert named <= there
    assert (folder / "licences/httpx/LICENSE.md").read_text(encoding="utf-8") == "Copyright Encode OSS"
    assert (folder / "licences/LGPL-3.0-only.txt").read_bytes() == (TEXTS / "LGPL-3.0-only.txt").read_bytes()


def test_notices_of_an_earlier_build_do_not_stay(shipped: list[Component], tmp_path: Path) -> None:
    (tmp_path / "notices/licences/gone").mkdir(parents=True)
    notices.write(tmp_path, shipped)
    assert not (tmp_path / "notices/licences/gone").exists()


def test_every_part_of_the_table_may_ship_and_has_its_texts() -> None:
    parts = tomllib.loads((TEXTS / "parts.toml").read_text(encoding="utf-8"))["part"]
    found = [
        Component(
            part["name"], "", Kind.PART, part["licence"], "", part["copyright"], "", standard_texts(part["licence"])
        )
        for part in parts
    ]
    assert found
    assert problems(found) == []
    for part in found:
        assert len(part.texts) >= len(spdx.chosen(part.licence) or ()), part.name
        assert part.copyright


def test_every_text_that_is_kept_is_that_of_an_accepted_licence_or_read_with_one() -> None:
    known = {each.partition(" WITH ")[0] for each in spdx.ACCEPTED} | {"GPL-3.0-only"}
    kept = {path.stem for path in TEXTS.glob("*.txt")}
    assert kept
    assert kept <= known

"""RESULTS.md is put together a section at a time, and what the others say is kept."""

from __future__ import annotations

from pathlib import Path

from benchmarks.document import Limit, Section, split, write

ORDER = ("http", "truth", "stall")


def section(key: str, body: str, seen: float | None = 1.0) -> Section:
    return Section(key, key.title(), "`command`", body, (Limit(f"limit of {key}", 0.85, 1.0, seen, "x"),))


def test_a_section_is_rewritten_and_the_others_are_kept_word_for_word(tmp_path: Path) -> None:
    path = tmp_path / "RESULTS.md"
    write(section("truth", "old truth"), ORDER, path)
    write(section("http", "http as it was"), ORDER, path)
    before = split(path.read_text("utf-8"))["http"]
    write(section("truth", "new truth"), ORDER, path)
    text = path.read_text("utf-8")
    assert split(text)["http"] == before
    assert "old truth" not in text
    assert text.index("http as it was") < text.index("new truth")
    assert "Not measured yet: stall." in text


def test_every_limit_stands_at_the_top_as_in_its_section(tmp_path: Path) -> None:
    path = tmp_path / "RESULTS.md"
    write(section("http", "body", seen=0.9), ORDER, path)
    write(section("stall", "body", seen=0.5), ORDER, path)
    top = path.read_text("utf-8").partition("<!-- section:")[0]
    assert "| limit of http | 0.85x | 1.00x | 0.90x | yes |" in top
    assert "| limit of stall | 0.85x | 1.00x | 0.50x | **no** |" in top


def test_a_document_without_sections_has_none_and_takes_the_first(tmp_path: Path) -> None:
    path = tmp_path / "RESULTS.md"
    path.write_text("# A title and no more\n", encoding="utf-8")
    assert split(path.read_text("utf-8")) == {}
    write(section("http", "the first"), ORDER, path)
    assert list(split(path.read_text("utf-8"))) == ["http"]


def test_a_limit_says_what_was_reached_on_its_own_side() -> None:
    assert Limit("rate", 0.85, 1.0, 1.01).reached == "yes, and the aim"
    assert Limit("cost", 1.2, 1.0, 1.1, higher_is_better=False).reached == "yes"
    assert Limit("cost", 1.2, 1.0, 1.3, higher_is_better=False).reached == "**no**"
    assert Limit("cost", 1.2, 1.0, None, higher_is_better=False).reached == "not measured"

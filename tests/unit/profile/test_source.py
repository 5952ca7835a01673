"""Files that are no profile: one message each, and what to do."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from loadbench_gui.errors import UserError
from loadbench_gui.profile.loader import load
from loadbench_gui.profile.problems import ProfileError
from loadbench_gui.profile.source import LARGEST_BYTES, parse
from privileges import as_nobody


def refusal(path: Path) -> UserError:
    with pytest.raises(UserError) as caught:
        load(path)
    return caught.value


def test_a_folder_is_no_profile(tmp_path: Path) -> None:
    error = refusal(tmp_path)

    assert error.message.endswith("is a folder, not a profile")
    assert error.hint == "Name the .toml file inside it."


def test_a_binary_file_is_no_profile(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(b"\x7fELF\x00\x01")

    assert "is a binary file, not a profile" in refusal(path).message
    assert "loadbench profile new" in refusal(path).hint


def test_text_in_another_encoding_names_the_line_and_the_byte(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes('schema = 1\nname = "Größe"\n'.encode("latin-1"))

    assert refusal(path).message.endswith("is not UTF-8 text: line 2 has the byte 0xf6")
    assert refusal(path).hint == "Save it as UTF-8 in your editor."


def test_a_huge_file_is_not_even_read(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    with path.open("wb") as file:
        file.truncate(LARGEST_BYTES + 1)

    assert "is too large for a profile (1.0 MB; at most 1 MB)" in refusal(path).message


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such pipes")
def test_a_pipe_does_not_block(tmp_path: Path) -> None:
    path = tmp_path / "pipe.toml"
    os.mkfifo(path)

    assert "is not a regular file" in refusal(path).message


@pytest.mark.skipif(sys.platform == "win32", reason="the modes of files mean nothing there")
def test_a_file_of_somebody_else_says_who_may_read_it() -> None:
    with as_nobody() as folder:
        path = folder / "x.toml"
        path.touch(mode=0o000)

        assert refusal(path).message.endswith("permission denied")


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    text = 'schema = 1\n[[deployment]]\nname = "a"\nurl = "http://h"\n[[workload]]\nname = "w"\n'
    path.write_bytes(b"\xef\xbb\xbf" + text.encode() + b'load = { model = "closed", connections = 1 }\r\n')

    assert load(path).deployments[0].name == "a"


@pytest.mark.parametrize("separator", ["\x1e", "\x0b", "\x85", "\u2028"])
def test_only_a_line_feed_ends_a_line(separator: str) -> None:
    with pytest.raises(ProfileError) as caught:
        parse(f"a = 1\r\nb = '{separator}0", "p.toml")
    (problem,) = caught.value.problems
    assert problem.line == 2


def test_a_broken_line_is_counted_as_toml_counts_them(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(b"schema = 1\r\n'\x1e0")

    assert "line 2" in refusal(path).message

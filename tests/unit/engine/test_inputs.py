"""What a workload takes from files is read once, and what is wrong with a file is said before anything is sent."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from loadbench_gui.core.plan import ClosedLoad, Expectation, Workload
from loadbench_gui.core.request import Request
from loadbench_gui.core.template import NO_INPUTS, Inputs, Rows
from loadbench_gui.engine.inputs import read_inputs
from loadbench_gui.errors import UserError


def workload(*requests: Request, data: str = "") -> Workload:
    return Workload("w", "http", requests[0], Expectation(), ClosedLoad(1), also=requests[1:], data_file=data)


def test_the_columns_that_are_named_are_read_and_no_others(tmp_path: Path) -> None:
    path = tmp_path / "users.csv"
    path.write_text("\ufeffid,name,city\n1,Ada,London\n2,Søren,Århus\n", encoding="utf-8")

    inputs = read_inputs(workload(Request(path="/${row:id}"), Request(body=b"${row:name}"), data=str(path)))

    assert inputs == Inputs(Rows({"id": ["1", "2"], "name": ["Ada", "Søren"]}, "users.csv"))


def test_the_sizes_of_streamed_bodies_are_looked_up(tmp_path: Path) -> None:
    path = tmp_path / "big.bin"
    with path.open("wb") as file:
        file.truncate(3 << 30)  # a hole: no disk is filled

    assert read_inputs(workload(Request(), Request("PUT", body_file=str(path)))).body_bytes == {str(path): 3 << 30}


def test_without_placeholders_the_data_file_is_not_even_opened() -> None:
    assert read_inputs(workload(Request(path="/$${row:id}"), data="/nowhere/users.csv")) == NO_INPUTS


def test_a_row_without_a_data_file_says_how_to_name_one() -> None:
    with pytest.raises(UserError) as caught:
        read_inputs(workload(Request(path="/${row:id}")))

    assert caught.value.message == "${row:id} takes its values from a CSV file, and none is named"
    assert "--data users.csv" in caught.value.hint


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"name\nAda\n", "users.csv has no column 'id'"),
        (b"id\n\xff\xfe\n", "users.csv is not UTF-8 text"),
        (b"id\n", "users.csv has a header line and no rows"),
    ],
)
def test_a_data_file_that_cannot_be_used_is_explained(tmp_path: Path, content: bytes | None, words: str) -> None:
    path = tmp_path / "users.csv"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(UserError) as caught:
        read_inputs(workload(Request(path="/${row:id}"), data=str(path)))

    assert words in caught.value.message
    assert caught.value.hint


def test_a_data_file_that_would_fill_the_memory_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "users.csv"
    with path.open("wb") as file:
        file.truncate((64 << 20) + 1)

    with pytest.raises(UserError, match=r"users\.csv is larger than 64 MiB"):
        read_inputs(workload(Request(path="/${row:id}"), data=str(path)))


def test_a_folder_is_no_body(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is a folder"):
        read_inputs(workload(Request("PUT", body_file=str(tmp_path))))


@pytest.mark.skipif(sys.platform == "win32", reason="there are no named pipes among the files of Windows")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    # Both ends are held open, so that looking into it would not wait, and the test ends whatever happens.
    held = os.open(path, os.O_RDWR)
    try:
        with pytest.raises(UserError, match="is not a regular file"):
            read_inputs(workload(Request("PUT", body_file=str(path))))
    finally:
        os.close(held)

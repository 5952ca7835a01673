from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from loadbench_gui.deploy.packages import installed, names_in, python_of


def test_a_package_is_listed_with_what_it_requires() -> None:
    found = installed(sys.executable, frozenset({"uvicorn", "no-such-package", "app.py"}))

    assert found["package:uvicorn"] == version("uvicorn")
    assert found["package:h11"] == version("h11")
    assert found["python"].startswith("CPython 3.")
    assert "package:no-such-package" not in found


def test_an_interpreter_that_is_not_one_has_nothing_to_say() -> None:
    assert installed("/bin/false", frozenset({"uvicorn"})) == {}


def test_the_interpreter_of_a_command_is_found(tmp_path: Path) -> None:
    (tmp_path / "web").write_text("#!/opt/venv/bin/python -E\n")
    (tmp_path / "tool").write_text("#!/bin/sh\n")

    assert python_of(("/usr/bin/python3.12", "x"), "") == "/usr/bin/python3.12"
    assert python_of(("web",), str(tmp_path)) == "/opt/venv/bin/python"
    assert python_of((str(tmp_path / "web"),), "") == "/opt/venv/bin/python"
    assert python_of(("tool",), str(tmp_path)) is None
    assert python_of(("missing",), str(tmp_path)) is None


def test_words_of_a_command_are_candidates() -> None:
    assert names_in(("/venv/bin/uvicorn", "app:app", "--port", "80"), "fastapi") == {"uvicorn", "fastapi"}


def test_a_frozen_app_in_pythons_place_is_no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", "/opt/loadbench/loadbench")
    assert names_in(("/opt/loadbench/loadbench", "-m", "uvicorn"), "fastapi") == {"uvicorn", "fastapi"}

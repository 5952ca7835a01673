"""One place has the version; everything else asks."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from builders import make_comparison
from distributions import build, in_wheel
from loadbench_gui import __version__
from loadbench_gui.report import document, html

PLACE = "src/loadbench_gui/__init__.py"
# Records of what was at some time: the changelog, logs in the documentation, and the packages that tests run with.
RECORDS = ("CHANGELOG.md", "docs/", "constraints.txt")
OTHER = "7.8.9"


def test_no_other_file_has_it(clean_checkout: Path) -> None:
    literal = re.compile(rb"(?<![\d.])" + re.escape(__version__).encode() + rb"(?!\d|\.\d)")
    found = {
        name: len(literal.findall(path.read_bytes()))
        for path in clean_checkout.rglob("*")
        if path.is_file() and not (name := path.relative_to(clean_checkout).as_posix()).startswith(RECORDS)
    }
    assert {name: times for name, times in found.items() if times} == {PLACE: 1}


def test_when_it_changes_there_packages_and_installers_follow(clean_checkout: Path, tmp_path: Path) -> None:
    source = Path(shutil.copytree(clean_checkout, tmp_path / "source"))
    place = source / PLACE
    place.write_text(place.read_text("utf-8").replace(__version__, OTHER), "utf-8")
    wheel = build(source, "wheel", tmp_path / "dist")
    assert wheel.name == f"loadbench-{OTHER}-py3-none-any.whl"
    assert f"Version: {OTHER}\n".encode() in in_wheel(wheel)[f"loadbench-{OTHER}.dist-info/METADATA"]
    assert build(source, "sdist", tmp_path / "dist").name == f"loadbench-{OTHER}.tar.gz"
    done = subprocess.run(
        [sys.executable, "-m", "installers", "version"],
        env={**os.environ, "PYTHONPATH": str(source / "packaging")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"{OTHER}\n"


@pytest.mark.parametrize("command", ["cli", "gui"])
def test_both_programs_say_it(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Also where there is no display.
    monkeypatch.delenv("QT_QPA_PLATFORM")
    code = f"import sys; from loadbench_gui.__main__ import {command}; sys.exit({command}())"
    done = subprocess.run([sys.executable, "-c", code, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"loadbench {__version__}\n"


def test_results_and_reports_say_it(monkeypatch: pytest.MonkeyPatch) -> None:
    comparison, runs = make_comparison()
    for module in (document, html):
        monkeypatch.setattr(module, "__version__", OTHER)
    assert document.document(runs, comparison)["tool"] == {"version": OTHER}
    page = html.render(runs, comparison)
    assert f"<footer>Written by loadbench {OTHER}." in page
    assert __version__ not in page

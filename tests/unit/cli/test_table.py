"""The table of commands: light until one is called, and whole."""

from __future__ import annotations

import subprocess
import sys

import pytest
import typer

from loadbench_gui.cli.table import COMMANDS, LATER, app_of
from loadbench_gui.errors import UserError

HEAVY = {"numpy", "scipy", "pydantic", "httpx", "psutil", "rich", "jinja2", "asyncio", "sqlite3"}


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_what_needs_no_command_imports_none(option: str) -> None:
    program = (
        "import sys; from loadbench_gui.cli.main import main; code = main(sys.argv[1:]); "
        "print(code, *sorted(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program, option], capture_output=True, text=True, check=True)
    code, *modules = done.stderr.split()
    assert code == "0"
    assert not HEAVY & set(modules)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_its_module(name: str) -> None:
    command = typer.main.get_command(app_of(name))
    assert command.help


@pytest.mark.parametrize("name", LATER)
def test_what_comes_later_is_refused_with_what_to_do_instead(name: str) -> None:
    command = typer.main.get_command(app_of(name))
    with pytest.raises(UserError, match=f"`loadbench {name}` is not in this version") as caught:
        command.main(["x", "--slo", "p99<50ms"], standalone_mode=False)
    assert "later version" in caught.value.hint

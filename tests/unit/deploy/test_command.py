from __future__ import annotations

import sys
from pathlib import Path

import pytest

from loadbench_gui.core.plan import Launch
from loadbench_gui.deploy.command import fair_environment, interpreter, prepare, uses_port, written_port
from loadbench_gui.errors import UserError


def test_every_placeholder_is_filled_in(tmp_path: Path) -> None:
    launch = Launch(
        ("{python}", "-m", "web", "--bind={host}:{port}", "-w", "{workers}"), workers=3, env=(("PORT", "{port}"),)
    )

    command = prepare("web", launch, base_dir=tmp_path, port=8123, cpus=(1,))

    assert command.argv == (sys.executable, "-m", "web", "--bind=127.0.0.1:8123", "-w", "3")
    assert command.env["PORT"] == "8123"
    assert command.cwd == tmp_path
    assert command.cpus == (1,)


def test_braces_that_are_not_placeholders_are_left_alone(tmp_path: Path) -> None:
    launch = Launch(("web", '{"a": {"b": 1}}', "{{port}}", "${env:TOKEN}"))

    assert prepare("web", launch, base_dir=tmp_path, port=1, cpus=()).argv[1:] == (
        '{"a": {"b": 1}}',
        "{port}",
        "${env:TOKEN}",
    )


def test_an_empty_command_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        prepare("web", Launch(()), base_dir=tmp_path, port=1, cpus=())

    assert caught.value.message == "deployment 'web' has an empty command"
    assert "list of words" in caught.value.hint


def test_a_python_with_a_folder_is_taken_from_the_profile(tmp_path: Path) -> None:
    assert interpreter(Launch(("x",), python=".venv/bin/python"), tmp_path) == str(tmp_path / ".venv/bin/python")
    assert interpreter(Launch(("x",), python="python3.12"), tmp_path) == "python3.12"
    assert interpreter(Launch(("x",)), tmp_path) == sys.executable


def test_variables_that_change_servers_unasked_are_dropped_and_others_kept() -> None:
    kept = {"PATH": "/bin", "HOME": "/home/me", "LANG": "C.UTF-8", "HOSTNAME": "box", "PORTAL": "x"}
    dropped = {"OTEL_SDK": "1", "PYTHONPATH": "x", "PORT": "80", "UVICORN_PORT": "1", "LD_PRELOAD": "x", "DD_ENV": "x"}

    assert fair_environment({**kept, **dropped}) == kept


@pytest.mark.parametrize(
    ("command", "port"),
    [
        (("uvicorn", "app:app", "--port", "8000"), 8000),
        (("uvicorn", "app:app", "--port=8001"), 8001),
        (("gunicorn", "-b", "127.0.0.1:8002", "app:app"), 8002),
        (("gunicorn", "--bind=:8003"), 8003),
        (("sanic", "app:app", "-p", "8004"), 8004),
        (("caddy", "run"), None),
        (("uvicorn", "app:app1"), None),
    ],
)
def test_a_port_that_is_written_out_is_seen(command: tuple[str, ...], port: int | None) -> None:
    assert written_port(Launch(command)) == port
    assert not uses_port(Launch(command))


def test_a_port_may_be_handed_over_in_the_environment() -> None:
    assert uses_port(Launch(("web",), env=(("PORT", "{port}"),)))
    assert written_port(Launch(("web",), env=(("PORT", "9000"),))) == 9000

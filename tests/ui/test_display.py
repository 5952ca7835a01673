"""A window that cannot be opened says why, and what to install or do instead."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from loadbench_gui.errors import EnvironmentFault
from loadbench_gui.ui import display
from loadbench_gui.ui.display import require_display


def refusal(environ: dict[str, str], missing: tuple[str, ...] = ()) -> EnvironmentFault:
    def load(library: str) -> None:
        if library in missing:
            raise OSError(f"{library}: cannot open shared object file")

    with pytest.raises(EnvironmentFault) as caught:
        require_display(environ, "linux", load)
    return caught.value


def test_no_display_at_all_points_to_the_command_line() -> None:
    fault = refusal({})
    assert "no display" in fault.message
    assert "loadbench compare first-look" in fault.hint


def test_missing_libraries_are_named_with_their_packages() -> None:
    fault = refusal({"DISPLAY": ":0"}, ("libEGL.so.1", "libxcb-cursor.so.0"))
    assert "libEGL.so.1, libxcb-cursor.so.0" in fault.message
    assert fault.hint.endswith("sudo apt-get install libegl1 libxcb-cursor0")


def test_a_display_on_which_nothing_answers_is_named() -> None:
    fault = refusal({"DISPLAY": ":4711"})
    assert "nothing answers on the display :4711" in fault.message


@pytest.mark.parametrize("name", ["nonsense", "localhost:abc"])
def test_a_display_that_is_none(name: str) -> None:
    assert name in refusal({"DISPLAY": name}).message


def libraries_asked_for(environ: dict[str, str], platform: str) -> list[str]:
    asked: list[str] = []
    require_display(environ, platform, asked.append)
    return asked


def test_offscreen_needs_no_screen_but_the_libraries_that_qt_itself_loads() -> None:
    asked = libraries_asked_for({"QT_QPA_PLATFORM": "offscreen"}, "linux")
    assert "libEGL.so.1" in asked
    assert "libxcb-cursor.so.0" not in asked


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_other_systems_are_not_asked(platform: str) -> None:
    assert libraries_asked_for({}, platform) == []


def test_a_listening_server_is_enough(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        number = server.getsockname()[1] - 6000
        assert display._answers(f"127.0.0.1:{number}.0")

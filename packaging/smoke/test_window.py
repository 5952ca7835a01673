"""The windowed executable on a screen of its own: it starts real runs, and its workers stay lean."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

import pytest

from program import poll_until
from smoke.app import Frozen, Seen, family, look


@pytest.fixture
def display() -> Iterator[str]:
    """An X server without a window manager."""
    with subprocess.Popen(
        ["Xvfb", "-displayfd", "1", "-screen", "0", "1400x900x24", "-nolisten", "tcp"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as server:  # fmt: skip
        assert server.stdout is not None
        yield f":{int(server.stdout.readline())}"
        server.terminate()


def xdotool(display: str, *words: str) -> str:
    done = subprocess.run(
        ["xdotool", *words],
        env={**os.environ, "DISPLAY": display},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout


def test_a_run_started_in_the_window_has_lean_workers_and_dies_with_it(frozen: Frozen, display: str) -> None:
    frozen.environment["DISPLAY"] = display
    window = frozen.popen(frozen.app.window)
    try:
        shown = xdotool(display, "search", "--sync", "--onlyvisible", "--pid", str(window.pid)).split()[0]
        assert look(window.pid).has_qt

        def started() -> dict[int, Seen]:
            found = family(window.pid)
            if not found:  # as a user would, who sees nothing happen
                xdotool(display, "windowfocus", "--sync", shown)
                xdotool(display, "key", "ctrl+r")
            return found

        poll_until(started, bool, 30)
        frozen.wait_for_intervals(1)
        processes = family(window.pid)
    finally:
        window.kill()
        window.communicate()
    for role in ("loadbench-gui --multiprocessing-fork", "loadbench_gui.deploy.guardian", "/loadbench -m "):
        assert [seen for seen in processes.values() if role in seen.command], f"no process with {role!r}"
    assert not [seen for seen in processes.values() if seen.has_qt]
    frozen.wait_until_nothing_is_left()


def test_with_a_home_that_cannot_be_written_the_window_opens_and_ends_in_order(homeless: Frozen, display: str) -> None:
    homeless.environment["DISPLAY"] = display
    window = homeless.popen(homeless.app.window)
    try:
        xdotool(display, "search", "--sync", "--onlyvisible", "--pid", str(window.pid))
    finally:
        window.terminate()
        _, errors = window.communicate(timeout=60)
    assert (window.returncode, errors) == (143, "")


def test_without_a_display_there_is_one_message(frozen: Frozen) -> None:
    done = frozen.gui()
    assert (done.returncode, done.stdout) == (5, "")
    assert done.stderr.startswith("error: there is no display to open a window on")
    assert "loadbench compare first-look" in done.stderr
    assert len(done.stderr.splitlines()) == 2


def test_a_display_on_which_nothing_answers_is_named(frozen: Frozen) -> None:
    frozen.environment["DISPLAY"] = ":4711"
    done = frozen.gui()
    assert done.returncode == 5
    assert done.stderr.startswith("error: nothing answers on the display :4711")
    assert len(done.stderr.splitlines()) == 2

"""A screen of this machine, with a window manager, for windows of programs that run in the root."""

from __future__ import annotations

import contextlib
import mmap
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from installers.cleanroot import picture
from installers.cleanroot.picture import Pixels
from installers.cleanroot.record import Failed

SIZE: Final = "1460x960"
SOCKETS: Final = Path("/tmp/.X11-unix")  # where X keeps them
# Clients try the abstract socket first, so a number that no server of this machine has.
_DISPLAY: Final = ":4242"
LOOK_EVERY_S: Final = 0.02

T = TypeVar("T")


def until(look: Callable[[], T | None], what: str, at_most_s: float, *, every_s: float = LOOK_EVERY_S) -> T:
    """Return what `look` gives as soon as it gives something. Raises `Failed` with `what` was missed."""
    deadline = time.monotonic() + at_most_s
    while time.monotonic() < deadline:
        if (found := look()) is not None:
            return found
        time.sleep(every_s)
    raise Failed(f"{what} did not happen within {at_most_s:.0f} s")


@dataclass(frozen=True, slots=True)
class Screen:
    """The virtual screen `display`; its picture lies in `memory`."""

    display: str
    memory: mmap.mmap

    def pixels(self) -> Pixels:
        """Return what is on the screen now."""
        return picture.from_xwd(self.memory[:])

    def do(self, *command: str) -> str:
        """Do something with mouse, keys or windows (words of xdotool); return what it says."""
        here = {**os.environ, "DISPLAY": self.display}
        ended = subprocess.run(["xdotool", *command], env=here, capture_output=True, text=True, check=False)
        if ended.returncode:
            raise Failed(f"xdotool {' '.join(command)}: {ended.stderr.strip() or 'found nothing'}")
        return ended.stdout.strip()

    def click(self, x: int, y: int) -> None:
        """Move the pointer there and press the left button."""
        self.do("mousemove", str(x), str(y), "click", "1")


@contextlib.contextmanager
def open_screen(log: Path) -> Iterator[Screen]:
    """Yield a screen that is there for as long as the block runs; what the X server says goes to `log`.

    Needs a mount namespace and a process namespace of its own. Another X server would take the number of this one in a
    lock file for that of a process which has ended, and its screen for free. So this one has no lock, no abstract
    socket, and its socket in a folder that nobody else sees.
    """
    with tempfile.TemporaryDirectory(prefix="screen") as folder, log.open("ab") as words, _own_sockets():
        reader, writer = os.pipe()
        server = subprocess.Popen(
            [
                "Xvfb", _DISPLAY, "-displayfd", str(writer), "-screen", "0", f"{SIZE}x24", "-fbdir", folder,
                "-nolock", "-nolisten", "local", "-nolisten", "tcp",
            ],
            pass_fds=[writer], stdout=words, stderr=words,
        )  # fmt: skip
        os.close(writer)
        try:
            with os.fdopen(reader) as answer:
                ready = answer.readline()  # empty when the server is gone
            if not ready:
                raise Failed(f"Xvfb did not start. See {log}")
            with (
                _managed(_DISPLAY, words.fileno()),
                Path(folder, "Xvfb_screen0").open("rb") as memory,
                mmap.mmap(memory.fileno(), 0, access=mmap.ACCESS_READ) as mapped,
            ):
                yield Screen(_DISPLAY, mapped)
        finally:
            _end(server)


@contextlib.contextmanager
def _own_sockets() -> Iterator[None]:
    SOCKETS.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=1777", "tmpfs", str(SOCKETS)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(SOCKETS)], check=True)


@contextlib.contextmanager
def _managed(display: str, words: int) -> Iterator[None]:
    """Without a window manager no window is ever active, and keys reach nobody."""
    manager = subprocess.Popen(["openbox"], env={**os.environ, "DISPLAY": display}, stdout=words, stderr=words)
    screen = {**os.environ, "DISPLAY": display}
    try:
        until(
            lambda: subprocess.run(["xdotool", "get_desktop"], env=screen, capture_output=True).returncode == 0 or None,
            "openbox taking over the screen",
            20,
        )
        yield
    finally:
        _end(manager)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()

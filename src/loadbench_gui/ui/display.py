"""Is there a screen, and what Qt needs to draw on it? Asked before Qt is imported: it aborts instead of saying so.

Imports nothing of Qt, so that it can answer on a machine where Qt cannot even be loaded.
"""

from __future__ import annotations

import ctypes
import socket
import sys
from collections.abc import Callable, Mapping

from loadbench_gui.errors import EnvironmentFault

WITHOUT_WINDOW = "Without a window: loadbench compare first-look"

# What PySide6 and its plug-ins for X and Wayland are linked to, with the Debian package that has it.
ALWAYS = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libX11.so.6": "libx11-6",
}
FOR_X11 = {
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb.so.1": "libxcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-glx.so.0": "libxcb-glx0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
}
FOR_WAYLAND = {
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1",
}


def require_display(
    environ: Mapping[str, str], platform: str = sys.platform, load: Callable[[str], object] = ctypes.CDLL
) -> None:
    """Return if a window can be opened. Raises `EnvironmentFault` that says what is missing and how to get it.

    load: opens a shared library by name, raising `OSError`.
    """
    if not platform.startswith(("linux", "freebsd")):
        return
    chosen = environ.get("QT_QPA_PLATFORM", "").partition(":")[0]
    x11 = environ.get("DISPLAY", "")
    wayland = environ.get("WAYLAND_DISPLAY", "")
    if not (chosen or x11 or wayland):
        raise EnvironmentFault(
            "there is no display to open a window on (neither DISPLAY nor WAYLAND_DISPLAY is set)", WITHOUT_WINDOW
        )
    on_x11 = chosen == "xcb" or (not chosen and not wayland)
    on_wayland = chosen.startswith("wayland") or (not chosen and bool(wayland))
    _require_libraries(ALWAYS | (FOR_X11 if on_x11 else FOR_WAYLAND if on_wayland else {}), load)
    if on_x11 and not _answers(x11):
        raise EnvironmentFault(f"nothing answers on the display {x11 or '(none)'}", f"Set DISPLAY. {WITHOUT_WINDOW}")


def _require_libraries(packages: Mapping[str, str], load: Callable[[str], object]) -> None:
    missing = []
    for library in packages:
        try:
            load(library)
        except OSError:
            missing.append(library)
    if missing:
        raise EnvironmentFault(
            f"Qt cannot open a window: this system lacks {', '.join(missing)}",
            f"On Debian and Ubuntu: sudo apt-get install {' '.join(packages[name] for name in missing)}",
        )


def _answers(display: str) -> bool:
    """Whether an X server listens where `host:number.screen` says. Abstract sockets are Linux's habit."""
    host, _, rest = display.rpartition(":")
    number = rest.partition(".")[0]
    if not number.isdigit():
        return False
    if host not in ("", "unix"):
        return _connects(socket.AF_INET, (host, 6000 + int(number)))
    path = f"/tmp/.X11-unix/X{number}"  # noqa: S108 - where X servers listen
    return _connects(socket.AF_UNIX, path) or (sys.platform == "linux" and _connects(socket.AF_UNIX, f"\0{path}"))


def _connects(family: socket.AddressFamily, address: str | tuple[str, int]) -> bool:
    with socket.socket(family) as probe:
        probe.settimeout(5)
        return probe.connect_ex(address) == 0

"""The installed window on a screen of its own: started cold, clicked, compared, read by its picture."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import statistics
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from installers import contents
from installers.cleanroot import package, picture, terminal
from installers.cleanroot.picture import Box
from installers.cleanroot.record import Failed
from installers.cleanroot.root import HOME, Root
from installers.cleanroot.screen import SIZE, SOCKETS, Screen, open_screen, until
from loadbench_gui.report.palette import LIGHT

STARTS: Final = 3
AWAY: Final = ("1459", "959")
_START_S: Final = 60.0
_COMPARISON_S: Final = 400.0
_BUTTON: Final = (120, 8)  # no other field of the accent's colour is that large
_RAIL_ENTRY: Final = (40, 2)
_RAIL_WIDTH: Final = 82
_SERIES_PIXELS: Final = 60  # of each deployment's colour, where its figures are drawn


@dataclass
class Session:
    """A screen, and the root whose windows it shows."""

    place: Root
    screen: Screen

    def keep(self, name: str) -> Path:
        """Keep the picture of the window that is shown."""
        pixels = self.screen.pixels()
        frame = picture.shown(pixels)
        if frame is None:
            raise Failed("the screen is black")
        path = self.place.path.parent / f"{name}.png"
        picture.to_png(pixels[frame.top : frame.bottom, frame.left : frame.right], path)
        return path

    def button(self) -> Box | None:
        """Return where the big button is."""
        return picture.block(self.screen.pixels(), LIGHT.accent, *_BUTTON)

    def entry(self) -> int | None:
        """Return where on the rail the entry of the shown page is, in pixels from the top."""
        pixels = self.screen.pixels()
        frame = picture.shown(pixels)
        if frame is None:
            return None
        found = picture.block(pixels[:, frame.left : frame.left + _RAIL_WIDTH], LIGHT.selected, *_RAIL_ENTRY)
        return found.top if found else None


@contextlib.contextmanager
def session(place: Root) -> Iterator[Session]:
    """Yield a screen that programs in the root reach."""
    with contextlib.ExitStack() as stack:
        with place.record.step("a screen for the window") as doing:
            screen = stack.enter_context(open_screen(place.path.parent / "screen.log"))
            stack.enter_context(place.shown(SOCKETS))
            doing.result = f"{SIZE}, openbox, outside the root"
        yield Session(place, screen)


@contextlib.contextmanager
def _started(seen: Session, command: Sequence[str]) -> Iterator[float]:
    """Start the window; yield the seconds until its big button was on the screen; see that it closes in order."""
    seen.screen.do("mousemove", *AWAY)  # a button under the pointer has another colour
    full = seen.place.command(command, user=True, variables=[f"DISPLAY={seen.screen.display}"])
    seen.place.record.note("tester$ " + " ".join(command))
    began = time.monotonic()
    with (seen.place.path.parent / "window.log").open("ab") as words:
        app = subprocess.Popen(full, cwd="/", stdout=words, stderr=words)
    try:

        def painted() -> bool | None:
            if app.poll() is not None:
                raise Failed(f"the window ended in {app.returncode} before it was there; see window.log")
            # Every fourth pixel, so that looking takes no time from what is looked at.
            width, height = _BUTTON
            found = picture.block(seen.screen.pixels()[::4, ::4], LIGHT.accent, width // 4, height // 4)
            return True if found else None

        until(painted, "the first paint", _START_S)
        took_s = time.monotonic() - began
        yield took_s
        seen.screen.do("search", "--onlyvisible", "--name", "^loadbench$", "windowactivate", "--sync", "key", "ctrl+q")
        until(lambda: True if app.poll() is not None else None, "the end of the window after Ctrl+Q", 30)
        if app.returncode:
            raise Failed(f"the window closed in {app.returncode}; see window.log")
    finally:
        app.kill()
        app.wait()


def starts_cold(seen: Session) -> None:
    """Start the window with nothing of it in memory, and hold the time to its first paint against the limit."""
    with seen.place.record.step(f"cold start to first paint, {STARTS} times") as doing:
        times = []
        for _ in range(STARTS):
            os.sync()
            Path("/proc/sys/vm/drop_caches").write_text("3", encoding="ascii")
            with _started(seen, ["loadbench-gui"]) as took_s:
                times.append(took_s)
        median = statistics.median(times)
        every = ", ".join(f"{took_s:.2f}" for took_s in times)
        doing.result = f"median {median:.2f} s of {every}; limit {contents.FIRST_PAINT_LIMIT_S:.0f} s{_busy()}"
        if median > contents.FIRST_PAINT_LIMIT_S:
            raise Failed(doing.result)


def tests_itself(seen: Session) -> None:
    """Have the window test itself on the real screen."""
    with seen.place.record.step("loadbench-gui --self-test=window") as doing:
        command = ["loadbench-gui", "--self-test=window", "--json", "-"]
        ended = seen.place.run(*command, user=True, variables=[f"DISPLAY={seen.screen.display}"])
        doing.result = terminal.tested(ended.stdout, ended.returncode, ended.stderr)


def compares(seen: Session) -> None:
    """Press the big button, watch the comparison, read its verdict's page."""
    with seen.place.record.step("the big button, with the mouse") as doing, _started(seen, ["loadbench-gui"]):
        home = until(seen.entry, "an entry of the rail being marked", 20)
        before, runs = len(_comparisons(seen.place)), _count(seen.place, "SELECT count(*) FROM runs WHERE final")
        until(lambda: _cards_shown(seen), "the bundled profiles being offered", 30)
        seen.keep("home")
        seen.screen.click(*until(seen.button, "the big button", 10).centre)
        seen.screen.do("mousemove", *AWAY)
        live = until(lambda: _moved(seen, home), "the Live page", 30)
        _stored(seen, "SELECT count(*) FROM runs WHERE final", runs + 4)
        _stored(seen, "SELECT count(*) FROM intervals JOIN runs USING (run_id) WHERE NOT final", 2)
        until(lambda: _series_shown(seen), "the three deployments' colours on Live", 30)
        seen.keep("live")
        _stored(seen, "SELECT count(*) FROM comparisons WHERE structure IS NOT NULL", before + 1)
        until(lambda: _moved(seen, live), "the Compare page", 30)
        until(lambda: _series_shown(seen), "the three deployments' colours on Compare", 30)
        seen.keep("compare")
        after = _comparisons(seen.place)
        if len(after) != before + 1:
            raise Failed(f"the history has {len(after)} comparisons, and had {before} before")
        # A busy machine gets its main verdict withheld; the window then has to say so, and so does the table.
        doing.result = f"complete; it says: {terminal.first_sentence(_said_last(seen.place))}"


def opens_profile(seen: Session) -> None:
    """Open a profile as a file manager does, through the desktop entry."""
    name = f"{HOME}/Meine Läufe/mein Vergleich.toml"
    with seen.place.record.step("a profile through the desktop entry") as doing:
        entry = package.desktop_entry(seen.place)
        seen.place.must("mkdir", "-p", str(Path(name).parent), user=True)
        bundled = next(seen.place.path.rglob("profiles/first-look.toml"))
        seen.place.must("cp", "/" + str(bundled.relative_to(seen.place.path)), name, user=True)
        execute = package.entry_value(entry.read_text(encoding="utf-8"), "Exec")
        with _started(seen, ["loadbench-gui"]):
            usual = until(seen.button, "the big button", 10)
        with _started(seen, package.command_of(execute, name)):
            until(lambda: _narrower(seen.button(), usual), "the profile being offered", 30)
            seen.keep("opened")
        doing.result = f"{entry.name}: Exec={execute}"


def _busy() -> str:
    """How many others wanted the processors meanwhile, where that is enough to be felt."""
    waiting, cpus = os.getloadavg()[0], os.cpu_count() or 1
    return f" (a busy machine: load {waiting:.1f} on {cpus} CPUs)" if waiting > cpus else ""


def _moved(seen: Session, entry: int) -> int | None:
    now = seen.entry()
    return now if now is not None and now != entry else None


def _series_shown(seen: Session) -> bool | None:
    pixels = seen.screen.pixels()
    return True if all(picture.count(pixels, name) >= _SERIES_PIXELS for name in LIGHT.series[:3]) else None


def _narrower(now: Box | None, usual: Box) -> Box | None:
    """Return `now` when it says "Compare these" and no longer "Compare the bundled three"."""
    return now if now and now.right - now.left < (usual.right - usual.left) * 0.9 else None


def _cards_shown(seen: Session) -> bool | None:
    """Whether Home is complete: each bundled profile's card carries a dash of a series' colour."""
    pixels = seen.screen.pixels()
    return True if all(picture.count(pixels, name) >= _SERIES_PIXELS for name in LIGHT.series[:2]) else None


def _stored(seen: Session, query: str, wanted: int) -> None:
    """Wait until the history's answer is at least `wanted`. Looks seldom: a measurement is going on."""
    until(lambda: True if _count(seen.place, query) >= wanted else None, query, _COMPARISON_S, every_s=0.5)


def _count(place: Root, query: str) -> int:
    return int(_value(place, query))


def _value(place: Root, query: str) -> Any:
    history = place.path / HOME.lstrip("/") / ".local/share/loadbench/history.db"
    with contextlib.closing(sqlite3.connect(f"file:{history}?mode=ro", uri=True)) as connection:
        return connection.execute(query).fetchone()[0]


def _said_last(place: Root) -> str:
    """Return what the newest comparison in the history says."""
    return str(_value(place, "SELECT summary FROM comparisons ORDER BY started_at DESC LIMIT 1"))


def _comparisons(place: Root) -> list[str]:
    listing = json.loads(place.must("loadbench", "history", "list", "--json", "-", user=True))
    return [entry["comparison_id"] for entry in listing["comparisons"]]

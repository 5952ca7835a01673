"""The steps in their order, from an empty root to one that is as it was before."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import partial
from typing import Final, TypeVar

from installers.cleanroot import package, root, sources, terminal, window
from installers.cleanroot.command import FOLDER, Options
from installers.cleanroot.leftovers import look
from installers.cleanroot.record import Failed, Record, table
from installers.cleanroot.root import Root
from installers.cleanroot.sources import Source

TABLE: Final = "summary.md"

T = TypeVar("T")


def carry_out(chosen: Options) -> int:
    """Do what was asked for; print the table; return 0, or 1 when a step failed."""
    log = FOLDER / "cleanroot.log"
    log.write_text("", encoding="utf-8")
    record = Record(log)
    try:
        if chosen.refused_on:
            _refusal(chosen, record)
        else:
            _everything(chosen, record)
    except Failed as failure:
        record.broke_off(failure)
    summary = table(record.lines)
    (FOLDER / TABLE).write_text(summary + "\n", encoding="utf-8")
    print(f"\n{summary}\n\nDetails: {log}")
    return 0 if all(line.passed for line in record.lines) else 1


def _everything(chosen: Options, record: Record) -> None:
    place = _prepare(chosen.suite, record)
    before = look(place.path)
    package.install(place, chosen.deb)
    for use in (terminal.look_around, terminal.self_test, terminal.compare):
        _go_on_after(use, place)
    with window.session(place) as seen:
        for look_at in (window.starts_cold, window.tests_itself, window.compares, window.opens_profile):
            _go_on_after(look_at, seen)
    _go_on_after(package.known_to_the_desktop, place)
    _go_on_after(partial(package.purge, before=before), place)
    package.upgrade(place, chosen.deb)
    if chosen.portable is not None:
        package.beside(place, chosen.portable)
    else:
        record.note("There is no portable archive: a second version beside the installed one was not looked at.")
        print("portable archive beside the package: left out, there is none in build/dist", flush=True)
    package.purge(place, before)


def _go_on_after(step: Callable[[T], None], what: T) -> None:
    """Do a step; where it fails the ones after it are tried all the same, for they tell more."""
    with contextlib.suppress(Failed):  # it is in the table
        step(what)


def _refusal(chosen: Options, record: Record) -> None:
    package.is_refused(_prepare(chosen.refused_on, record), chosen.deb)


def _prepare(suite: str, record: Record) -> Root:
    with record.step("a minimal Debian without Python") as doing:
        place, made = _fresh(suite, record)
        if found := place.pythons():
            raise Failed(f"the fresh root has a Python: {', '.join(found)}")
        name = (place.path / "etc/debian_version").read_text(encoding="utf-8").strip()
        doing.result = f"Debian {name}, {len(place.packages())} packages{', made by debootstrap' if made else ''}"
    return place


def _fresh(suite: str, record: Record) -> tuple[Root, bool]:
    own = sources.codename()
    archives: tuple[Source, ...] = sources.here(own)
    if suite and suite != own:
        archives, own = sources.moved(archives, own, suite), suite
    archive = FOLDER / f"base-{own}.tar"
    made = root.make(archive, own, archives, record)
    place = Root(FOLDER / "root", record)
    place.unpack(archive, archives)
    place.must("apt-get", "update", "-q")
    return place, made

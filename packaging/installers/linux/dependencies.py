"""Which Debian packages the app needs, asked of its own files: nothing here is a list of packages kept by hand.

`dpkg-shlibdeps` reads what each file is linked to and since which version of a package its symbols exist. Qt opens its
plug-ins by name, but they lie in the app as files, so what they are linked to is found in the same way: libxcb-cursor0
comes in through the plug-in for X. What the window asks for before it opens is held against the result.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from installers import elf

# glibc's own libraries: which version of it is needed is read from the versions of their symbols.
GLIBC: Final = frozenset(("libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1", "libutil.so.1"))
# Qt does without these: it takes the colours and dialogs of GTK where GTK is there, and its own where it is not.
OPTIONAL: Final = ("libqgtk3.so",)
# Programs and data that are found by name: the browser for a report, and what makes a profile's type known.
ALSO_RECOMMENDED: Final = ("desktop-file-utils", "shared-mime-info", "xdg-utils")


@dataclass(frozen=True)
class Dependencies:
    """The fields of a package: each a list as Debian writes it, such as `libc6 (>= 2.35)`."""

    depends: tuple[str, ...]
    recommends: tuple[str, ...]


def of(root: Path, app: Path) -> Dependencies:
    """Return what `app`, below a package's tree `root` with its DEBIAN folder, needs.

    Raises `SystemExit` for a library that no package of this system has.
    """
    libraries = elf.libraries(app)
    asking = needing_more_than_glibc(libraries)
    optional = [path for path in asking if path.name in OPTIONAL]
    needed = [path for path in asking if path.name not in OPTIONAL]
    found = _shlibdeps(root, sorted({path.parent for path in libraries}), needed, optional)
    depends = with_glibc(found.get("Depends", ""), elf.glibc_needed(app))
    names = {_name(each) for each in depends}
    recommends = [each for each in _split(found.get("Recommends", "")) if _name(each) not in names]
    _hold_against_the_window(names)
    return Dependencies(depends, tuple(sorted((*recommends, *ALSO_RECOMMENDED))))


def needing_more_than_glibc(libraries: Mapping[Path, elf.Library]) -> list[Path]:
    """Return those that are linked to something beside glibc and each other; reading symbols of the others is idle."""
    inside = {library.soname for library in libraries.values()} | {path.name for path in libraries}
    executables = {path for path, library in libraries.items() if not library.soname and not path.suffix}
    return [
        path
        for path, library in libraries.items()
        # An executable is started before anything says where the app's own libraries lie.
        if {name for name in library.needed if path in executables or name not in inside} - GLIBC
    ]


def with_glibc(field: str, version: str) -> tuple[str, ...]:
    """Return the list with glibc in the version that the files ask for."""
    others = [each for each in _split(field) if _name(each) != "libc6"]
    return tuple(sorted((*others, f"libc6 (>= {version})")))


def _shlibdeps(root: Path, folders: Iterable[Path], needed: Iterable[Path], optional: Iterable[Path]) -> dict[str, str]:
    """Run dpkg-shlibdeps; return its fields."""
    with tempfile.TemporaryDirectory() as place:
        control = Path(place, "debian", "control")
        control.parent.mkdir()
        control.write_text("Source: loadbench\n\nPackage: loadbench\nArchitecture: any\n", encoding="utf-8")
        done = subprocess.run(
            [
                "dpkg-shlibdeps", "-O", f"-S{root}", *(f"-l{folder}" for folder in folders),
                *(f"-e{path}" for path in needed), "-dRecommends", *(f"-e{path}" for path in optional),
            ],
            cwd=place, capture_output=True, text=True, check=False,
        )  # fmt: skip
    if done.returncode:
        reasons = [line for line in done.stderr.splitlines() if ": error:" in line] or done.stderr.splitlines()[-3:]
        raise SystemExit("\n".join([*reasons, "Install what is missing: packaging/system-packages.sh installers"]))
    return dict(re.findall(r"^shlibs:(\w+)=(.*)$", done.stdout, re.MULTILINE))


def _hold_against_the_window(depends: set[str]) -> None:
    """Stop when the window would ask for a library whose package is not among the dependencies."""
    from loadbench_gui.ui import display

    asked = {package for table in (display.ALWAYS, display.FOR_X11, display.FOR_WAYLAND) for package in table.values()}
    if missing := asked - depends:
        raise SystemExit(f"The window asks for {', '.join(sorted(missing))}, and no file of the app is linked to it.")


def _split(field: str) -> list[str]:
    return [each.strip() for each in field.split(",") if each.strip()]


def _name(dependency: str) -> str:
    return dependency.split()[0]

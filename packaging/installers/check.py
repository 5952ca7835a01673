"""Holds the frozen app, and what is packed of it, against its budgets and rules: `python -m installers check [--json]`.

How long the window takes to its first paint is measured where it is installed, in a clean root.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from installers import contents, elf, places, rules
from installers.rules import Finding
from installers.trim import size

PACKED: Final = ("*.deb", "*.tar.xz", "*.AppImage", "*.dmg", "*.exe")
MANY: Final = 40  # findings that are shown; the rest is counted


@dataclass(frozen=True)
class Measure:
    """A size against its limit and against what we aim at, in MB."""

    what: str
    mb: float
    limit_mb: int
    aim_mb: int

    @property
    def words(self) -> str:
        """Where the size stands."""
        if self.mb > self.limit_mb:
            return "over the limit"
        return "within the aim" if self.mb <= self.aim_mb else "within the limit, over the aim"


@dataclass(frozen=True)
class Result:
    """Everything that one check found."""

    measures: tuple[Measure, ...]
    glibc: str
    glibc_needed_by: tuple[str, ...]
    system_libraries: tuple[str, ...]
    findings: tuple[Finding, ...]


def check(folder: Path, packed: Path, *, version: str, roots: Sequence[str]) -> Result:
    """Return how a frozen app and the packages in the folder `packed` stand."""
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())
    measures = tuple(_measures(folder, packed))
    libraries = elf.libraries(folder) if sys.platform == "linux" else {}
    newest = max((library.glibc for library in libraries.values()), default=())
    findings = [
        *(Finding("budget", each.what, f"{each.mb:.1f} MB") for each in measures if each.mb > each.limit_mb),
        *rules.forbidden(files),
        *rules.required(files, version),
        *rules.links(folder),
        *(rules.permissions(folder) if sys.platform != "win32" else ()),
        *rules.build_paths(folder, roots),
        *rules.shared_objects(folder, libraries),
        *rules.glibc(folder, libraries),
    ]
    return Result(
        measures=measures,
        glibc=elf.dotted(newest),
        glibc_needed_by=tuple(path.name for path, library in libraries.items() if newest and library.glibc == newest),
        system_libraries=tuple(sorted(elf.needed(folder))) if libraries else (),
        findings=tuple(findings),
    )


def table(result: Result) -> str:
    """Return a result for people."""
    lines = [
        f"{each.what:40} {each.mb:7.1f} MB  limit {each.limit_mb}, aim {each.aim_mb}: {each.words}"
        for each in result.measures
    ]
    if result.glibc:
        lines.append(f"{'needs glibc':40} {result.glibc:>7} or newer, because of {', '.join(result.glibc_needed_by)}")
        lines.append(f"{'libraries of the system':40} {len(result.system_libraries):7}")
    lines += [f"{each.rule}: {each.path}: {each.words}" for each in result.findings[:MANY]]
    if len(result.findings) > MANY:
        lines.append(f"and {len(result.findings) - MANY} more")
    return "\n".join(lines)


def main() -> int:
    """Check what is built; return 0, 1 when something is wrong, 2 when there is nothing to check."""
    parser = argparse.ArgumentParser(prog="installers check", description="Hold the frozen app against its budgets.")
    parser.add_argument("--json", action="store_true", help="write the result as JSON")
    wanted = parser.parse_args()
    if not places.FROZEN.is_dir():
        print(f"There is no frozen app in {places.FROZEN}. Make it: make freeze", file=sys.stderr)
        return 2
    result = check(places.FROZEN, places.DIST, version=places.version(), roots=rules.build_roots())
    print(json.dumps(asdict(result), indent=2) if wanted.json else table(result))
    if result.findings:
        print(f"{len(result.findings)} things are wrong with {places.FROZEN}.", file=sys.stderr)
    return 1 if result.findings else 0


def _measures(folder: Path, packed: Path) -> list[Measure]:
    unpacked = size(folder) / contents.MB
    found = [Measure("unpacked", unpacked, contents.UNPACKED_LIMIT_MB, contents.UNPACKED_AIM_MB)]
    for path in sorted({path for pattern in PACKED for path in packed.glob(pattern)}):
        mb = path.stat().st_size / contents.MB
        found.append(Measure(path.name, mb, contents.COMPRESSED_LIMIT_MB, contents.COMPRESSED_AIM_MB))
    return found

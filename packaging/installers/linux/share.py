"""What a Linux desktop, a shell and `man` want to know of the program: everything that goes below `share/`."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from xml.sax.saxutils import escape

from installers import changelog, project
from installers.linux import commandline, completion, manpage
from installers.places import PACKAGING, ROOT, version

LINUX: Final = PACKAGING / "linux"
ICONS: Final = ROOT / "resources" / "icons"
# The sizes that the hicolor theme looks for; a folder for any other is never read.
HICOLOR: Final = (16, 22, 24, 32, 36, 48, 64, 72, 96, 128, 192, 256, 512)
PACKED_ON: Final = 9


@dataclass(frozen=True)
class Shared:
    """One file: its place below `share/`, and what is in it."""

    path: str
    data: bytes


def files(built: int) -> tuple[Shared, ...]:
    """Return them all, in order of path. built: the build's date in seconds."""
    return tuple(sorted((*_desktop(built), *_icons(), *_manuals(built), *_completions()), key=lambda file: file.path))


def packed(text: str) -> bytes:
    """Compress as Debian wants documentation: at best, and without name or time."""
    return gzip.compress(text.encode(), PACKED_ON, mtime=0)


def profiles() -> list[str]:
    """Return the names of the shipped profiles."""
    return sorted(path.stem for path in (ROOT / "profiles").glob("*.toml"))


def _desktop(built: int) -> Iterable[Shared]:
    yield _template("loadbench.desktop", f"applications/{project.NAME}.desktop")
    yield _template("mime.xml", f"mime/packages/{project.NAME}.xml")
    found = changelog.known()
    yield _template("metainfo.xml", f"metainfo/{project.COMPONENT}.metainfo.xml", RELEASES=_releases(found, built))


def _template(name: str, path: str, **parts: str) -> Shared:
    text = (LINUX / name).read_text(encoding="utf-8")
    known = {"PROFILE_TYPE": project.PROFILE_TYPE, "COMPONENT": project.COMPONENT, "SUMMARY": project.description()}
    for key, part in (known | parts).items():
        text = text.replace(f"@{key}@", part)
    return Shared(path, text.encode())


def _releases(found: Iterable[changelog.Release], built: int) -> str:
    lines = []
    for release in found:
        date = release.released or datetime.fromtimestamp(built, UTC)
        items = "\n".join(f"          <li>{escape(change)}</li>" for change in release.changes)
        lines += [
            f'    <release version="{release.version}" date="{date:%Y-%m-%d}">',
            f"      <description>\n        <ul>\n{items}\n        </ul>\n      </description>",
            "    </release>",
        ]
    return "\n".join(lines)


def _icons() -> Iterable[Shared]:
    for size in HICOLOR:
        drawn = ICONS / f"app-{size}.png"
        if drawn.is_file():
            yield Shared(f"icons/hicolor/{size}x{size}/apps/{project.NAME}.png", drawn.read_bytes())
    yield Shared(f"icons/hicolor/scalable/apps/{project.NAME}.svg", (ICONS / "app.svg").read_bytes())


def _manuals(built: int) -> Iterable[Shared]:
    date = datetime.fromtimestamp(built, UTC).date().isoformat()
    for program, summary, other in (
        (commandline.console(), project.summary(), project.WINDOW),
        (commandline.window(), f"{project.summary()}, in a window", project.NAME),
    ):
        text = manpage.page(program, version=version(), date=date, summary=summary, see_also=other)
        yield Shared(f"man/man1/{program.name}.1.gz", packed(text))


def _completions() -> Iterable[Shared]:
    programs, names = (commandline.console(), commandline.window()), profiles()
    for program in programs:  # bash looks a script up by the name of the program, and fish does
        yield Shared(f"bash-completion/completions/{program.name}", completion.bash(programs, names).encode())
        yield Shared(f"fish/vendor_completions.d/{program.name}.fish", completion.fish(program, names).encode())
    yield Shared("zsh/vendor-completions/_loadbench", completion.zsh(programs, names).encode())

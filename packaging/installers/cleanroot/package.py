"""What the package manager does with the package: install, upgrade, refuse, purge; and what is left then."""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from installers import places
from installers.cleanroot.leftovers import Tree, changes, look, unexplained
from installers.cleanroot.record import Failed
from installers.cleanroot.root import HOME, UID, Root

NAME: Final = "loadbench"
# Programs of every desktop that tell which program opens a file. They are no part of what we need.
_DESKTOP: Final = ("shared-mime-info", "desktop-file-utils", "libglib2.0-bin")
# Something of an earlier version that this one does not have any more.
_GONE: Final = "usr/share/loadbench-of-old/left-behind"


def install(place: Root, deb: Path) -> None:
    """Install the package with what it needs, and see that no Python came along."""
    record = place.record
    with record.step("apt-get install ./loadbench.deb") as doing:
        before = place.packages()
        place.put(deb, "/tmp/loadbench.deb")
        _apt(place, "install", "/tmp/loadbench.deb")
        added = sorted(place.packages().keys() - before.keys() - {NAME})
        record.note(f"came along: {', '.join(added)}")
        if NAME not in place.packages():
            raise Failed("apt-get was content, but the package is not installed")
        if found := place.pythons():
            raise Failed(f"a Python came along: {', '.join(found)}")
        (place.path / "tmp/loadbench.deb").unlink()
        size_mb = deb.stat().st_size / 1e6
        doing.result = (
            f"{size_mb:.0f} MB package, {_installed_mb(place):.0f} MB installed, {len(added)} packages came along"
        )


def _apt(place: Root, *words: str) -> None:
    place.must("apt-get", "-q", "--yes", "--no-install-recommends", *words)


def _installed_mb(place: Root) -> float:
    files = (place.path / name.lstrip("/") for name in place.contents(NAME))
    return sum(path.lstat().st_size for path in files if not path.is_dir() or path.is_symlink()) / 1e6


def desktop_entry(place: Root) -> Path:
    """Return the desktop entry that the package brought and that takes files."""
    for name in place.contents(NAME):
        path = place.path / name.lstrip("/")
        if path.suffix == ".desktop" and "MimeType=" in path.read_text(encoding="utf-8"):
            return path
    raise Failed("the package has no desktop entry that takes files")


def entry_value(text: str, key: str) -> str:
    """Return the value of `key` in the text of a desktop entry. Raises `Failed` where there is none."""
    found = re.search(rf"^{key}=(.*)$", text, re.MULTILINE)
    if found is None:
        raise Failed(f"the desktop entry has no {key}")
    return found[1].strip()


def command_of(execute: str, file: str) -> list[str]:
    """Return the command of an entry's `Exec` line for `file` (Desktop Entry Specification, field codes)."""
    codes = {"%f": [file], "%F": [file], "%u": [f"file://{file}"], "%U": [f"file://{file}"]}
    words: list[str] = []
    for word in execute.split():
        words += codes.get(word, [] if re.fullmatch("%[a-zA-Z]", word) else [word])
    if file not in words and f"file://{file}" not in words:
        raise Failed(f"the desktop entry hands no file on: Exec={execute}")
    return words


def known_to_the_desktop(place: Root) -> None:
    """See that a desktop knows what a profile is and that we open it."""
    with place.record.step("a profile's type, as a desktop sees it") as doing:
        _apt(place, "install", *_DESKTOP)
        if found := place.pythons():
            raise Failed(f"a desktop's programs brought a Python: {', '.join(found)}")
        entry = desktop_entry(place)
        ours = [kind for kind in entry_value(entry.read_text(encoding="utf-8"), "MimeType").split(";") if kind]
        profile = f"{HOME}/first-look.loadbench.toml"
        place.must("loadbench", "profile", "new", profile, user=True)
        said = place.must("gio", "info", "-a", "standard::content-type", profile, user=True)
        kind = said.rpartition("standard::content-type:")[2].strip()
        if kind not in ours:
            raise Failed(f"{profile} is taken for {kind}, which is not among the entry's types: {', '.join(ours)}")
        openers = place.must("gio", "mime", kind, user=True)
        if entry.name not in openers:
            raise Failed(f"{kind} is not opened by {entry.name}: {openers.strip()}")
        doing.result = f"{kind}, opened by {entry.name}"


def purge(place: Root, before: Tree) -> None:
    """Remove the package and what came along, and see that nothing else is left than what belongs to the user."""
    with place.record.step("apt-get purge") as doing:
        own = place.contents(NAME)
        shared = set(before)
        place.must("apt-get", "-q", "--yes", "purge", NAME)
        alone = [name for name in own if name not in shared and _is_ours(place, name)]
        if alone:
            raise Failed(f"purging the package left {len(alone)} of its paths, such as {alone[0]}")
        tools = [name for name in _DESKTOP if name in place.packages()]
        place.must("apt-get", "-q", "--yes", "--purge", "autoremove", *tools)
        if running := place.processes():
            raise Failed(f"still running: {'; '.join(running)}")
        found = changes(before, look(place.path))
        left = unexplained(found)
        place.record.note("\n".join(f"{'LEFT' if change in left else 'expected'}  {change}" for change in found))
        if left:
            raise Failed(f"{len(left)} things differ from before the installation: {'; '.join(map(str, left[:5]))}")
        users = [change.path for change in found if change.path.startswith(f"{HOME}/")]
        doing.result = f"nothing left but the user's own: {len(users)} paths below {HOME}"


def _is_ours(place: Root, name: str) -> bool:
    """Whether a path of the package is still there and belongs to no other package."""
    path = place.path / name.lstrip("/")
    return path.exists() and place.run("dpkg-query", "-S", name).returncode != 0


def upgrade(place: Root, deb: Path) -> None:
    """Install an earlier version, then this one over it."""
    with place.record.step("upgrade from an earlier version") as doing:
        with tempfile.TemporaryDirectory(dir=place.path.parent) as folder:
            place.put(_earlier(deb, Path(folder)), "/tmp/earlier.deb")
        _apt(place, "install", "/tmp/earlier.deb")
        old = place.packages()[NAME]
        if not (place.path / _GONE).exists():
            raise Failed("the earlier version did not bring its file")
        (place.path / "tmp/earlier.deb").unlink()
        place.put(deb, "/tmp/loadbench.deb")
        _apt(place, "install", "/tmp/loadbench.deb")
        (place.path / "tmp/loadbench.deb").unlink()
        new = place.packages()[NAME]
        if (place.path / _GONE).parent.exists():
            raise Failed("a file of the earlier version is still there")
        said = place.must("loadbench", "--version", user=True).strip()
        history = place.must("loadbench", "history", "list", user=True)
        if places.version() not in said or "First look" not in history:
            raise Failed(f"after the upgrade: {said}; history: {history}")
        doing.result = f"{old} -> {new}; the history is still there"


def _earlier(deb: Path, folder: Path) -> Path:
    """Return the same package as an earlier version, with a file that this one does not have."""
    tree, earlier = folder / "tree", folder / "earlier.deb"
    subprocess.run(["dpkg-deb", "-R", str(deb), str(tree)], check=True)
    control = tree / "DEBIAN/control"
    control.write_text(re.sub(r"(?m)^Version: .*$", "Version: 0.0.1", control.read_text("utf-8")), "utf-8")
    (tree / _GONE).parent.mkdir(parents=True)
    (tree / _GONE).write_text("of an earlier version\n", encoding="utf-8")
    subprocess.run(
        ["dpkg-deb", "-Znone", "--root-owner-group", "-b", str(tree), str(earlier)], check=True, capture_output=True
    )
    return earlier


def beside(place: Root, archive: Path) -> None:
    """Unpack the portable archive in the user's home, and use both."""
    with place.record.step("the portable archive beside the package") as doing:
        target = place.path / HOME.lstrip("/") / "Programme für Tests"
        target.mkdir()
        if subprocess.run(["tar", "-xJf", str(archive), "-C", str(target), "--no-same-owner"], check=False).returncode:
            raise Failed(f"{archive.name} cannot be unpacked")
        inside = f"{HOME}/{target.name}"
        place.must("chown", "-R", f"{UID}:{UID}", inside)
        launcher = next(target.glob(f"*/{NAME}"), None)
        if launcher is None:
            raise Failed(f"{archive.name} has no program called {NAME}")
        portable = "/" + str(launcher.relative_to(place.path))
        said = [place.must(program, "--version", user=True).strip() for program in (portable, "loadbench")]
        for program in (portable, "loadbench"):
            place.must(program, "profile", "check", "first-look", user=True)
        if any(places.version() not in words for words in said):
            raise Failed(f"the two say: {'; '.join(said)}")
        doing.result = f"both work: {portable} and {place.must('sh', '-c', 'command -v loadbench').strip()}"


def is_refused(place: Root, deb: Path) -> None:
    """See that a release whose C library is too old does not install the package, and that apt names the library."""
    with place.record.step("apt-get install on a release that is too old") as doing:
        place.put(deb, "/tmp/loadbench.deb")
        ended = place.run("apt-get", "-q", "--yes", "--no-install-recommends", "install", "/tmp/loadbench.deb")
        said = [line.strip() for line in (ended.stdout + ended.stderr).splitlines() if "libc6" in line]
        if ended.returncode == 0 or NAME in place.packages():
            raise Failed("it was installed where it cannot run")
        if not said:
            raise Failed("it was refused, but not for its C library")
        doing.result = f"refused: {said[0]}"

"""The profiles that ship with loadbench, and how a name on the command line becomes a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from loadbench_gui.assets import asset_dir
from loadbench_gui.errors import UserError
from loadbench_gui.profile.nearest import nearest

TEMPLATE = "single-url"


@dataclass(frozen=True, slots=True)
class Bundled:
    """A shipped profile: the name that the command line takes, its file, and its first comment line."""

    name: str
    path: Path
    summary: str


def bundled() -> tuple[Bundled, ...]:
    """Return the shipped profiles, first-look first, then by name."""
    paths = sorted(asset_dir("profiles").glob("*.toml"), key=lambda path: (path.stem != "first-look", path.stem))
    return tuple(Bundled(path.stem, path, _summary(path)) for path in paths)


def find(name_or_path: str) -> Path:
    """Return the file of a profile: a path, or the name of a shipped one (`first-look`).

    Raises `UserError` that names the closest shipped profile and lists them all.
    """
    path = Path(name_or_path).expanduser()
    shipped = {one.name: one.path for one in bundled()}
    if _is_plain(name_or_path) and not path.is_file() and path.stem in shipped:
        return shipped[path.stem]
    if path.exists():
        return path
    guess = nearest(path.stem, shipped)
    beside = _similar_file(path)
    question = f"Did you mean {beside or guess}? " if beside or guess else ""
    raise UserError(
        f"there is no profile {name_or_path}",
        f"{question}Name a .toml file, or one of those that ship with loadbench: {', '.join(shipped)}.",
    )


def name_of(path: str) -> str:
    """Return what the command line calls the profile at `path`: the name of a shipped one, else the path."""
    return next((one.name for one in bundled() if str(one.path) == path), path)


def new(kind: str = TEMPLATE) -> str:
    """Return the text of a profile to start from: the shipped one called `kind`, comments and all.

    Raises `UserError` naming the closest one.
    """
    shipped = {one.name: one.path for one in bundled()}
    if kind not in shipped:
        guess = nearest(kind, shipped)
        question = f"Did you mean {guess}? " if guess else ""
        raise UserError(f'there is no template "{kind}"', f"{question}Templates: {', '.join(shipped)}.")
    return shipped[kind].read_text("utf-8")


def _is_plain(name: str) -> bool:
    return "/" not in name and "\\" not in name and Path(name).suffix in ("", ".toml")


def _similar_file(path: Path) -> str | None:
    try:
        names = [other.name for other in path.parent.glob("*.toml")][:1000]
    except OSError:
        return None
    guess = nearest(path.name, names)
    return str(path.parent / guess) if guess else None


def _summary(path: Path) -> str:
    return path.read_text("utf-8").partition("\n")[0].lstrip("# ").strip()

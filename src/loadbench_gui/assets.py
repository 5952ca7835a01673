"""Where the files that ship with the program are: beside the source, inside the wheel, or in a frozen app."""

from __future__ import annotations

import sys
from pathlib import Path

from loadbench_gui.errors import EnvironmentFault


def asset_dir(name: str) -> Path:
    """Return the folder of shipped files called `name` ("profiles" or "resources").

    Looked for, in order: in a frozen app's bundle, inside the installed package (`_data/`), and at the top of a
    source checkout. Raises `EnvironmentFault` when the installation lacks it.
    """
    package = Path(__file__).resolve().parent
    bundle = getattr(sys, "_MEIPASS", None)
    candidates = [
        *([Path(bundle) / name] if bundle else []),
        package / "_data" / name,
        package.parent.parent / name,
    ]
    for candidate in candidates:
        if candidate.is_dir():
            return candidate
    raise EnvironmentFault(
        f"the {name} folder that ships with loadbench is missing",
        f"Looked in {', '.join(map(str, candidates))}. Reinstall loadbench.",
    )


def notices_dir() -> Path | None:
    """Return the folder with the licences of everything in a packaged app; None when this is none.

    It lies beside the folder of the app's files, on macOS among the bundle's resources.
    """
    bundle = getattr(sys, "_MEIPASS", None)
    if bundle is None:
        return None
    around = Path(bundle).parent
    return next((folder for folder in (around / "notices", around / "Resources" / "notices") if folder.is_dir()), None)

"""What belongs to an installation: the version everywhere the same, every file there, every place writable."""

from __future__ import annotations

import importlib.metadata
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from loadbench_gui import __version__, interpreter
from loadbench_gui.assets import asset_dir
from loadbench_gui.deploy.environment import PACKAGES, read_environment
from loadbench_gui.deploy.folders import RUNTIME_DIR_VARIABLE
from loadbench_gui.deploy.threads import in_thread
from loadbench_gui.errors import EnvironmentFault
from loadbench_gui.profile.bundled import bundled
from loadbench_gui.services.selftest.scratch import Scratch
from loadbench_gui.store.db import read_migrations, shipped_migrations

REINSTALL: Final = "The installation is incomplete: reinstall loadbench."
PROFILES: Final = (
    "first-look", "json-api", "json-peak", "single-url", "streaming", "sse", "websocket-echo", "fan-out",
    "held-connections",
)  # fmt: skip
RESOURCES: Final = (
    "report/report.html.j2", "report/macros.html.j2", "report/style.css.j2", "icons/app-256.png", "icons/play.svg",
    "fonts/Inter-Regular.ttf", "fonts/Inter-SemiBold.ttf", "fonts/JetBrainsMono-Regular.ttf",
    "deployments/fastapi/app.py", "deployments/starlette/app.py", "deployments/sanic/app.py",
    "selftest/localhost-certificate.pem", "selftest/localhost-key.pem",
)  # fmt: skip
# Each event loop exists on its own platforms only; the servers are packages that a profile starts by name.
_ELSEWHERE: Final = frozenset({"uvloop", "winloop"})
SERVERS: Final = ("fastapi", "starlette", "sanic", "uvicorn")


async def version(_: Scratch) -> str:
    """Hold the program's version against that of its metadata, and find the metadata of what it is made of."""
    found = await in_thread(read_environment)
    try:
        installed = importlib.metadata.version("loadbench")
        servers = {name: importlib.metadata.version(name) for name in SERVERS}
    except importlib.metadata.PackageNotFoundError as problem:
        raise EnvironmentFault(f"the metadata of {problem.name} is missing", REINSTALL) from problem
    if installed != __version__:
        raise EnvironmentFault(
            f"this is loadbench {__version__}, but its metadata is that of {installed}",
            "Two versions are mixed: remove both, then install one.",
        )
    missing = sorted({*PACKAGES} - _ELSEWHERE - found.packages.keys())
    if missing or not _ELSEWHERE & found.packages.keys():
        raise EnvironmentFault(f"the metadata of {', '.join(missing) or 'uvloop'} is missing", REINSTALL)
    how = "packaged" if interpreter.is_frozen() else "on a Python of its own"
    return f"loadbench {__version__}, {how}, {found.python}, {len(found.packages) + len(servers)} packages known"


async def files(_: Scratch) -> str:
    """Look for everything that ships beside the code."""
    missing = list(_missing())
    if missing:
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        raise EnvironmentFault(f"missing: {', '.join(missing[:3])}{more}", REINSTALL)
    steps = read_migrations(shipped_migrations())
    return f"{len(bundled())} profiles, {len(RESOURCES)} resources, {len(steps)} migrations of the history"


def _missing() -> Iterator[str]:
    resources, profiles = asset_dir("resources"), asset_dir("profiles")
    for path in (*(profiles / f"{name}.toml" for name in PROFILES), *(resources / name for name in RESOURCES)):
        if not path.is_file() or path.stat().st_size == 0:
            yield f"{path.parent.name}/{path.name}"
    try:
        steps = read_migrations(shipped_migrations())
    except (OSError, ValueError) as problem:
        yield f"the migrations of the history ({problem})"
    else:
        if not steps:
            yield "the migrations of the history"


async def folders(place: Scratch) -> str:
    """See that the user's folders can be written. Nothing is left there, and none of them is made."""
    _writable("the history", place.data_dir, "--data-dir or LOADBENCH_DATA_DIR")
    _writable("records of running servers", place.runtime_dir, RUNTIME_DIR_VARIABLE)
    return f"history goes to {_short(place.data_dir)}"


def _writable(what: str, folder: Path, choice: str) -> None:
    """Return if `folder`, or what it would be made in, can be written. Raises `EnvironmentFault`."""
    nearest = folder
    while not nearest.exists():
        nearest = nearest.parent
    try:
        # Asking for permissions is not enough: root has them all, also where nothing can be written.
        with tempfile.TemporaryFile(dir=nearest):
            pass
    except OSError as problem:
        raise EnvironmentFault(
            f"{what} cannot be kept in {folder}: {nearest} cannot be written ({problem.strerror})",
            f"Make it writable, or choose another with {choice}.",
        ) from problem


def _short(path: Path) -> str:
    try:
        return f"~{os.sep}{path.relative_to(Path.home())}"
    except (ValueError, RuntimeError):
        return str(path)

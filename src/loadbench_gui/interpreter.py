"""The Python that loadbench runs on, as a command that starts it: `{python}`, the guardian, a worker's module.

A frozen app has no `python`. There the console executable takes its place: it runs `-m MODULE`, `-c CODE` and
`FILE.py` like an interpreter, with the packages that ship with loadbench. Whoever needs another Python names it in the
profile.
"""

from __future__ import annotations

import os
import runpy
import sys
from collections.abc import MutableMapping, Sequence
from pathlib import Path
from typing import Final

from loadbench_gui.errors import UserError

CONSOLE: Final = "loadbench"
NAME_ANOTHER: Final = 'Name a Python of your own in the profile: python = "/path/to/python".'

# Options of a Python that change nothing here: a frozen app always runs isolated and writes no byte code.
_WITHOUT_EFFECT: Final = frozenset("IPEsSBuq")
# What a Python reads from its environment and a frozen one does not.
_UNHEARD: Final = ("PYTHONOPTIMIZE", "PYTHONDEVMODE", "PYTHONASYNCIODEBUG", "PYTHONMALLOC", "PYTHONHASHSEED",
                   "PYTHONWARNINGS", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONTRACEMALLOC")  # fmt: skip


def is_frozen() -> bool:
    """Whether this is the packaged app rather than a Python with loadbench installed."""
    return bool(getattr(sys, "frozen", False))


def own() -> str:
    """Return the program that runs `-m MODULE` with our packages: this Python, or the console executable beside us."""
    if not is_frozen():
        return sys.executable
    here = Path(sys.executable)
    return str(here.with_name(CONSOLE + here.suffix))


def leave_bundle(environ: MutableMapping[str, str]) -> None:
    """Take out of `environ` what the app's own loader put there for itself: other programs must not load our libraries.

    This process and children of the same executable do not need it again.
    """
    if not is_frozen():
        return
    bundle = str(getattr(sys, "_MEIPASS", ""))
    before = environ.pop("LD_LIBRARY_PATH_ORIG", None)
    if before is not None:
        environ["LD_LIBRARY_PATH"] = before
    elif environ.get("LD_LIBRARY_PATH", "").partition(os.pathsep)[0] == bundle:
        del environ["LD_LIBRARY_PATH"]
    for name in [name for name in environ if name.startswith("_PYI_")]:
        del environ[name]
    for name in ("QT_PLUGIN_PATH", "QML2_IMPORT_PATH"):
        if environ.get(name, "").startswith(bundle):
            del environ[name]


def stands_in(arguments: Sequence[str]) -> bool:
    """Whether the command line is one for a Python: it starts with an option of its, or names a script."""
    if not (is_frozen() and arguments):
        return False
    first = arguments[0]
    return first.endswith(".py") or (len(first) > 1 and first[0] == "-" and first[1] in {*_WITHOUT_EFFECT, *"mcOWX"})


def run(arguments: Sequence[str]) -> None:
    """Do what a Python would do with this command line. Raises `UserError` for an option that has no meaning here."""
    rest, isolated = list(arguments), False
    while rest and rest[0].startswith("-") and rest[0][1:2] not in ("m", "c"):
        option = rest.pop(0)
        if not set(option[1:]) <= _WITHOUT_EFFECT:
            raise UserError(f"the Python that ships with loadbench does not take {option}", NAME_ANOTHER)
        isolated = isolated or bool(set(option) & set("IP"))
        if "u" in option:
            _write_through()
    if not rest:
        raise UserError("the Python that ships with loadbench runs -m MODULE, -c CODE or FILE.py", NAME_ANOTHER)
    _heed_environment(isolated=isolated)
    first, value = rest[0][:2], rest[0][2:]
    if first in ("-m", "-c"):
        del rest[0]
        if not value and not rest:
            raise UserError(f"{first} needs something to run", "loadbench -m MODULE, or loadbench -c CODE.")
        value = value or rest.pop(0)
        sys.argv = [first, *rest]
        if not isolated:
            sys.path.insert(0, str(Path.cwd()) if first == "-m" else "")
        if first == "-m":
            runpy.run_module(value, run_name="__main__", alter_sys=True)
        else:
            exec(compile(value, "<string>", "exec"), {"__name__": "__main__"})  # noqa: S102 what -c is for
    else:
        sys.argv = rest
        if not isolated:
            sys.path.insert(0, str(Path(rest[0]).resolve().parent))
        runpy.run_path(rest[0], run_name="__main__")


def _heed_environment(*, isolated: bool) -> None:
    """Do by hand what a Python does with its variables, and say which have no effect."""
    if isolated:
        return
    if os.environ.get("PYTHONUNBUFFERED"):
        _write_through()
    sys.path[:0] = [folder for folder in os.environ.get("PYTHONPATH", "").split(os.pathsep) if folder]
    if unheard := [name for name in _UNHEARD if os.environ.get(name)]:
        without_effect = f"loadbench: {', '.join(unheard)} have no effect on the Python that ships with it."
        sys.stderr.write(f"{without_effect} {NAME_ANOTHER}\n")


def _write_through() -> None:
    for stream in (sys.stdout, sys.stderr):
        getattr(stream, "reconfigure", lambda **_: None)(write_through=True)

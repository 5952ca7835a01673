"""The Python that loadbench runs on, as a command that starts it: `{python}`, the guardian, a worker's module.

A frozen app has no `python`. There the console executable takes its place: it runs `-m MODULE`, `-c CODE` and
`FILE.py` like an interpreter, with the packages that ship with loadbench. Whoever needs another Python names it in the
profile.
"""

from __future__ import annotations

import io
import linecache
import os
import runpy
import subprocess
import sys
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Final

from loadbench_gui.errors import UserError

CONSOLE: Final = "loadbench"
NAME_ANOTHER: Final = 'Name a Python of your own in the profile: python = "/path/to/python".'
# For `creationflags`: a program of the console started by the window opens no console of its own. 0 elsewhere.
NO_CONSOLE: Final = int(getattr(subprocess, "CREATE_NO_WINDOW", 0))

# Options of a Python that change nothing here: a frozen app has no site and writes no byte code.
_WITHOUT_EFFECT: Final = frozenset("IPEsSBuq")
_REFUSED: Final = frozenset("OWXbdivx")
_SCRIPTS: Final = (".py", ".pyw", ".pyz")
_PROFILE: Final = ".toml"
# What a Python reads from its environment and a frozen one does not.
_UNHEARD: Final = ("PYTHONOPTIMIZE", "PYTHONDEVMODE", "PYTHONASYNCIODEBUG", "PYTHONMALLOC", "PYTHONHASHSEED",
                   "PYTHONWARNINGS", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONTRACEMALLOC")  # fmt: skip


@dataclass(frozen=True, slots=True)
class CommandLine:
    """What a Python was asked for. kind: "-m", "-c" or "" for a file; target: the module, code or file; options: their
    letters, "I" and "u" for instance; rest: the arguments of what runs.
    """

    kind: str
    target: str
    options: frozenset[str]
    rest: tuple[str, ...]

    @property
    def safe_path(self) -> bool:
        """Whether neither the current folder nor the script's is searched for modules."""
        return bool(self.options & {"I", "P"})

    @property
    def heeds_environment(self) -> bool:
        """Whether variables such as PYTHONPATH count."""
        return not self.options & {"I", "E"}


def is_frozen() -> bool:
    """Whether this is the packaged app rather than a Python with loadbench installed."""
    return bool(getattr(sys, "frozen", False))


def own() -> str:
    """Return the program that runs `-m MODULE` with our packages: this Python, or the console executable beside us."""
    if not is_frozen():
        return sys.executable
    here = Path(sys.executable)
    return str(here.with_name(CONSOLE + here.suffix))


def own_module(module: str) -> list[str]:
    """Return the command that runs a module of loadbench, whatever folder and environment it is started in.

    A frozen app has all of its modules inside. From source the environment may say where they are.
    """
    return [own(), "-I" if is_frozen() else "-P", "-m", module]


def bundled_modules() -> str:
    """Return the folder of a frozen app's modules, as the system names it in memory maps; "" from source."""
    bundle = str(getattr(sys, "_MEIPASS", "")) if is_frozen() else ""
    return os.path.realpath(bundle) if bundle else ""


def leave_bundle(environ: MutableMapping[str, str]) -> None:
    """Take out of `environ` what the app's own loader put there for itself: other programs must not load our libraries.

    This process and children of the same executable do not need it again.
    """
    bundle = str(getattr(sys, "_MEIPASS", ""))
    if not (is_frozen() and bundle):
        return
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
    """Whether the command line is one for a Python: it starts with an option of its, or names a script.

    No command of loadbench has a slash in it.
    """
    if not (is_frozen() and arguments):
        return False
    first = arguments[0]
    if first.startswith("-"):
        return first[1:2] in {*_WITHOUT_EFFECT, *_REFUSED, "m", "c"}
    if first.endswith(_PROFILE):
        return False  # somebody left the command out: better told so than taken for code
    return first.endswith(_SCRIPTS) or any(mark in first for mark in {"/", os.sep})


def understand(arguments: Sequence[str]) -> CommandLine:
    """Read a Python's command line. Raises `UserError` for an option that has no meaning here, or when nothing is to
    be run.
    """
    rest, options = list(arguments), set[str]()
    while rest and rest[0].startswith("-"):
        word = rest.pop(0)
        for at, letter in enumerate(word[1:], start=1):
            if letter in "mc":
                rest[:0] = [word[at + 1 :]] if word[at + 1 :] else []
                if not rest:
                    raise UserError(f"-{letter} needs something to run", f"{CONSOLE} -m MODULE, or {CONSOLE} -c CODE.")
                return CommandLine(f"-{letter}", rest[0], frozenset(options), tuple(rest[1:]))
            if letter not in _WITHOUT_EFFECT:
                raise UserError(f"the Python that ships with loadbench does not take {word}", NAME_ANOTHER)
            options.add(letter)
    if not rest:
        raise UserError("the Python that ships with loadbench runs -m MODULE, -c CODE or FILE.py", NAME_ANOTHER)
    return CommandLine("", rest[0], frozenset(options), tuple(rest[1:]))


def run(arguments: Sequence[str]) -> int:
    """Do what a Python would do with this command line; return its exit code, or let `SystemExit` through.

    An exception of what runs is shown the way Python shows it. Raises `UserError` for a command line that cannot be
    followed and for a file that cannot be read.
    """
    line = understand(arguments)
    if line.heeds_environment:
        _heed_environment()
    if "u" in line.options:
        _write_through()
    script = None if line.kind else _Script(line.target)
    sys.argv = [line.kind or line.target, *line.rest]
    # The entry's own module stays alive: the loader has not finished with it.
    sys.modules["__frozen_main__"] = sys.modules["__main__"]
    main = sys.modules["__main__"] = ModuleType("__main__")
    try:
        if script is not None:
            script.run(main, safe_path=line.safe_path)
        elif line.kind == "-m":
            _search_first(str(Path.cwd()), line)
            # What Python itself calls for -m: in `__main__`, with one line for a module that does not exist.
            vars(runpy)["_run_module_as_main"](line.target)
        else:
            _search_first("", line)
            if sys.version_info >= (3, 13):  # from then on a traceback shows the lines of -c too
                lines = line.target.splitlines(keepends=True)
                linecache.cache["<string>"] = (len(line.target), None, lines, "<string>")
            exec(compile(line.target, "<string>", "exec"), vars(main))  # noqa: S102 what -c is for
    except SystemExit:
        raise
    except BaseException as problem:
        problem.__traceback__ = _theirs(problem.__traceback__)
        sys.excepthook(type(problem), problem, problem.__traceback__)
        return 130 if isinstance(problem, KeyboardInterrupt) else 1
    return 0


class _Script:
    """A file to run: one of source, or an archive or folder with a `__main__` in it."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._absolute = str(Path(path).absolute())
        self._loader = SourceFileLoader("__main__", self._absolute)
        self._is_archive = path.endswith(".pyz") or Path(path).is_dir()
        try:
            self._source = b"" if Path(path).is_dir() else self._loader.get_data(self._absolute)
        except OSError as problem:
            raise UserError(
                f"cannot read {path}: {problem.strerror}", "A relative path is taken from the current folder."
            ) from problem

    def run(self, main: ModuleType, *, safe_path: bool) -> None:
        if self._is_archive:
            runpy.run_path(self._path, run_name="__main__")
            return
        if not safe_path:
            sys.path.insert(0, str(Path(self._path).resolve().parent))
        vars(main).update(__file__=self._absolute, __loader__=self._loader, __cached__=None)
        exec(compile(self._source, self._absolute, "exec"), vars(main))  # noqa: S102 the script


def _search_first(folder: str, line: CommandLine) -> None:
    if not line.safe_path:
        sys.path.insert(0, folder)


def _theirs(traceback: TracebackType | None) -> TracebackType | None:
    """Return `traceback` from the first frame on that is neither ours nor of the machinery between us and theirs."""
    ours = {run.__code__.co_filename, runpy.run_module.__code__.co_filename}
    while traceback is not None and traceback.tb_frame.f_code.co_filename in ours:
        traceback = traceback.tb_next
    return traceback


def _heed_environment() -> None:
    """Do by hand what a Python does with its variables, and say which have no effect."""
    if os.environ.get("PYTHONUNBUFFERED"):
        _write_through()
    sys.path[:0] = [folder for folder in os.environ.get("PYTHONPATH", "").split(os.pathsep) if folder]
    if unheard := [name for name in _UNHEARD if os.environ.get(name)]:
        have = "has" if len(unheard) == 1 else "have"
        without_effect = f"loadbench: {', '.join(unheard)} {have} no effect on the Python that ships with it."
        print(without_effect, NAME_ANOTHER, file=sys.stderr)  # noqa: T201 a Python's own words


def _write_through() -> None:
    """Have standard output and error written at once, byte by byte, as `-u` asks."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if not isinstance(stream, io.TextIOWrapper) or isinstance(stream.buffer, io.FileIO):
            continue
        stream.flush()
        raw = io.FileIO(stream.fileno(), "w", closefd=False)
        direct = io.TextIOWrapper(raw, stream.encoding, stream.errors, write_through=True)
        setattr(sys, name, direct)
        setattr(sys, f"__{name}__", direct)

"""Versions of the packages that a deployment is made of, read from the interpreter that it runs on."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from loadbench_gui.interpreter import NO_CONSOLE, own

ASK_S = 20.0

# Runs in the deployment's interpreter: prints the versions of the named packages and of what they require.
_SCRIPT = """
import importlib.metadata as m, json, platform, re, sys
found, queue = {}, sys.argv[1:]
while queue:
    name = re.sub(r"[-_.]+", "-", queue.pop()).lower()
    if name in found:
        continue
    try:
        found[name] = m.version(name)
    except m.PackageNotFoundError:
        continue
    for line in m.requires(name) or ():
        if "extra ==" not in line:
            queue.append(re.match(r"[A-Za-z0-9._-]+", line)[0])
python = platform.python_implementation() + " " + platform.python_version()
# A frozen app's Python starts differently and has no byte code on disk: not like for like with an installed one.
frozen = " (in the app)" if getattr(sys, "frozen", False) else ""
print(json.dumps({"python": python + frozen, "packages": found}))
"""


def installed(interpreter: str, names: frozenset[str]) -> dict[str, str]:
    """Return `{"python": "CPython 3.11.7", "package:fastapi": "0.165.0", ...}`; {} when the interpreter cannot tell.

    Asks a process, once per interpreter and set of names in the life of this one: installing something in between
    shows after a restart, or when the interpreter's file changes.
    """
    try:
        changed_ns = Path(interpreter).stat().st_mtime_ns
    except OSError:
        changed_ns = 0
    return dict(_ask(interpreter, names, changed_ns))


@lru_cache(maxsize=64)
def _ask(interpreter: str, names: frozenset[str], changed_ns: int) -> tuple[tuple[str, str], ...]:
    del changed_ns  # part of the key only
    try:
        answer = subprocess.run(  # noqa: S603 - the interpreter that the profile names
            [interpreter, "-I", "-c", _SCRIPT, *sorted(names)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=ASK_S,
            check=True,
            creationflags=NO_CONSOLE,
        )
        document = json.loads(answer.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return ()
    packages = sorted(document["packages"].items())
    return (("python", str(document["python"])), *((f"package:{name}", str(version)) for name, version in packages))


def python_of(argv: tuple[str, ...], env_path: str) -> str | None:
    """Return the interpreter that a command runs on: the command itself, or what its #! line names; None if unknown."""
    program = argv[0]
    if re.fullmatch(r"(python|pypy)[\d.]*(\.exe)?", Path(program).name):
        return program
    if program == own():
        return program
    for folder in [""] if "/" in program else env_path.split(":"):
        script = Path(folder) / program
        try:
            with script.open("rb") as file:
                first = file.readline(512)
        except OSError:
            continue
        if first.startswith(b"#!") and b"python" in first:
            return first[2:].decode(errors="replace").split()[0]
        return None
    return None


def names_in(argv: Iterable[str], framework: str) -> frozenset[str]:
    """Return the words of a command that may be packages (`-m uvicorn`, `gunicorn`), and the framework.

    The Python that loadbench runs on is none, though a frozen one is called `loadbench`.
    """
    words = {Path(word).name for word in argv if word != own() and re.fullmatch(r"[A-Za-z][\w.-]*", Path(word).name)}
    return frozenset({*words, framework} - {""})

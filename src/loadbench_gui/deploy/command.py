"""From a deployment as it is written in a profile to an argument vector, a folder and an environment.

The environment is scrubbed of what changes servers behind one's back: variables of tracers, of the Python
interpreter, and of the servers themselves. What a profile sets comes last and always wins.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping
from pathlib import Path

from loadbench_gui.assets import asset_dir
from loadbench_gui.core.plan import Launch
from loadbench_gui.deploy.guard import Command
from loadbench_gui.errors import TargetFault, UserError
from loadbench_gui.interpreter import own

HOST = "127.0.0.1"
PLACEHOLDERS = ("python", "host", "port", "workers", "resources")
_PLACEHOLDER = re.compile(r"\{\{(?P<literal>[a-z_]+)\}\}|(?<!\$)\{(?P<name>[a-z_]+)\}")

# Prefixes and names that tracers, profilers, interpreters and servers read without being asked to.
SURPRISES = (
    "OTEL_", "DD_", "NEW_RELIC_", "ELASTIC_APM_", "SENTRY_", "COV_CORE_", "COVERAGE_",
    "PYTHON", "MALLOC_", "LD_PRELOAD", "DYLD_INSERT_LIBRARIES", "_PYI_", "PYSIDE6_OPTION_", "VIRTUAL_ENV_PROMPT",
    "__PYVENV_LAUNCHER__",
    "UVICORN_", "WEB_CONCURRENCY", "GUNICORN_", "HYPERCORN_", "GRANIAN_", "SANIC_", "FLASK_", "DJANGO_", "QUART_",
    "FORWARDED_ALLOW_IPS", "PORT", "HOST", "DEBUG",
)  # fmt: skip
_WHOLE_NAMES = frozenset({"PORT", "HOST", "DEBUG", "LD_PRELOAD", "WEB_CONCURRENCY", "FORWARDED_ALLOW_IPS"})


def fair_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return `environment` without `SURPRISES`."""
    prefixes = tuple(name for name in SURPRISES if name not in _WHOLE_NAMES)
    return {
        name: value for name, value in environment.items() if name not in _WHOLE_NAMES and not name.startswith(prefixes)
    }


def interpreter(launch: Launch, base_dir: Path) -> str:
    """Return what `{python}` stands for; a path with a folder in it is taken from the profile's own."""
    if launch.python is None:
        return own()
    path = Path(launch.python).expanduser()
    if path.is_absolute() or len(path.parts) == 1:
        return str(path)
    # Not resolved: the interpreter of a virtual environment is a link that must be called by its own name.
    return str(base_dir / path)


def uses_port(launch: Launch) -> bool:
    """Whether the command leaves the port to us."""
    return any("{port}" in text for text in (*launch.command, *(value for _, value in launch.env)))


def written_port(launch: Launch) -> int | None:
    """Return the port that a command without `{port}` names (`--port 8000`, `-b :8000`), or None if none is seen."""
    words = [*launch.command, *(f"--port={value}" for name, value in launch.env if name == "PORT")]
    for flag, value in zip(words, [*words[1:], ""], strict=True):
        for text in (value if flag in ("--port", "-p") else "", flag.partition("--port=")[2]):
            if text.isdigit():
                return int(text)
        # host:port as a word of its own; "module:app" has no digits after its colon.
        if address := re.fullmatch(r"(?:--bind=|-b)?[\w.\[\]-]*:(\d{2,5})", flag):
            return int(address[1])
    return None


def prepare(name: str, launch: Launch, *, base_dir: Path, port: int | None, cpus: tuple[int, ...]) -> Command:
    """Fill in every placeholder of the deployment called `name`.

    Raises `UserError` for a placeholder that does not exist and for an empty command, `TargetFault` when the folder
    to start in is missing.
    """
    if not launch.command:
        raise UserError(
            f"deployment {name!r} has an empty command", "Write what starts the server, as a list of words."
        )
    values = {"python": interpreter(launch, base_dir), "host": HOST, "workers": str(launch.workers)}
    if port is not None:
        values["port"] = str(port)

    def fill(text: str, where: str) -> str:
        return _fill(text, values, f"{where} of deployment {name!r}")

    cwd = base_dir / Path(fill(launch.cwd, "cwd")).expanduser()
    if not cwd.is_dir():
        raise TargetFault(
            f"the folder {cwd}, in which deployment {name!r} is to start, does not exist",
            f"Correct cwd in the profile; a relative path is taken from the profile's own folder, {base_dir}.",
        )
    given = {key: fill(value, f"env.{key}") for key, value in launch.env}
    return Command(
        argv=tuple(fill(word, "command") for word in launch.command),
        cwd=cwd,
        env={**fair_environment(os.environ), **given},
        cpus=cpus,
        stop_signal=launch.stop.signal,
        grace_s=launch.stop.grace_s,
    )


def _fill(text: str, values: Mapping[str, str], where: str) -> str:
    def value(match: re.Match[str]) -> str:
        if match["literal"]:
            return "{" + match["literal"] + "}"
        name = match["name"]
        if name == "resources":
            return str(asset_dir("resources"))
        if name not in values:
            raise UserError(f"unknown placeholder {{{name}}} in {where}", _placeholder_hint(name))
        return values[name]

    return _PLACEHOLDER.sub(value, text)


def _placeholder_hint(name: str) -> str:
    near = difflib.get_close_matches(name, PLACEHOLDERS, n=1)
    known = ", ".join(f"{{{known}}}" for known in PLACEHOLDERS)
    question = f"Did you mean {{{near[0]}}}? " if near else ""
    return f"{question}Known are {known}; write {{{{{name}}}}} for the text {{{name}}} itself."

"""Every way in which a server under test fails to start, in words, with what to do about it."""

from __future__ import annotations

import errno
import re
import signal
import sys
from pathlib import Path

from loadbench_gui import interpreter
from loadbench_gui.deploy.guard import Command, ExecFailure
from loadbench_gui.errors import TargetFault

TAIL_LINES = 15
_IN_USE = re.compile(r"address (already )?in use|errno 98\b|errno 48\b|winerror 10048|EADDRINUSE", re.IGNORECASE)
_NO_MODULE = re.compile(r"No module named '?(?P<module>[\w.]+)'?")


class AddressInUse(TargetFault):
    """The server ended because somebody else took its port first."""


def last_lines(stderr: str) -> str:
    """Return the end of a server's standard error, indented for a message; "" when it wrote nothing."""
    return "\n".join(f"    {line}" for line in stderr.splitlines()[-TAIL_LINES:])


def wrote(stderr: str) -> str:
    """Return how a message goes on after a colon or full stop: the last lines, or that there are none."""
    lines = last_lines(stderr)
    return f" Its last lines on standard error:\n{lines}" if lines else " It wrote nothing to standard error."


def how_it_ended(returncode: int | None) -> str:
    """Return "exit code 3" or "killed by SIGSEGV"."""
    if returncode is None:
        return "exit code unknown"
    if returncode < 0:
        try:
            return f"killed by {signal.Signals(-returncode).name}"
        except ValueError:
            return f"killed by signal {-returncode}"
    return f"exit code {returncode}"


def not_started(name: str, command: Command, failure: ExecFailure) -> TargetFault:
    """The operating system refused to run the command."""
    program = command.argv[0]
    if failure.stage == "cpus":
        return TargetFault(
            f"deployment {name!r} cannot be pinned to CPU {', '.join(map(str, command.cpus))}: {failure.reason}",
            'Correct cpus in the profile, or leave it at "auto".',
        )
    if failure.errno == errno.ENOENT:
        return TargetFault(f"deployment {name!r}: there is no command {program!r}", _where_is(program))
    if failure.errno == errno.EACCES:
        return TargetFault(
            f"deployment {name!r}: {program!r} may not be executed",
            f"If it is a program, make it executable: chmod +x {program}",
        )
    if failure.errno == errno.ENOEXEC:
        return TargetFault(
            f"deployment {name!r}: {program!r} is neither a program nor a script with a #! line",
            'Put its interpreter in front: command = ["{python}", ...]',
        )
    return TargetFault(
        f"deployment {name!r}: {program!r} could not be started: {failure.reason}",
        f"Try it by hand in {command.cwd}.",
    )


def _where_is(program: str) -> str:
    beside = Path(sys.executable).parent / program
    if "/" not in program and beside.exists():
        return f"It is not on PATH, but {beside} exists: write that, or {{python}} -m {program}."
    if "/" in program:
        return "Correct the path in command; a relative one is taken from cwd."
    return (
        f"Install it, write its whole path, or - if it is a Python module - start it as {{python}} -m {program}. "
        "PATH was searched."
    )


def ended_early(name: str, command: Command, returncode: int | None, stderr: str) -> TargetFault:
    """The server ended before it answered."""
    message = f"deployment {name!r} ended before it was ready ({how_it_ended(returncode)}).{wrote(stderr)}"
    if _IN_USE.search(stderr):
        return AddressInUse(message, "Its port was taken. Leave the port to loadbench: write {port} in the command.")
    if missing := _NO_MODULE.search(stderr):
        return TargetFault(message, _missing_module_hint(command, missing["module"]))
    return TargetFault(message, f"Try it by hand in {command.cwd}: {' '.join(command.argv)}")


def _missing_module_hint(command: Command, module: str) -> str:
    program = command.argv[0]
    if interpreter.is_frozen() and program == interpreter.own():
        return f"The Python that ships with loadbench has no module {module!r}. {interpreter.NAME_ANOTHER}"
    if "python" in Path(program).name:
        return (
            f"{program} has no module {module!r}. If it is a package, install it there: {program} -m pip install "
            f"{module.partition('.')[0]}; if it is your own, check cwd ({command.cwd})."
        )
    return f"Install {module.partition('.')[0]!r} where {program} looks for it, or check cwd ({command.cwd})."


def never_ready(name: str, url: str, path: str, timeout_s: float, status: int | None, stderr: str) -> TargetFault:
    """The deadline passed. status: that of its last answer, None when there was none."""
    if status is not None:
        return TargetFault(
            f"deployment {name!r} answers, but GET {path} gave status {status} until the deadline of "
            f"{timeout_s:g} s was over.{wrote(stderr)}",
            "Set ready.path to a path that answers with a status below 400.",
        )
    return TargetFault(
        f"deployment {name!r} was not ready within {timeout_s:g} s: no answer to GET {url}{path}.{wrote(stderr)}",
        "If it needs longer, raise ready.timeout; otherwise check that it listens on {host}:{port}.",
    )


def no_port(name: str, timeout_s: float, stderr: str) -> TargetFault:
    """The command leaves its port open to guessing, and it listens nowhere."""
    return TargetFault(
        f"deployment {name!r} was not ready within {timeout_s:g} s: it listens on no port.{wrote(stderr)}",
        "Write {port} in its command, and {host} where it takes an address.",
    )


def port_taken(name: str, port: int, holders: str) -> TargetFault:
    """The port that the command names is held by somebody else."""
    return TargetFault(
        f"deployment {name!r} wants port {port}, which is in use by {holders}",
        "Stop that process, or write {port} in the command: loadbench then picks a free one.",
    )


def not_ours(name: str, port: int, holders: str) -> TargetFault:
    """Somebody answers on the port, but not the server that was started."""
    return TargetFault(
        f"port {port} is answered by {holders}, not by deployment {name!r} as just started",
        "Stop that process, or attach to it on purpose with url. A server in a container must be attached to as well.",
    )

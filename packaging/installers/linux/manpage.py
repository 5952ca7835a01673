"""Man pages, written from the command line's own definition."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from installers.linux.commandline import Argument, Command, Option

# What each exit code means, by the name that the program has for it; the build fails when one is missing here.
EXIT_CODES: Final = {
    "OK": "Done, and within every threshold.",
    "THRESHOLD_FAILED": "A threshold, an SLO or a check for regressions failed.",
    "USAGE": "The command line or the profile is wrong; nothing was sent.",
    "UNTRUSTED": "The run or its main verdict cannot be trusted: a gate failed, or answers were wrong.",
    "TARGET": "The target could not be started or reached, or no request succeeded.",
    "ENVIRONMENT": "The environment is at fault: a full disk, the database, permissions, no display.",
    "BUG": "A bug in loadbench; the message says where the report was written.",
    "INTERRUPTED": "Interrupted. What was measured so far is kept and reported.",
    "TERMINATED": "Terminated. What was measured so far is kept and reported.",
}
DATA: Final = "~/.local/share/loadbench"
FILES: Final = {
    f"{DATA}/history.db": "Everything measured. $XDG_DATA_HOME moves the folder, and so does LOADBENCH_DATA_DIR.",
    f"{DATA}/window.ini": "What the window remembers: its size, its colours.",
    "~/.local/state/loadbench/running/": "Which servers are running now, so that none is left behind after a crash.",
    "*.loadbench.toml": "Profiles, by convention; any TOML file will do.",
}


def variables() -> dict[str, str]:
    """Return the environment variables that the program heeds, by the names that its code has."""
    from loadbench_gui.deploy.folders import RUNTIME_DIR_VARIABLE
    from loadbench_gui.store.data_dir import VARIABLE

    return {
        VARIABLE: "The folder for history and settings. --data-dir comes first.",
        RUNTIME_DIR_VARIABLE: "The folder for records of running servers and for the lock that keeps two measurements "
        "on one machine apart.",
        "DISPLAY, WAYLAND_DISPLAY, QT_QPA_PLATFORM": "Where the window opens, as with every Qt program.",
    }


def exit_codes() -> dict[str, str]:
    """Return what each exit code means; raises `KeyError` for one that is not explained above."""
    from loadbench_gui.errors import ExitCode

    return {str(int(code)): EXIT_CODES[code.name] for code in ExitCode}


def page(program: Command, *, version: str, date: str, summary: str, see_also: str) -> str:
    """Return the page of one program as roff. date: ISO 8601. Raises `ValueError` for an option without a word."""
    parts = [
        f'.TH {program.name.upper()} 1 {date} "loadbench {version}" "User commands"',
        ".SH NAME",
        f"{_plain(program.name)} \\- {_plain(summary)}",
        ".SH SYNOPSIS",
        *_synopsis((program.name,), program),
        ".SH DESCRIPTION",
        _plain(program.about),
        *(_commands(program) if program.commands else ()),
        ".SH OPTIONS",
        *_details((program.name,), program),
        *_definitions("EXIT STATUS", exit_codes()),
        *_definitions("ENVIRONMENT", variables()),
        *_definitions("FILES", FILES),
        ".SH SEE ALSO",
        f".BR {see_also} (1)",
    ]
    return "\n".join(parts) + "\n"


def _synopsis(words: tuple[str, ...], command: Command) -> Iterator[str]:
    if command.commands:
        yield f".B {_plain(' '.join(words))}"
        yield r"\fICOMMAND\fR [\fIOPTION\fR]... [\fIARGUMENT\fR]..."
        return
    yield f".B {_plain(' '.join(words))}"
    yield " ".join([r"[\fIOPTION\fR]...", *(_argument(argument) for argument in command.arguments)])


def _commands(program: Command) -> Iterator[str]:
    yield ".SH COMMANDS"
    for words, leaf in program.leaves:
        called = _plain(" ".join((program.name, *words)))
        yield f'.SS "{" ".join([called, *(_argument(argument) for argument in leaf.arguments)])}"'
        yield _plain(leaf.about)
        yield from _details((program.name, *words), leaf, without=("--help",))


def _details(words: tuple[str, ...], command: Command, without: tuple[str, ...] = ()) -> Iterator[str]:
    for argument in command.arguments:
        yield from (".TP", f"\\fI{_plain(argument.value)}\\fR", _said(words, argument.value, argument.about))
    for option in command.options:
        if option.names != without:
            yield from (".TP", _option(option), _said(words, option.names[-1], option.about) + _default(option))


def _argument(argument: Argument) -> str:
    name = f"\\fI{_plain(argument.value)}\\fR"
    return f"[{name}]" if argument.optional else name


def _option(option: Option) -> str:
    names = ", ".join(f"\\fB{_plain(name)}\\fR" for name in option.names)
    if not option.value:
        return names
    value = _plain(option.value) if option.choices else f"\\fI{_plain(option.value)}\\fR"
    return f"{names} [{value}]" if option.alone else f"{names} {value}"


def _default(option: Option) -> str:
    again = " May be given again." if option.repeats else ""
    return again + (f" Default: {_plain(option.default)}." if option.default else "")


def _said(words: tuple[str, ...], name: str, about: str) -> str:
    if not about:
        raise ValueError(f"{' '.join(words)} {name} has no help")
    return _plain(about)


def _definitions(title: str, table: Mapping[str, str]) -> Iterable[str]:
    yield f".SH {_quoted(title)}"
    for term, about in table.items():
        yield from (".TP", f"\\fB{_plain(term)}\\fR", _plain(about))


def _quoted(text: str) -> str:
    return f'"{text}"' if " " in text else text


def _plain(text: str) -> str:
    """Escape what roff would read as its own: backslashes, hyphens, and a full stop or quote that begins a line."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("~", "\\(ti").replace("^", "\\(ha")
    return "\\&" + escaped if escaped.startswith((".", "'")) else escaped

"""Completion for bash, zsh and fish, written from the command line's own definition.

The scripts are static: a press of Tab never starts the program. What the shell knows better (files, folders) it finds
itself; profiles are the shipped ones by name, beside TOML files.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from installers.linux.commandline import Command, Option
from installers.places import PACKAGING

LINUX: Final = PACKAGING / "linux"
# What stands for the value in the help, and the kind that it is.
KINDS: Final = {"PROFILE": "PROFILE", "FILE": "FILE", "FILE|-": "FILE", "DIR": "DIR"}
ZSH_VALUES: Final = {"PROFILE": "_loadbench_profiles", "FILE": "_files", "DIR": "_files -/"}
FISH_VALUES: Final = {"FILE": "-r -F", "DIR": "-x -a '(__fish_complete_directories)'"}


def bash(programs: Sequence[Command], profiles: Sequence[str]) -> str:
    """Return one script for all programs; it needs nothing but bash."""
    commands, values = [], []
    for words, command in (found for program in programs for found in _all(program)):
        at = " ".join(words)
        below = " ".join(each.name for each in command.commands)
        flags = " ".join(name for option in _working(command) for name in option.names)
        wanted = next((KINDS[argument.value] for argument in command.arguments if argument.value in KINDS), "")
        commands.append(f"    '{at}') commands='{below}' options='{flags}' argument='{wanted}' ;;")
        for option in (option for option in _working(command) if option.value):
            patterns = " | ".join(f"'{at} {name}'" for name in option.names)
            values.append(f"    {patterns}) echo '{_kind(option)}' ;;")
    return _filled(
        "completion.bash", PROFILES=" ".join(profiles), COMMANDS="\n".join(commands), VALUES="\n".join(values)
    )


def zsh(programs: Sequence[Command], profiles: Sequence[str]) -> str:
    """Return one script for all programs, to be called `_loadbench` on the function path."""
    functions = [_zsh_function(words, command) for program in programs for words, command in _all(program)]
    return _filled("completion.zsh", PROFILES=" ".join(profiles), FUNCTIONS="\n\n".join(functions))


def fish(program: Command, profiles: Sequence[str]) -> str:
    """Return the script of one program."""
    lines = [
        f"# Completion of {program.name} for fish; made from the program's own definition.",
        f"complete -c {program.name} -f",
    ]
    for words, command in _all(program):
        start = f"complete -c {program.name}{_fish_condition(program, words[1:], command)}"
        lines += [f"{start} -a {each.name} -d '{_fish(each.about)}'" for each in command.commands]
        lines += [f"{start} {_fish_option(option, profiles)}" for option in _working(command)]
        for argument in command.arguments:
            if argument.value == "PROFILE":
                lines.append(f"{start} -k -a '{' '.join(profiles)} (__fish_complete_suffix .toml)'")
            elif argument.value in KINDS:
                lines.append(f"{start} -F")
    return "\n".join(lines) + "\n"


def _all(command: Command, before: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Command]]:
    """Yield the program and every command below it, with the words that call it."""
    words = (*before, command.name)
    yield words, command
    for below in command.commands:
        yield from _all(below, words)


def _working(command: Command) -> Iterator[Option]:
    return (option for option in command.options if option.works)


def _kind(option: Option) -> str:
    return " ".join(option.choices) or KINDS.get(option.value, "")


def _filled(template: str, **parts: str) -> str:
    text = (LINUX / template).read_text(encoding="utf-8")
    for name, part in parts.items():
        text = text.replace(f"@{name}@", part)
    return text


def _zsh_function(words: tuple[str, ...], command: Command) -> str:
    name = "_" + "_".join(words).replace("-", "_")
    # The script itself is called `_loadbench`, so the program's function is not.
    lines = [f"{name if len(words) > 1 else name + '_program'}() {{"]
    specs = [_zsh_option(option) for option in _working(command)]
    specs += [
        f"'{n}:{argument.value}:{ZSH_VALUES.get(KINDS.get(argument.value, ''), '')}'"
        for n, argument in enumerate(command.arguments, 1)
    ]
    if not command.commands:
        return "\n".join([*lines, "    _arguments -s \\", " \\\n".join(f"        {spec}" for spec in specs), "}"])
    below = " ".join(f'{each.name}\\:"{_zsh(each.about)}"' for each in command.commands)
    specs += [f"'1:command:(({below}))'", "'*:: :->rest'"]
    lines += [
        "    local curcontext=$curcontext state line",
        "    typeset -A opt_args",
        "    _arguments -C \\",
        " \\\n".join(f"        {spec}" for spec in specs),
        "    if [[ $state == rest ]]; then",
        "        case $words[1] in",
        *(f"        {each.name}) {name}_{each.name.replace('-', '_')} ;;" for each in command.commands),
        "        esac",
        "    fi",
        "}",
    ]
    return "\n".join(lines)


def _zsh_option(option: Option) -> str:
    value = ""
    if option.value:
        offered = f"({' '.join(option.choices)})" if option.choices else ZSH_VALUES.get(_kind(option), "")
        value = f"{'::' if option.alone else ':'}{_zsh(option.value)}:{offered}"
    about = f"[{_zsh(option.about)}]{value}"
    repeated = "*" if option.repeats else ""
    if len(option.names) == 1:
        return f"'{repeated}{option.names[0]}{about}'"
    excluded = "*" if option.repeats else f"({' '.join(option.names)})"
    return f"'{excluded}'{{{','.join(option.names)}}}'{about}'"


def _zsh(text: str) -> str:
    for special in ("\\", "[", "]", ":"):
        text = text.replace(special, "\\" + special)
    return text.replace("'", "’").replace('"', "”")


def _fish_condition(program: Command, words: tuple[str, ...], command: Command) -> str:
    if not program.commands:
        return ""
    seen = [f"__fish_seen_subcommand_from {word}" for word in words]
    if command.commands:
        below = " ".join(each.name for each in command.commands)
        seen.append(f"not __fish_seen_subcommand_from {below}")
    return f" -n '{'; and '.join(seen)}'"


def _fish_option(option: Option, profiles: Sequence[str]) -> str:
    names = " ".join(f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in option.names)
    about = f"-d '{_fish(option.about)}'"
    if not option.value:
        return f"{names} {about}"
    offered = " ".join(option.choices) or (" ".join(profiles) if option.value == "PROFILE" else "")
    wanted = FISH_VALUES.get(_kind(option)) or (f"-x -a '{offered}'" if offered else "-x")
    return f"{names} {wanted} {about}"


def _fish(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")

"""Option values as people type them, parsed to what the core takes; every refusal says what would be accepted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import typer

from loadbench_gui.core.plan import Header
from loadbench_gui.profile.problems import Complaint
from loadbench_gui.profile.units import seconds


def duration(text: str) -> float:
    """Parse `250ms`, `10s`, `2m` or plain seconds to seconds above or equal to zero."""
    try:
        return seconds(text)
    except Complaint as complaint:
        raise typer.BadParameter(f"{complaint.message}. {complaint.hint}") from None


def positive_duration(text: str) -> float:
    """Parse a duration above zero."""
    length_s = duration(text)
    if length_s <= 0:
        raise typer.BadParameter(f"{text!r} is no time at all; give for example 10s.")
    return length_s


def header(text: str) -> Header:
    """Parse `Name: value`."""
    name, colon, value = text.partition(":")
    if not colon or not name.strip() or any(c in text for c in "\r\n"):
        raise typer.BadParameter(f"{text!r} is no header; write it as 'Name: value'.")
    return name.strip(), value.strip()


def body(text: str) -> bytes:
    """Return the bytes of TEXT, or of the file named by @FILE."""
    if not text.startswith("@"):
        return text.encode()
    path = Path(text[1:])
    try:
        return path.read_bytes()
    except OSError as problem:
        raise typer.BadParameter(f"{path} cannot be read: {problem.strerror}.") from None


def worker_count(text: str) -> int | None:
    """Parse `auto` or a number of worker processes; None means auto."""
    if text == "auto":
        return None
    if not text.isdigit() or not 1 <= int(text) <= 256:
        raise typer.BadParameter(f"{text!r} is neither 'auto' nor a number from 1 to 256.")
    return int(text)


def cpu_list(text: str) -> tuple[int, ...] | None:
    """Parse `auto`, or CPU numbers as in `0,2-3`; None means auto."""
    if text == "auto":
        return None
    cpus: list[int] = []
    for part in text.split(","):
        low, dash, high = part.strip().partition("-")
        if not low.isdigit() or (dash and not (high.isdigit() and int(low) <= int(high))):
            raise typer.BadParameter(f"{text!r} is no list of CPUs; write it as 0,2-3.")
        cpus.extend(range(int(low), int(high or low) + 1))
    return tuple(dict.fromkeys(cpus))


def one_of(*names: str) -> Callable[[str], str]:
    """Return a parser that accepts one of `names`, and lists them when it is none."""

    def parse(text: str) -> str:
        if text not in names:
            raise typer.BadParameter(f"{text!r} is not one of {', '.join(names)}.")
        return text

    return parse

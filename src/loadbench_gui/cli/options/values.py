"""Option values as people type them, parsed to what the core takes; every refusal says what would be accepted."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

import typer

from loadbench_gui.core.plan import Header, Stage
from loadbench_gui.profile.fields import HIGHEST_CPU, MOST_WORKERS, header_name, header_value
from loadbench_gui.profile.problems import Complaint
from loadbench_gui.profile.units import rate, seconds, size_bytes

_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


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


def size(text: str) -> int:
    """Parse `512`, `4 KiB` or `1MiB` to bytes."""
    try:
        return size_bytes(text)
    except Complaint as complaint:
        raise typer.BadParameter(f"{complaint.message}. {complaint.hint}") from None


def stage(text: str) -> Stage:
    """Parse `TIME:RATE`, as in `30s:500` (a ramp to 500 requests/s) or `0s:2000` (a step)."""
    length, colon, speed = text.partition(":")
    if not colon:
        raise typer.BadParameter(f"{text!r} is no stage; write it as TIME:RATE, for example 30s:500.")
    try:
        return Stage(seconds(length), _rate(speed))
    except Complaint as complaint:
        raise typer.BadParameter(
            f"in {text!r} {complaint.message}. Write a stage as TIME:RATE, as in 30s:500."
        ) from None


def rate_rps(text: str) -> float:
    """Parse `2000`, `2000/s`, `90/m` to requests per second above zero."""
    try:
        found_rps = _rate(text)
    except Complaint as complaint:
        raise typer.BadParameter(f"{complaint.message}. {complaint.hint}") from None
    if found_rps == 0:
        raise typer.BadParameter("nothing would be sent at a rate of 0; give for example 2000 or 90/m.")
    return found_rps


def _rate(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        return rate(text)
    return rate(number)


def header(text: str) -> Header:
    """Parse `Name: value`, and refuse what a profile refuses."""
    name, colon, value = text.partition(":")
    if not colon or not name.strip() or any(c in text for c in "\r\n"):
        raise typer.BadParameter(f"{text!r} is no header; write it as 'Name: value'.", param_hint="-H")
    try:
        return header_name(name.strip()), header_value(name.strip(), value.strip())
    except Complaint as complaint:
        raise typer.BadParameter(f"{complaint.message}. {complaint.hint}", param_hint="-H") from None


def body(text: str) -> bytes:
    """Return the bytes of TEXT, or of the file named by @FILE."""
    return Path(readable_file(text[1:])).read_bytes() if text.startswith("@") else text.encode()


def readable_file(text: str) -> str:
    """Return the absolute path of a file that can be opened; not a byte of it is read."""
    path = Path(text).absolute()
    if path.is_dir():
        raise typer.BadParameter(f"{path} is a folder; name a file.")
    try:
        with path.open("rb"):
            return os.fspath(path)
    except OSError as problem:
        raise typer.BadParameter(f"{path} cannot be read: {problem.strerror}.") from None


def method(text: str) -> str:
    """Parse the name of a method: a token of RFC 9110, upper case by custom."""
    if not text.isascii() or not text.replace("-", "").replace("_", "").isalnum():
        raise typer.BadParameter(f"{text!r} is no method; write for example GET or POST.")
    return text.upper()


def token(text: str) -> str:
    """Parse the name of a subprotocol: a token of RFC 9110."""
    if not _TOKEN.fullmatch(text):
        raise typer.BadParameter(f"{text!r} is no name of a subprotocol; write for example graphql-transport-ws.")
    return text


def credentials(text: str) -> str:
    """Parse `USER:PASSWORD`; either may hold `${env:NAME}`."""
    if ":" not in text or any(c in text for c in "\r\n"):
        raise typer.BadParameter("write it as USER:PASSWORD; '${env:NAME}' takes it from the environment.")
    return text


def worker_count(text: str) -> int | None:
    """Parse `auto` or a number of worker processes; None means auto."""
    if text == "auto":
        return None
    if not _is_count(text) or not 1 <= int(text) <= MOST_WORKERS:
        raise typer.BadParameter(f"{text!r} is neither 'auto' nor a number from 1 to {MOST_WORKERS}.")
    return int(text)


def cpu_list(text: str) -> tuple[int, ...] | None:
    """Parse `auto`, or CPU numbers as in `0,2-3`; None means auto."""
    if text == "auto":
        return None
    cpus: list[int] = []
    for part in text.split(","):
        low, dash, high = part.strip().partition("-")
        if not _is_count(low) or (dash and not (_is_count(high) and int(low) <= int(high))):
            raise typer.BadParameter(f"{text!r} is no list of CPUs; write it as 0,2-3.", param_hint="--cpus")
        if int(high or low) > HIGHEST_CPU:
            raise typer.BadParameter(
                f"{text!r} names a CPU above {HIGHEST_CPU}; write it as 0,2-3.", param_hint="--cpus"
            )
        cpus.extend(range(int(low), int(high or low) + 1))
    return tuple(dict.fromkeys(cpus))


def whole(lowest: int, highest: int | None = None) -> Callable[[str], int]:
    """Return a parser of whole numbers within the limits, both of which are allowed."""
    limits = f"of {lowest:,} or more" if highest is None else f"from {lowest:,} to {highest:,}"

    def parse(text: str) -> int:
        digits = str(text).removeprefix("-")
        number = int(text) if _is_count(digits) else None
        if number is None or number < lowest or (highest is not None and number > highest):
            raise typer.BadParameter(f"{text!r} is not a whole number {limits}.")
        return number

    return parse


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 18


def one_of(*names: str) -> Callable[[str], str]:
    """Return a parser that accepts one of `names`, and lists them when it is none."""

    def parse(text: str) -> str:
        if text not in names:
            raise typer.BadParameter(f"{text!r} is not one of {', '.join(names)}.")
        return text

    return parse

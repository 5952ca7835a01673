"""Durations, rates, shares and sizes as people write them.

`250ms`, `1500/s` and `5%` are read exactly (as fractions, rounded once), and written so that reading them again
gives the same float: saving a profile never moves a figure.
"""

from __future__ import annotations

import re
from fractions import Fraction

from loadbench_gui.profile.problems import Complaint

_UNITS_S = {
    "ns": Fraction(1, 10**9), "us": Fraction(1, 10**6), "µs": Fraction(1, 10**6), "ms": Fraction(1, 1000),
    "s": Fraction(1), "m": Fraction(60), "min": Fraction(60), "h": Fraction(3600),
}  # fmt: skip
_QUANTITY = re.compile(r"([0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]{1,3})?)\s*([a-zµ]*)", re.IGNORECASE)
_RATE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*/\s*(s|m|min|h)")
_SIZES_BYTES = {"B": 1, "kB": 1000, "KiB": 1024, "MB": 10**6, "MiB": 1024**2}
_SIZE = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*([A-Za-z]*)")
_SHARE = re.compile(r"([0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]{1,3})?)\s*%")

LARGEST_SIZE_BYTES = 64 * 1024**2
LONGEST_S = 366 * 86_400.0
_DURATION_HINT = 'Write it as "250ms", "10s", "2m", "1h" or a plain number of seconds.'


def seconds(value: object) -> float:
    """Return a duration in seconds; raises `Complaint` on what is none, on negative and on endless ones."""
    return _seconds(value, Fraction(1))


def microseconds(value: object) -> float:
    """Return a duration in microseconds, rounded once; raises `Complaint` like `seconds`."""
    return _seconds(value, Fraction(10**6))


def _seconds(value: object, per_s: Fraction) -> float:
    exact = _duration(value)
    if exact < 0:
        raise Complaint("a duration cannot be negative", _DURATION_HINT)
    if exact > LONGEST_S:
        raise Complaint("a duration cannot be longer than a year", _DURATION_HINT)
    return float(exact * per_s)


def _duration(value: object) -> Fraction:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _finite(value, _DURATION_HINT)
    match = _QUANTITY.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise Complaint(f"{shown(value)} is not a duration", _DURATION_HINT)
    number, unit = match.groups()
    if unit and unit not in _UNITS_S:
        raise Complaint(f'"{unit}" is not a unit of time', "Units are ns, us, ms, s, m (minutes) and h.")
    return Fraction(number) * _UNITS_S[unit or "s"]


def rate(value: object) -> float:
    """Return arrivals per second from a number or `"1500/s"`, `"90/m"`, `"10/h"`; raises `Complaint`."""
    hint = 'Write requests per second as a number, or as text such as "1500/s" or "90/m".'
    if isinstance(value, int | float) and not isinstance(value, bool):
        exact = _finite(value, hint)
    else:
        match = _RATE.fullmatch(value.strip()) if isinstance(value, str) else None
        if match is None:
            raise Complaint(f"{shown(value)} is not a rate", hint)
        exact = Fraction(match[1]) / _UNITS_S[match[2]]
    if not 0 <= exact <= 10**7:
        raise Complaint("a rate must be between 0 and 10,000,000 requests per second", hint)
    return float(exact)


def share(value: object) -> float:
    """Return a part of one from `0.05` or `"5%"`; raises `Complaint` outside 0 to 1."""
    hint = 'Write it as a part of one (0.05) or in percent ("5%").'
    if isinstance(value, int | float) and not isinstance(value, bool):
        exact = _finite(value, hint)
    else:
        match = _SHARE.fullmatch(value.strip()) if isinstance(value, str) else None
        if match is None:
            raise Complaint(f"{shown(value)} is not a share", hint)
        exact = Fraction(match[1]) / 100
    if not 0 <= exact <= 1:
        raise Complaint(f"{shown(value)} is not between 0 and 1", hint)
    return float(exact)


def size_bytes(value: object) -> int:
    """Return bytes from a whole number, `"4 KiB"` or `"1 MiB"`; raises `Complaint` beyond 64 MiB."""
    hint = 'Write bytes as a whole number, or as text such as "512 B", "4 KiB" or "1 MiB".'
    exact = _size(value, hint)
    if exact.denominator != 1:
        raise Complaint(f"{shown(value)} is not a whole number of bytes", hint)
    if not 0 <= exact <= LARGEST_SIZE_BYTES:
        raise Complaint(f"{shown(value)} is not between 0 and 64 MiB", hint)
    return int(exact)


def _size(value: object, hint: str) -> Fraction:
    if isinstance(value, int) and not isinstance(value, bool):
        return Fraction(value)
    match = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise Complaint(f"{shown(value)} is not a size", hint)
    if match[2] and match[2] not in _SIZES_BYTES:
        raise Complaint(f'"{match[2]}" is not a unit of size', "Units are B, KiB and MiB (1024), kB and MB (1000).")
    return Fraction(match[1]) * _SIZES_BYTES[match[2] or "B"]


def size_text(value_bytes: int) -> int | str:
    """Write bytes so that `size_bytes` reads the same number back: `512`, `"4 KiB"`, `"1 MiB"`."""
    for unit in ("MiB", "KiB"):
        if value_bytes and value_bytes % _SIZES_BYTES[unit] == 0:
            return f"{value_bytes // _SIZES_BYTES[unit]} {unit}"
    return value_bytes


def _finite(value: float, hint: str) -> Fraction:
    try:
        return Fraction(value)
    except (OverflowError, ValueError):
        raise Complaint(f"{shown(value)} is not a finite number", hint) from None


def duration_text(value_s: float) -> str:
    """Write seconds so that `seconds` reads the same float back: `10s`, `250ms`, `0.0001s`."""
    if value_s == int(value_s):
        return f"{int(value_s)}s"
    whole_ms = round(value_s * 1000)
    return f"{whole_ms}ms" if whole_ms / 1000 == value_s else f"{value_s!r}s"


def microseconds_text(value_us: float) -> str:
    """Write microseconds so that `microseconds` reads the same float back: `50ms`, `1500us`."""
    if value_us == int(value_us):
        whole = int(value_us)
        return f"{whole // 1000}ms" if whole % 1000 == 0 else f"{whole}us"
    return f"{value_us!r}us"


def shown(value: object) -> str:
    """Show a value the way TOML writes it, shortened: what a message quotes."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{value}"' if len(value) <= 60 else f'"{value[:57]}..."'
        case list():
            return "an array"
        case dict():
            return "a table"
        case _:
            text = str(value)
            return text if len(text) <= 60 else f"{text[:57]}..."

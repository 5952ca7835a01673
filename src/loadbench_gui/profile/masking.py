"""Secret values out of all that is kept: samples of exchanges, a server's last words, messages of faults.

A value is replaced by the reference that stands for it in the profile, in every form in which it may come back.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, quote_plus

from loadbench_gui.errors import LoadbenchError

HIDDEN: Final = "***"
_SHORTEST_CUT = 4
_SHORTEST_IN_HINTS = 4
_LOGIN_HEADER = re.compile(rb"(?im)^((?:proxy-)?authorization:[ \t]*|cookie:[ \t]*)([^\r\n]+)")
_SHOWABLE = re.compile(rb"(?:[\w-]+[ =])?(?:\$\{env:\w+\}|\*\*\*)")


@dataclass(frozen=True, slots=True)
class Secrets:
    """The values that a plan's references stand for. Its repr shows names only."""

    values: tuple[tuple[str, str], ...] = field(repr=False, default=())
    literals: tuple[str, ...] = field(repr=False, default=())
    """Passwords that stand in the plan itself, as they are and as headers carry them: masked as `***`."""

    def mask(self, text: str, *, shortest: int = 1, literals: bool = True) -> str:
        """Replace every secret value by its reference.

        shortest: characters from which on a value counts: a shorter one is in words of our own by chance.
        literals: replace the passwords of the plan too.
        """
        for value, label in self._labels(literals):
            for form in _forms(value) if len(value) >= shortest else ():
                text = text.replace(form, label)
        return text

    def masked(self, fault: LoadbenchError) -> LoadbenchError:
        """Return the fault without secret values: servers like to print what they were given."""
        return type(fault)(self.mask(fault.message), self.mask(fault.hint, shortest=_SHORTEST_IN_HINTS))

    def mask_request(self, data: bytes) -> bytes:
        """Mask a request as it was sent; what its headers say to log in goes too, wherever it is from."""
        head, blank, body = self.mask_bytes(data).partition(b"\r\n\r\n")
        return _LOGIN_HEADER.sub(_hidden, head) + blank + body

    def _labels(self, literals: bool = True) -> list[tuple[str, str]]:
        """Return values and what is shown for them, the longest first: one may contain another."""
        pairs = [(value, f"${{env:{name}}}") for name, value in self.values]
        pairs += [(value, HIDDEN) for value in self.literals if literals]
        return sorted(pairs, key=lambda pair: -len(pair[0]))

    def mask_bytes(self, data: bytes) -> bytes:
        """Do the same in what went over the wire."""
        for value, label in self._labels():
            reference = label.encode()
            for form in {value.encode("latin-1", "replace"), *(form.encode() for form in _forms(value))}:
                data = data.replace(form, reference)
                cut = _cut_off(data, form)
                if cut:
                    data = data[:-cut] + reference
        return data


def _hidden(line: re.Match[bytes]) -> bytes:
    """Return a header line with its scheme, and with its value only where that is a reference."""
    name, value = line[1], line[2]
    if _SHOWABLE.fullmatch(value):
        return line[0]
    scheme, space, _ = value.partition(b" ")
    kept = scheme + space if space and not name.lower().startswith(b"cookie") else b""
    return name + kept + HIDDEN.encode()


def escaped(value: str) -> str:
    """Return a text as it stands between the quotes of a JSON text."""
    return json.dumps(value, ensure_ascii=False)[1:-1]


def _forms(value: str) -> set[str]:
    """Return how a value may come back: as it is, and as JSON and URLs write it."""
    return {value, escaped(value), json.dumps(value)[1:-1], quote(value), quote(value, safe=""), quote_plus(value)}


def _cut_off(data: bytes, form: bytes) -> int:
    """Return how many bytes at the end of `data` are the beginning of `form`: samples are cut at a fixed length."""
    longest = min(len(form) - 1, len(data))
    return next((size for size in range(longest, _SHORTEST_CUT - 1, -1) if data.endswith(form[:size])), 0)

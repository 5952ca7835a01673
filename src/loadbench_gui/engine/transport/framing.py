"""What a head says about its body and its connection, in the few cases in which the parser cannot be asked.

Heads come here after llhttp has accepted them: every line ends with CRLF and none is folded.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

_INTERIM: Final = (b"HTTP/1.1 1", b"HTTP/1.0 1")


def final_head(pieces: list[bytes]) -> tuple[bytes, bytes]:
    """Return the final response's head with its empty line, and what follows it; interim ones are left out."""
    # Empty lines before a message are passed over by the parser too.
    rest = b"".join(pieces).lstrip(b"\r\n")
    while True:
        head, end, rest = rest.partition(b"\r\n\r\n")
        if not head.startswith(_INTERIM) or not end:
            return head + end, rest


def values(head: bytes, name: bytes) -> Iterator[bytes]:
    """Yield the values of every field called `name` (in lower case), in their order."""
    # A look at the whole is cheaper than taking it apart, and most heads do not have the field.
    if name not in head.lower():
        return
    for line in head.split(b"\r\n")[1:]:
        field, _, value = line.partition(b":")
        if field.strip().lower() == name:
            yield value.strip(b" \t")


def words(head: bytes, name: bytes) -> list[bytes]:
    """Return the elements of a field that is a list, in lower case; several fields of one name make one list."""
    return [word.strip(b" \t").lower() for value in values(head, name) for word in value.split(b",")]


def is_framed(head: bytes) -> bool:
    """Whether a head announces where its body ends; otherwise the end of the connection is the end of the body."""
    if any(True for _ in values(head, b"content-length")):
        return True
    return words(head, b"transfer-encoding")[-1:] == [b"chunked"]


def says_close(head: bytes) -> bool:
    """Whether a head announces that the connection will be closed."""
    return b"close" in words(head, b"connection")


def codings(head: bytes) -> list[bytes]:
    """Return the content codings in the order in which they were applied."""
    return [word for word in words(head, b"content-encoding") if word not in (b"", b"identity")]

"""What went wrong: each class of error, how often, and one exchange that shows it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rich.console import Console
from rich.text import Text

from loadbench_gui.core.run import Run
from loadbench_gui.core.snapshot import ErrorKind, SampleExchange
from loadbench_gui.report import words

MEANING: Final[dict[ErrorKind, str]] = {
    ErrorKind.DNS: "the name could not be looked up",
    ErrorKind.CONNECT_REFUSED: "nobody listened, or the queue of connections was full",
    ErrorKind.CONNECT_TIMEOUT: "no connection within the time-out",
    ErrorKind.CONNECT_FAILED: "no connection could be opened",
    ErrorKind.TLS: "the handshake failed",
    ErrorKind.RESET: "the server reset the connection",
    ErrorKind.CLOSED_EARLY: "the server closed before its answer was complete",
    ErrorKind.READ_TIMEOUT: "no complete answer within the time-out",
    ErrorKind.PROTOCOL: "the answer is not HTTP",
    ErrorKind.BAD_STATUS: "another status than expected",
    ErrorKind.BAD_BODY: "another body than expected",
    ErrorKind.STALE: "a kept connection turned out closed, and the request could not be sent again",
    ErrorKind.LIMIT: "this machine ran out of ports or open files",
}
LONGEST: Final = 400
"""Characters of a body that are shown: what is wrong stands at its start, or in the result document."""


def print_errors(console: Console, run: Run) -> None:
    """Print the classes of errors, the most frequent first, each with a sample."""
    samples = {sample.kind: sample for sample in reversed(run.samples)}
    for kind, count in sorted(run.measured.errors.items(), key=lambda item: -item[1]):
        console.print(Text.assemble((f"\n{words.count(count)} × {kind.value}", "red"), (f"  {MEANING[kind]}", "dim")))
        if kind in samples:
            for line in _sample(samples[kind], console.width):
                console.print(Text(f"  {line}", "dim"), no_wrap=True, overflow="ellipsis")


def _sample(sample: SampleExchange, width: int) -> Iterator[str]:
    asked = _lines(sample.request)
    answered, body = _lines(sample.response_head), _printable(sample.body_start[:LONGEST])
    yield f"at {words.seconds(round(sample.at_s, 3))}  {asked[0] if asked else '(nothing was sent)'}"
    if answered:
        yield f"→ {answered[0]}"
    if body:
        yield f"→ {body[: max(20, width - 4)]}"
    elif not answered:
        yield "→ (no answer)"


def _lines(data: bytes) -> list[str]:
    return [line for line in map(_printable, data.split(b"\r\n")) if line]


def _printable(data: bytes) -> str:
    """Return bytes as one line of text that cannot move a cursor."""
    text = " ".join(data.decode("utf-8", "replace").split())
    return "".join(c if c.isprintable() else "·" for c in text)

"""What went wrong: each class of error, how often, and one exchange that shows it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rich.console import Console
from rich.text import Text

from loadbench_gui.cli.terminal.meanings import meaning
from loadbench_gui.core.run import Run
from loadbench_gui.core.snapshot import SampleExchange
from loadbench_gui.report import words

LONGEST: Final = 400
"""Characters of a body that are shown: what is wrong stands at its start, or in the result document."""


def print_errors(console: Console, run: Run) -> None:
    """Print the classes of errors, the most frequent first, each with a sample."""
    samples = {sample.kind: sample for sample in reversed(run.samples)}
    for kind, count in sorted(run.measured.errors.items(), key=lambda item: -item[1]):
        console.print(
            Text.assemble(
                (f"\n{words.count(count)} × {kind.value}", "red"), (f"  {meaning(kind, run.workload)}", "dim")
            )
        )
        if kind in samples:
            for line in _sample(samples[kind], console.width):
                console.print(Text(f"  {line}", "dim"), no_wrap=True, overflow="ellipsis")


def _sample(sample: SampleExchange, width: int) -> Iterator[str]:
    asked = _lines(sample.request)
    answered, body = _lines(sample.response_head), printable(sample.body_start[:LONGEST])
    yield f"at {words.seconds(round(sample.at_s, 3))}  {asked[0] if asked else '(nothing was sent)'}"
    if answered:
        yield f"→ {answered[0]}"
    if body:
        yield f"→ {body[: max(20, width - 4)]}"
    elif not answered:
        yield "→ (no answer)"


def _lines(data: bytes) -> list[str]:
    return [line for line in map(printable, data.split(b"\r\n")) if line]


def printable(data: bytes) -> str:
    """Return bytes as one line of text that cannot move a cursor."""
    text = " ".join(data.decode("utf-8", "replace").split())
    return "".join(c if c.isprintable() else "·" for c in text)

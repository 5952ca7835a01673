"""Where words go, how they are broken into lines, and what happens when nobody takes them any more.

A measurement outlives its words: when the reader of a pipe has had enough, or the log's disk is full, it goes on, and
its results are where they were asked for.
"""

from __future__ import annotations

import errno
import os
import re
import sys
from typing import IO, Any, TextIO, cast

from rich.console import Console

from loadbench_gui.cli.terminal.glyphs import stand_ins

TRAILING = re.compile(r" +(?=\n)")
PIPE_COLUMNS = 160
"""Width of tables where no terminal limits it."""


class Words:
    """A text stream whose failures do not reach whoever writes to it: the first one silences it.

    What its encoding lacks is spelt in ASCII, and no line that is not on a terminal ends in blanks.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._stand_ins = stand_ins(stream.encoding or "ascii")
        self._is_terminal = stream.isatty()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write, or lose, the text."""
        text = text.translate(self._stand_ins)
        try:
            return self._stream.write(text if self._is_terminal else TRAILING.sub("", text))
        except OSError as problem:
            self._silence(problem)
        return len(text)

    def flush(self) -> None:
        """Write, or lose, what is buffered."""
        try:
            self._stream.flush()
        except OSError as problem:
            self._silence(problem)

    def _silence(self, problem: OSError) -> None:
        to_nowhere(self._stream)
        if problem.errno != errno.EPIPE and self._stream is not sys.stderr:
            sys.stderr.write(
                f"standard output cannot be written: {problem.strerror}; its words are lost from here on\n"
            )


def to_nowhere(stream: TextIO) -> None:
    """Send a standard stream to the null device, so that nothing fails when the interpreter flushes it at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def console_for(*, stderr: bool = False, quiet: bool = False) -> Console:
    """Return a console that breaks lines between words on a terminal, and not at all in a file or a pipe."""
    stream = cast("IO[str]", Words(sys.stderr if stderr else sys.stdout))
    console = Console(file=stream, highlight=False, quiet=quiet)
    if not console.is_terminal:
        console.soft_wrap = True
        console.width = max(console.width, PIPE_COLUMNS)
    return console

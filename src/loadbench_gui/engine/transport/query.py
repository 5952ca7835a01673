"""One of a shard's requests, as its connections need it: the bytes, and what an answer to them is held against."""

from __future__ import annotations

from collections.abc import Callable

from loadbench_gui.core.template import Compiled
from loadbench_gui.engine.transport.check import Check
from loadbench_gui.engine.transport.upload import FileBody


class Query:
    """What is sent and what a right answer looks like; one object with slots, because the hot path reads it.

    file: what is streamed after the head, or None.
    wire: all its bytes; empty where they vary. bodiless: a HEAD, whose answer ends with its head.
    whole: an answer that was parsed, checked and found complete in one read on a connection that stays open. A read
        that equals it byte for byte is the same answer again, so it needs no parser. status, size: of that answer.
    sample_due: the body of its next answer is looked at, where bodies are sampled.
    seal: is told the status and the size of what will be recognised from now on.
    """

    __slots__ = (
        "_seal",
        "bodiless",
        "check",
        "compiled",
        "file",
        "idempotent",
        "sample_due",
        "size",
        "status",
        "whole",
        "wire",
    )

    def __init__(self, compiled: Compiled, seal: Callable[[int, int], None]) -> None:
        self.compiled = compiled
        self.wire = compiled.wire or b""
        self.bodiless = compiled.head_only
        self.file = FileBody(compiled.body_file, compiled.body_file_bytes) if compiled.body_file else None
        self.idempotent = compiled.idempotent
        self.check = Check(compiled.expect)
        self.sample_due = True
        self.whole = b""
        self.status = self.size = 0
        self._seal = seal

    def remember(self, answer: bytes, status: int) -> None:
        """Recognise `answer` from now on without a parser."""
        self._seal(status, len(answer))
        self.whole, self.status, self.size = answer, status, len(answer)

"""One of a shard's requests, as its connections need it: the bytes, and what an answer to them is held against."""

from __future__ import annotations

from collections.abc import Callable

from loadbench_gui.core.request import Expectation
from loadbench_gui.engine.transport.check import Check


class Query:
    """What is sent and what a right answer looks like; one object with slots, because the hot path reads it.

    wire: all its bytes; empty where they vary. bodiless: a HEAD, whose answer ends with its head.
    whole: an answer that was parsed, checked and found complete in one read on a connection that stays open. A read
        that equals it byte for byte is the same answer again, so it needs no parser. status, size: of that answer.
    sample_due: the body of its next answer is looked at, where bodies are sampled.
    """

    __slots__ = ("_seal", "bodiless", "check", "idempotent", "sample_due", "size", "status", "whole", "wire")

    def __init__(
        self,
        wire: bytes,
        expect: Expectation,
        *,
        bodiless: bool,
        idempotent: bool,
        seal: Callable[[int, int], None] | None = None,
    ) -> None:
        self.wire = wire
        self.bodiless = bodiless
        self.idempotent = idempotent
        self.check = Check(expect)
        self.sample_due = True
        self.whole = b""
        self.status = self.size = 0
        self._seal = seal

    def remember(self, answer: bytes, status: int) -> None:
        """Recognise `answer` from now on without a parser."""
        if self._seal is not None:
            self._seal(status, len(answer))
        self.whole, self.status, self.size = answer, status, len(answer)

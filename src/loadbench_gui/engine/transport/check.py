"""Whether an answer counts as a success, decided with as little work as the expectation allows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from loadbench_gui.core.plan import Expectation
from loadbench_gui.engine.transport.coding import Undecodable, decoded

LONGEST_BODY: Final = 8 << 20
"""A body beyond this is not kept for checking: the answer fails a check for contents that lie further on."""


class Check:
    """An `Expectation` in the form in which connections ask."""

    __slots__ = ("_document", "_needle", "_status", "reads_body", "samples_body")

    def __init__(self, expect: Expectation) -> None:
        self._status = expect.status
        self._needle = expect.body or None
        self._document = expect.json
        self.reads_body = self._needle is not None
        self.samples_body = self._document is not None

    @property
    def looks_inside(self) -> bool:
        """Whether any body is ever looked at."""
        return self.reads_body or self.samples_body

    def status_is_wrong(self, status: int) -> bool:
        """Whether `status` alone makes the answer a failure."""
        return status >= 400 if self._status is None else status != self._status

    def body_is_wrong(self, body: bytes, codings: Sequence[bytes] = ()) -> bool:
        """Whether a whole body fails any part of the expectation.

        codings: the content codings that the answer announced. What they hide beyond `LONGEST_BODY` is not looked at:
        such a body is wrong, as is one that is not what its coding says.
        """
        if codings:
            try:
                body = decoded(body, codings, LONGEST_BODY)
            except Undecodable:
                return True
        if self._needle is not None and self._needle not in body:
            return True
        if self._document is None:
            return False
        try:
            parsed = json.loads(body)
        except (ValueError, RecursionError):
            return True
        return json.dumps(parsed, sort_keys=True, separators=(",", ":")) != self._document

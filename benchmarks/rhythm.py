"""The rhythm server's log: what it wrote to whom, when, and what it planted."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.quantiles import Floats, Ints
from benchmarks.witness import Witness, witness


@dataclass(frozen=True)
class Log:
    """The server's own account: a row for everything that it wrote, in that order. Times in ns of the monotonic clock.

    group: a stream, a connection that is pushed to, or a message that was echoed or handed on. cause_ns: when the
    request or the message was read that it came of.
    """

    port: Ints
    group: Ints
    index: Ints
    written_ns: Ints
    cause_ns: Ints
    lost: int
    repeated: int

    @classmethod
    def read(cls, found: Mapping[str, Any]) -> Log:
        """Make one of the arrays in the server's file."""
        port, group, index, written_ns, cause_ns = found["rows"]
        return cls(port, group, index, written_ns, cause_ns, int(found["lost"]), int(found["repeated"]))

    @property
    def count(self) -> int:
        """How much was written; repetitions count where messages are pushed, not where they are answers."""
        return len(self.port)

    def first_us(self) -> Floats:
        """From request to first event, a stream each."""
        first = self.index == 0
        return self._us(self.written_ns[first] - self.cause_ns[first])

    def gaps_us(self) -> Floats:
        """From one event to the next of the same stream or connection."""
        order = np.lexsort((self.index, self.group))
        group, written_ns = self.group[order], self.written_ns[order]
        return self._us(np.diff(written_ns)[np.diff(group) == 0])

    def delays_us(self) -> Floats:
        """From what was read to what was written because of it, a writing each."""
        return self._us(self.written_ns - self.cause_ns)

    def skews_us(self) -> Floats:
        """From the first to the last writing of each message that was handed on."""
        order = np.lexsort((self.written_ns, self.group))
        group, written_ns = self.group[order], self.written_ns[order]
        _, first = np.unique(group, return_index=True)
        last = np.append(first[1:], len(group)) - 1
        return self._us(written_ns[last] - written_ns[first])

    def _us(self, ns: Ints) -> Floats:
        return np.asarray(ns / 1e3, np.float64)


def keeping(kind: str, *options: str, cpu: int | None = None) -> AbstractContextManager[Witness[Log]]:
    """Run a rhythm server. kind: sse, push, echo or fanout; options: the program's; cpu: where to pin it."""
    return witness("rhythm_server", Log.read, kind, *options, cpu=cpu)

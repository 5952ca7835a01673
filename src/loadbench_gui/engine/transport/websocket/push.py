"""A socket on which the server speaks and we listen."""

from __future__ import annotations

from loadbench_gui.engine.numbering import Numbering, Numbers, Turn
from loadbench_gui.engine.transport.carrier import Owner
from loadbench_gui.engine.transport.websocket.frames import BINARY
from loadbench_gui.engine.transport.websocket.kit import Kit
from loadbench_gui.engine.transport.websocket.member import Member


class Listener(Member):
    """Counts messages, the gaps between them, and what their numbers tell of those that did not come as sent."""

    __slots__ = ("_last_ns", "_numbers")

    def __init__(self, kit: Kit, owner: Owner, place: int) -> None:
        super().__init__(kit, owner, place)
        self._last_ns = 0
        self._numbers: Numbers | None = None

    def on_message(self, opcode: int, payload: bytes, first_ns: int, now: int) -> None:
        """Count it. Its moment is when it was whole: that of all messages of one read is the same."""
        record = self.kit.record
        counts = record.of(now)
        counts.received += 1
        self.served += 1
        if self._last_ns:
            record.gap.pairs.extend((now, now - self._last_ns))
        self._last_ns = now
        numbers = self._numbers
        if numbers is None:
            numbers = self._numbers = Numbers()
        turn = numbers.follow(payload, now, binary=opcode == BINARY)
        if turn is Turn.AGAIN:
            counts.duplicated += 1
        elif turn is Turn.LATE:
            counts.reordered += 1
        if numbers.sequence is not None and numbers.sequence.lost:
            self._count_lost(numbers.sequence)

    def conclude(self) -> None:
        """Count what was leapt over and never came."""
        numbers, self._numbers = self._numbers, None
        if numbers is not None and numbers.sequence is not None:
            numbers.sequence.conclude()
            self._count_lost(numbers.sequence)

    def _count_lost(self, sequence: Numbering) -> None:
        """Each belongs to the moment at which its gap was seen."""
        for count, seen_ns in sequence.lost:
            self.kit.record.of(seen_ns).lost += count
        sequence.lost.clear()

    def settle(self) -> None:
        """It ends, or the run does."""
        self.conclude()
        super().settle()

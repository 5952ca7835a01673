"""A socket on which the server speaks and we listen."""

from __future__ import annotations

from time import perf_counter_ns
from typing import Final

from loadbench_gui.engine.numbering import Numbering, Numbers, Turn
from loadbench_gui.engine.transport.carrier import Owner
from loadbench_gui.engine.transport.line import LONG_READ_BYTES
from loadbench_gui.engine.transport.websocket.frames import BINARY, LONGEST_CONTROL
from loadbench_gui.engine.transport.websocket.kit import Kit
from loadbench_gui.engine.transport.websocket.member import Member

_TEXT_FRAME: Final = 0x81
_BINARY_FRAME: Final = 0x82
_FRAMES: Final = (_TEXT_FRAME, _BINARY_FRAME)


class Listener(Member):
    """Counts messages, the gaps between them, and what their numbers tell of those that did not come as sent.

    _last_ns: when the last message came; negative: none has, and the connection is open since then.
    """

    __slots__ = ("_last_ns", "_numbers")

    def __init__(self, kit: Kit, owner: Owner, place: int) -> None:
        super().__init__(kit, owner, place)
        self._last_ns = 0
        self._numbers: Numbers | None = None

    def data_received(self, data: bytes) -> None:
        """Take in the short plain messages that a read begins with; what follows them is read frame by frame."""
        is_amid = self._partial is not None or self._unusual is not None
        if self.is_open and not is_amid:
            began_ns = perf_counter_ns()
            at = self._take_short(data)
            if at >= LONG_READ_BYTES:
                self.breathe(began_ns)
            if at == len(data):
                return
            data = data[at:]
        self.take(data)

    def on_open(self, now: int) -> None:
        """Begin to wait."""
        self._last_ns = -now
        super().on_open(now)

    def on_message(self, opcode: int, payload: bytes, first_ns: int, now: int) -> None:
        """Count it. Its moment is when it was whole: that of all messages of one read is the same."""
        self._follow(payload, now, binary=opcode == BINARY)
        self._count(1, now)

    def _take_short(self, data: bytes) -> int:
        """Return where the first frame begins that is not short, plain and whole, or whose text is not ASCII."""
        at, size, count = 0, len(data), 0
        now = perf_counter_ns()
        is_followed = self._numbers is None or not self._numbers.is_hopeless
        while at + 2 <= size:
            first, length = data[at], data[at + 1]
            end = at + 2 + length
            if end > size or length > LONGEST_CONTROL or first not in _FRAMES:
                break
            payload = data[at + 2 : end]
            if first == _TEXT_FRAME and not payload.isascii():
                break
            if is_followed:
                self._follow(payload, now, binary=first == _BINARY_FRAME)
            count += 1
            at = end
        if count:
            self._count(count, now)
            circuit = self.circuit
            circuit.recorder.bytes_received += at
            if now > circuit.turns.due_ns:
                circuit.turns.step(now)
        return at

    def _count(self, count: int, now: int) -> None:
        """Count messages that came in one read, once their numbers were looked at: there is no gap between those."""
        record, numbers = self.kit.record, self._numbers
        counts = record.at(now)
        counts.received += count
        if numbers is not None and numbers.sequence is not None:
            counts.numbered += count
        self.served += count
        last_ns, self._last_ns = self._last_ns, now
        if not record.has_window:
            return
        if last_ns > 0:
            record.gap.pairs.extend((now, now - last_ns))
        elif last_ns:
            record.silence(-last_ns, now)
        if count > 1:
            record.gap.pairs.extend((now, 0) * (count - 1))

    def _follow(self, payload: bytes, now: int, *, binary: bool) -> None:
        numbers = self._numbers
        if numbers is None:
            numbers = self._numbers = Numbers()
        turn = numbers.follow(payload, now, binary=binary)
        if turn is Turn.AGAIN:
            self.kit.record.at(now).duplicated += 1
        elif turn is Turn.LATE:
            self.kit.record.at(now).reordered += 1
        if numbers.sequence is not None and numbers.sequence.lost:
            self._count_lost(numbers.sequence)

    def conclude(self, now: int) -> None:
        """Count what was leapt over and never came, and how long nothing has come."""
        since_ns, self._last_ns = abs(self._last_ns), 0
        if since_ns:
            self.kit.record.silence(since_ns, now)
        numbers, self._numbers = self._numbers, None
        if numbers is not None and numbers.sequence is not None:
            numbers.sequence.conclude()
            self._count_lost(numbers.sequence)

    def _count_lost(self, sequence: Numbering) -> None:
        """Each belongs to the moment at which its gap was seen."""
        for count, seen_ns in sequence.lost:
            self.kit.record.at(seen_ns).lost += count
        sequence.lost.clear()

    def settle(self) -> None:
        """It ends, or the run does."""
        self.conclude(perf_counter_ns())
        super().settle()

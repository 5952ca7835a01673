"""The two hot paths. What a request costs here is what the generator costs: no call, object or look-up too many.

Callables that live in slots are loaded into a local first: CPython specialises that, but not a method call on a slot.
"""

from __future__ import annotations

from time import perf_counter_ns

from loadbench_gui.engine.transport.http1 import Connection


class ClosedConnection(Connection):
    """Sends the next request itself as soon as the last one is answered."""

    __slots__ = ()

    def data_received(self, data: bytes) -> None:
        """Record and send on: one look at the clock, one comparison, one write.

        The moment of reading is also the moment of sending: what lies between is a third of a microsecond.
        """
        if self.fast and self.sent_ns and data == self.query.whole:
            now = perf_counter_ns()
            circuit = self.circuit
            record = circuit.record
            record((self.sent_ns, now))
            if now < circuit.until_ns:
                # All three: any of the slow ways in which this request may end reads them.
                self.due_ns = self.taken_ns = self.sent_ns = now
                write = self.write
                write(self.request)
                if now > circuit.turns.due_ns:
                    circuit.turns.step(now)
            else:
                self.sent_ns = 0
                self.owner.answered(self, now)
        else:
            self.parse(data)


class OpenConnection(Connection):
    """Hands itself back when its request is answered, and lets the issuer look at the clock."""

    __slots__ = ()

    def data_received(self, data: bytes) -> None:
        """Record four stamps and become free."""
        if self.fast and self.sent_ns and data == self.query.whole:
            now = perf_counter_ns()
            circuit = self.circuit
            record = circuit.record
            record((self.due_ns, self.taken_ns, self.sent_ns, now))
            self.sent_ns = 0
            if now > circuit.turns.due_ns:
                circuit.turns.step(now)
            self.owner.answered(self, now)
        else:
            self.parse(data)

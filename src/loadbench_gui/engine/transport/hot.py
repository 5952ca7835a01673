"""The hot paths. What a request costs here is what the generator costs: no call, object or look-up too many.

Each way of sending has a class of its own, so that none pays for what another needs. Callables that live in slots are
loaded into a local first: CPython specialises that, but not a method call on a slot.
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
            self.served += 1
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


class ClosedMixConnection(Connection):
    """Draws the next request and sends it as soon as the last one is answered."""

    __slots__ = ()

    def data_received(self, data: bytes) -> None:
        """Record what was answered and what was asked, draw and send on."""
        query = self.query
        if self.fast and self.sent_ns and data == query.whole:
            now = perf_counter_ns()
            circuit = self.circuit
            record = circuit.record
            record((self.sent_ns, now, query.status, query.size, len(self.request)))
            self.served += 1
            if now < circuit.until_ns:
                draw = circuit.next
                which, self.request = draw()
                self.query = circuit.queries[which]
                # Another look at the clock: drawing is not the server's time. It may have taken us past the end.
                now = perf_counter_ns()
            if now < circuit.until_ns:
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
            self.served += 1
            self.sent_ns = 0
            if now > circuit.turns.due_ns:
                circuit.turns.step(now)
            self.owner.answered(self, now)
        else:
            self.parse(data)


class OpenMixConnection(Connection):
    """Hands itself back when its request is answered; the issuer has drawn the next one."""

    __slots__ = ()

    def data_received(self, data: bytes) -> None:
        """Record four stamps, what was answered and what was asked, and become free."""
        query = self.query
        if self.fast and self.sent_ns and data == query.whole:
            now = perf_counter_ns()
            circuit = self.circuit
            record = circuit.record
            asked = len(self.request)
            record((self.due_ns, self.taken_ns, self.sent_ns, now, query.status, query.size, asked))
            self.served += 1
            self.sent_ns = 0
            if now > circuit.turns.due_ns:
                circuit.turns.step(now)
            self.owner.answered(self, now)
        else:
            self.parse(data)

"""Fan-out: some connections publish, all of them get it, and a publication lasts until the last one has it.

Both ways of deciding when to publish share the account of it, `Fanout`. One process has all connections, so that first
and last subscriber are read off one clock.
"""

from __future__ import annotations

from time import perf_counter_ns
from typing import cast

from loadbench_gui.core.plan import Shard
from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.engine.assembly import Assembly
from loadbench_gui.engine.open_loop import OpenIssuer
from loadbench_gui.engine.publications import Delivery, Publication, Publications
from loadbench_gui.engine.recorder import Recorder
from loadbench_gui.engine.transport.circuit import Circuit
from loadbench_gui.engine.transport.websocket.fanout import RoomKit, Subscriber
from loadbench_gui.engine.transport.websocket.member import Member
from loadbench_gui.engine.transport.websocket.messages import first_number
from loadbench_gui.engine.turns import NEVER
from loadbench_gui.errors import UserError


class Fanout(Assembly):
    """The account of what is published, and of who got it. A subclass calls `_furnish` in its constructor.

    frames: see `transport.websocket.fanout.Room`.
    """

    frames: dict[bytes, Publication]
    _publications: Publications
    _kit: RoomKit
    _publishers: int

    def _furnish(self) -> None:
        self._gather()
        if self._shard.count > 1:
            raise UserError(
                "Fan-out is measured by one worker: first and last subscriber are read off one clock.",
                "Leave the number of workers out, or set it to 1.",
            )
        self._kit = cast("RoomKit", next(self._members()).kit)
        places = len(self.connections)
        self._publishers = min(self._settings.publishers, places)
        self._publications = Publications(
            places, self._kit.rest, binary=self._settings.binary, first=first_number() + 1
        )
        self.frames = {}

    # What subclasses say

    def _is_done(self, publisher: int) -> None:
        """A publication of this place has ended, or could not be made."""

    def reads_on(self, subscriber: Subscriber) -> None:
        """Its server takes more again, of which it had taken no more for a while."""

    # For subscribers

    def publish(self, subscriber: Subscriber, due_ns: int, taken_ns: int) -> None:
        """Publish from this connection, now; it is sent when its frame is made."""
        publication = self._publications.publish(subscriber.place)
        frame = subscriber.frame(publication)
        if self._kit.stencil.is_small:
            self.frames[self._kit.stencil.echo(publication.name)] = publication
        publication.due_ns, publication.taken_ns = due_ns, taken_ns
        self._record.of(due_ns).sent += 1
        publication.sent_ns = perf_counter_ns()
        subscriber.write_frame(frame)

    def arrived(self, subscriber: Subscriber, publication: Publication, now_ns: int) -> None:
        """Count a delivery that may have been there before."""
        fate = self._publications.arrive(publication, subscriber.place, now_ns)
        self._count(fate, publication, subscriber, now_ns)

    def came(self, subscriber: Subscriber, opcode: int, payload: bytes, now_ns: int) -> None:
        """See what it is, and count it."""
        same_kind = opcode == self._kit.opcode
        fate, publication = self._publications.deliver(subscriber.place, payload, now_ns, same_kind=same_kind)
        if publication is None:
            self._kit.count_stray(payload, now_ns)
        else:
            self._count(fate, publication, subscriber, now_ns)

    # For the runner

    @property
    def idle(self) -> bool:
        """Whether no publication is under way."""
        return not self._publications.under_way

    def expire(self, now_ns: int) -> None:
        """Give up what has not come to all in time."""
        for publication in self._publications.expire(now_ns - self._timeout_ns):
            self._end(publication, ErrorKind.READ_TIMEOUT, now_ns)

    def give_up(self, now_ns: int) -> None:
        """Censor what has not come to all."""
        rest = self._publications.abandon()
        self.frames.clear()
        self._recorder.censor([publication.due_ns for publication in rest], now_ns)

    # Inside

    def _begin(self) -> None:
        """Connections are no requests here: only what was due and could not be published has failed."""

    def _has_joined(self, member: Member) -> None:
        self._publications.join(member.place)

    def _has_failed(self, member: Member, kind: ErrorKind, status: int, now_ns: int) -> None:
        """That a subscriber could not be connected is no failure of a publication: it is not waited for."""

    def _has_left(self, member: Member, kind: ErrorKind, now_ns: int) -> None:
        """What it has not got has failed; one that lacks nothing has only to come back."""
        for publication in self._publications.leave(member.place, kind):
            self._end(publication, publication.fault, now_ns)

    def _count(self, fate: Delivery, publication: Publication, subscriber: Subscriber, now_ns: int) -> None:
        record = self._record
        due_ns = publication.due_ns
        counts = record.of(due_ns)
        counts.received += 1
        if fate is Delivery.AWAITED or fate is Delivery.OVERTAKEN:
            record.fanout.pairs.extend((due_ns, now_ns - publication.sent_ns))
            counts.reordered += fate is Delivery.OVERTAKEN
        elif fate is Delivery.AGAIN:
            counts.duplicated += 1
            return
        elif fate is not Delivery.WRONG:
            counts.stray += 1
            return
        if publication.came >= publication.expected:
            self._publications.finish(publication)
            self._end(publication, publication.fault, now_ns)

    def _end(self, publication: Publication, fault: ErrorKind | None, now_ns: int) -> None:
        """Count a publication that is no longer under way. fault: None where all have it."""
        self.frames.pop(self._kit.stencil.echo(publication.name), None)
        stamps = (publication.due_ns, publication.taken_ns, publication.sent_ns)
        if fault is None:
            self._record.skew.pairs.extend((publication.due_ns, publication.last_ns - publication.first_ns))
            self._recorder.rows.extend((*stamps, publication.first_ns, publication.last_ns, 0))
        else:
            self._record.of(publication.due_ns).lost += publication.missing
            had = f"({publication.came} of the connections that were open have it, {publication.missing} have not)"
            self._keep(fault, now_ns, publication.message, had.encode())
            self._recorder.fail(fault, stamps, now_ns)
        self._is_done(publication.publisher)


class FanoutIssuer(Fanout):
    """The closed loop: each publisher publishes again when all have its last.

    _drawn: (measured, other) publications. _resting: publishers that have nothing under way.
    """

    def __init__(self, shard: Shard, circuit: Circuit, recorder: Recorder) -> None:
        super().__init__(shard, circuit, recorder)
        self._furnish()
        self._drawn = [0, 0]
        self._resting = set(range(self._publishers))

    @property
    def exhausted(self) -> bool:
        """Whether the request limit is reached, or the window is over."""
        return self._halted or self._left <= 0

    def start(self) -> None:
        """Have every publisher begin."""
        super().start()
        for place in range(self._publishers):
            self._next(place)

    def issued(self) -> tuple[int, int]:
        """Publications, also those that could not be made."""
        return self._drawn[0], self._drawn[1]

    def _begin(self) -> None:
        """Those who could not be connected in the warm-up cannot publish now."""
        for place, (kind, status) in self._down.items():
            self._fail_to_publish(place, kind, status, self._window.begin_ns)

    def _has_failed(self, member: Member, kind: ErrorKind, status: int, now_ns: int) -> None:
        """What a publisher was to publish next has failed, as a request whose connection cannot be opened has."""
        self._fail_to_publish(member.place, kind, status, now_ns)

    def _fail_to_publish(self, place: int, kind: ErrorKind, status: int, now_ns: int) -> None:
        if place in self._resting and self._started and self._draw(now_ns):
            self._recorder.fail(kind, (now_ns, now_ns, 0), now_ns, status)

    def _has_joined(self, member: Member) -> None:
        super()._has_joined(member)
        if self._started and member.place in self._resting:
            self._next(member.place)

    def _is_done(self, publisher: int) -> None:
        self._resting.add(publisher)
        self._next(publisher)

    def _next(self, place: int) -> None:
        subscriber = cast("Subscriber", self.connections[place])
        now = perf_counter_ns()
        if subscriber.is_open and self._draw(now):
            self._resting.discard(place)
            self.publish(subscriber, now, now)

    def _draw(self, now_ns: int) -> bool:
        """Count a publication as drawn, if one is due: neither after the end nor beyond the limit."""
        is_ahead = now_ns < self._window.begin_ns
        if self._halted or now_ns >= self._window.end_ns or (self._left <= 0 and not is_ahead):
            return False
        self._left -= not is_ahead
        self._drawn[is_ahead] += 1
        return True


class OpenFanoutIssuer(Fanout, OpenIssuer):
    """The open loop: publications leave when they are due, whoever has the last ones, by each publisher in turn.

    The publishers that are open are what the open loop takes for free connections: they are never busy.
    """

    def __init__(self, shard: Shard, circuit: Circuit, recorder: Recorder, *, spin: bool) -> None:
        OpenIssuer.__init__(self, shard, circuit, recorder, spin=spin)
        self._furnish()

    def start(self) -> None:
        """Begin with the first publisher, in whatever order they were opened."""
        Assembly.start(self)
        self._free.extend(sorted((self._free.popleft() for _ in range(len(self._free))), key=lambda c: c.place))
        OpenIssuer.start(self)

    def halt(self) -> None:
        """Publish what is due by now, and no more."""
        OpenIssuer.halt(self)
        self._stop_opening()

    @property
    def exhausted(self) -> bool:
        """Whether every arrival has been drawn."""
        return self._circuit.issue_ns == NEVER

    @property
    def idle(self) -> bool:
        """Whether no publication is under way, waits for a publisher, or was due before the halt."""
        behind = self._halted and not self.exhausted
        return not (behind or self._queue or self._publications.under_way)

    def issued(self) -> tuple[int, int]:
        """Publications that were due."""
        return self._arrivals.measured, self._arrivals.others

    def give_up(self, now_ns: int) -> None:
        """Censor what has not come to all, and what was never published, unless that has failed."""
        Fanout.give_up(self, now_ns)
        self._fail_unpublished(now_ns)
        OpenIssuer.give_up(self, now_ns)

    def publish(self, subscriber: Subscriber, due_ns: int, taken_ns: int) -> None:
        """Publish, and be ready for the next, unless the server does not read what was published before."""
        super().publish(subscriber, due_ns, taken_ns)
        if not subscriber.full:
            self._free.append(subscriber)

    def reads_on(self, subscriber: Subscriber) -> None:
        """It can publish again."""
        if subscriber.is_open and subscriber not in self._free:
            self._offer_publisher(subscriber)

    def _has_joined(self, member: Member) -> None:
        super()._has_joined(member)
        self._offer_publisher(member)

    def _fail_unpublished(self, now_ns: int) -> None:
        """What was due waited for a publisher, and none could be connected: the reason is known."""
        places = range(self._publishers)
        reasons = [self._down[place] for place in places if place in self._down]
        if not reasons or any(self.connections[place].is_open for place in places):
            return
        kind, status = reasons[0]
        while self._queue:
            due_ns, taken_ns, _ = self._queue.popleft()
            self._recorder.fail(kind, (due_ns, taken_ns, 0), now_ns, status)

    def _offer_publisher(self, member: Member) -> None:
        if member.place >= self._publishers:
            return
        self._free.append(member)
        while self._queue and self._free:
            due_ns, taken_ns, _ = self._queue.popleft()
            self._free.popleft().send(due_ns, taken_ns, perf_counter_ns())

    def _has_left(self, member: Member, kind: ErrorKind, now_ns: int) -> None:
        if member in self._free:
            self._free.remove(member)
        super()._has_left(member, kind, now_ns)

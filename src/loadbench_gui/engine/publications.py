"""Fan-out: which publications are under way, who was subscribed when each was sent, and who has it by now.

Pure bookkeeping on one clock. The caller sends, receives and counts; here is decided what a delivery is. A publication
knows every subscriber it waits for, so a delivery that came twice is told from one that never came, exactly.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

from loadbench_gui.core.snapshot import ErrorKind

DIGITS: Final = 16
"""How long the identifier of a text message is: hexadecimal digits. A binary one has half as many bytes."""
_NOT_ASKED, _AWAITED, _HAS_IT, _OVERTAKEN = range(4)
"""What a publication is to a subscriber. The last: it is awaited, and a later one of the same publisher came before."""
_WAITING: Final = (_AWAITED, _OVERTAKEN)
_MOST_KEPT: Final = 1024
_MOST_KEPT_BYTES: Final = 4 << 20


class Delivery(Enum):
    """What a message is to the subscriber that it came to.

    AWAITED: a publication that it had not yet. OVERTAKEN: the same, but it had a later one of the same publisher.
    LATE: one that was given up before. WRONG: one, with another content. AGAIN: one that it had. STRAY: nothing that
    was published for it.
    """

    AWAITED = auto()
    OVERTAKEN = auto()
    LATE = auto()
    WRONG = auto()
    AGAIN = auto()
    STRAY = auto()


class Publication:
    """One message on its way to all who were subscribed when it was sent. Times are perf_counter nanoseconds.

    number: which it is; later ones have higher numbers. publisher: the place that sends it. name: the identifier that
    `message` starts with. due_ns, taken_ns, sent_ns: its clock; `sent_ns` is the caller's to set.
    expected: how many subscribers there are to wait for. came: how many of those have it, the first at `first_ns`, the
    last so far at `last_ns`. missing: how many it was given up for. fault: why it fails even if all others get it.
    fates: what it is to each place, in one byte. previous: the same publisher's one before it, if both are under way.
    """

    __slots__ = (
        "_body",
        "came",
        "due_ns",
        "expected",
        "fates",
        "fault",
        "first_ns",
        "last_ns",
        "missing",
        "name",
        "number",
        "previous",
        "publisher",
        "sent_ns",
        "taken_ns",
    )

    def __init__(
        self, number: int, publisher: int, name: bytes, body: bytes, fates: bytearray, previous: Publication | None
    ) -> None:
        self.number, self.publisher, self.name = number, publisher, name
        self.previous = previous
        # Not the whole: of those that have ended many are remembered, and all have the same body.
        self._body = body
        self.due_ns = self.taken_ns = self.sent_ns = 0
        self.fates = fates
        self.expected = fates.count(_AWAITED)
        self.came = self.first_ns = self.last_ns = self.missing = 0
        self.fault: ErrorKind | None = None

    @property
    def message(self) -> bytes:
        """What is published."""
        return self.name + self._body

    def is_message(self, other: bytes) -> bool:
        """Whether a message is this one, unchanged."""
        size = len(self.name) + len(self._body)
        return len(other) == size and other.startswith(self.name) and other.endswith(self._body)

    @property
    def is_complete(self) -> bool:
        """Whether there is nobody left to wait for."""
        return self.came >= self.expected


class Publications:
    """All publications of a load, over `places` connections of which each subscribes.

    body: what follows the identifier. first: the number of the first one.
    """

    def __init__(self, places: int, body: bytes, *, binary: bool, first: int = 1) -> None:
        self._body = body
        self._width = DIGITS // 2 if binary else DIGITS
        self._subscribed = bytearray(places)
        # By publisher: his newest, if it is under way. Publishers race each other, and nobody promises who wins.
        self._newest: dict[int, Publication] = {}
        self._under_way: dict[bytes, Publication] = {}
        self._past: dict[bytes, Publication] = {}
        self._most_past = max(16, min(_MOST_KEPT, _MOST_KEPT_BYTES // max(1, places)))
        self._number = first - 1

    @property
    def under_way(self) -> int:
        """How many publications have not ended."""
        return len(self._under_way)

    def due_under_way(self) -> list[int]:
        """Return when each publication that has not ended was due."""
        return [publication.due_ns for publication in self._under_way.values()]

    def join(self, place: int) -> None:
        """Have this connection awaited by what is published from now on."""
        self._subscribed[place] = _AWAITED

    def leave(self, place: int, why: ErrorKind) -> list[Publication]:
        """Give up what this connection has not got, and return the publications that end by it."""
        self._subscribed[place] = _NOT_ASKED
        ended = []
        for publication in list(self._under_way.values()):
            if publication.fates[place] in _WAITING:
                publication.fates[place] = _NOT_ASKED
                publication.fault = publication.fault or why
                publication.missing += 1
                publication.expected -= 1
                if publication.is_complete:
                    ended.append(self._end(publication))
        return ended

    def publish(self, publisher: int) -> Publication:
        """Return the next publication, awaited by all who are subscribed; the caller sets its clock and sends it."""
        self._number += 1
        number = self._number
        name = b"%016x" % number if self._width == DIGITS else number.to_bytes(self._width, "big")
        previous = self._newest.get(publisher)
        publication = Publication(number, publisher, name, self._body, bytearray(self._subscribed), previous)
        self._under_way[name] = self._newest[publisher] = publication
        return publication

    def deliver(
        self, place: int, message: bytes, now_ns: int, *, same_kind: bool = True
    ) -> tuple[Delivery, Publication | None]:
        """Take a message in that came to `place`; return what it is, and of which publication.

        same_kind: it is text, or binary, as it was published. After one that was awaited, or is wrong, the caller looks
        whether the publication is complete, and `finish`es it if so.
        """
        name = message[: self._width]
        publication = self._under_way.get(name)
        if publication is None:
            return self._deliver_past(place, name)
        if same_kind and publication.is_message(message):
            return self.arrive(publication, place, now_ns), publication
        if publication.fates[place] not in _WAITING:
            return self._not_awaited(publication, place), publication
        publication.fates[place] = _HAS_IT
        self._overtake(publication, place)
        publication.fault = ErrorKind.BAD_BODY
        publication.expected -= 1
        return Delivery.WRONG, publication

    def arrive(self, publication: Publication, place: int, now_ns: int) -> Delivery:
        """Take in that a publication that is under way came to `place`, unchanged."""
        fate = publication.fates[place]
        if fate not in _WAITING:
            return self._not_awaited(publication, place)
        publication.fates[place] = _HAS_IT
        publication.came += 1
        publication.last_ns = now_ns
        publication.first_ns = publication.first_ns or now_ns
        if publication.previous is not None:
            self._overtake(publication, place)
        return Delivery.AWAITED if fate == _AWAITED else Delivery.OVERTAKEN

    def finish(self, publication: Publication) -> None:
        """Take a complete publication out."""
        self._end(publication)

    def expire(self, before_ns: int) -> list[Publication]:
        """Give up, and return, what was sent at `before_ns` or earlier; for each, who has not got it is missing."""
        late = []
        for publication in self._under_way.values():  # In the order of sending.
            if publication.sent_ns > before_ns:
                break
            late.append(publication)
        for publication in late:
            publication.missing += publication.expected - publication.came
            self._end(publication)
        return late

    def abandon(self) -> list[Publication]:
        """Give up, and return, all that has not ended; nobody is missing, since nobody waits any longer."""
        rest = list(self._under_way.values())
        self._under_way.clear()
        self._newest.clear()
        return rest

    def _end(self, publication: Publication) -> Publication:
        del self._under_way[publication.name]
        publication.previous = None
        if self._newest.get(publication.publisher) is publication:
            del self._newest[publication.publisher]
        self._past[publication.name] = publication
        if len(self._past) > self._most_past:
            del self._past[next(iter(self._past))]
        return publication

    def _deliver_past(self, place: int, name: bytes) -> tuple[Delivery, Publication | None]:
        publication = self._past.get(name)
        if publication is None:
            return Delivery.STRAY, None
        if publication.fates[place] in _WAITING:
            publication.fates[place] = _HAS_IT
            return Delivery.LATE, publication
        return self._not_awaited(publication, place), publication

    @staticmethod
    def _overtake(publication: Publication, place: int) -> None:
        """It came to `place`: those before it that did not are overtaken.

        Where one before it is not awaited, all that are before that one have been looked at when it came: each delivery
        is marked once at most. One that has ended was awaited by nobody any more, or is waited for no longer.
        """
        earlier = publication.previous
        while earlier is not None and earlier.fates[place] == _AWAITED:
            earlier.fates[place] = _OVERTAKEN
            earlier = earlier.previous

    @staticmethod
    def _not_awaited(publication: Publication, place: int) -> Delivery:
        return Delivery.AGAIN if publication.fates[place] == _HAS_IT else Delivery.STRAY

"""Who was subscribed when a message was published, and what each message that comes is to whom it comes."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.engine.publications import Delivery, Publication, Publications

BODY = b"-the-rest"


def room(places: int = 3, *, binary: bool = False) -> Publications:
    publications = Publications(places, BODY, binary=binary)
    for place in range(places):
        publications.join(place)
    return publications


def published(publications: Publications, sent_ns: int = 0, publisher: int = 0) -> Publication:
    publication = publications.publish(publisher)
    publication.sent_ns = sent_ns
    return publication


def fates(publications: Publications, publication: Publication, *places: int) -> list[Delivery]:
    return [publications.deliver(place, publication.message, 10 + place)[0] for place in places]


@pytest.mark.parametrize(("binary", "name"), [(False, b"0000000000000001"), (True, b"\0\0\0\0\0\0\0\x01")])
def test_an_identifier_stands_in_front_of_the_message(binary: bool, name: bytes) -> None:
    assert published(room(binary=binary)).message == name + BODY


def test_a_publication_is_complete_with_its_last_subscriber() -> None:
    publications = room()
    publication = published(publications)
    assert fates(publications, publication, 0, 1) == [Delivery.AWAITED] * 2
    before = publication.is_complete
    assert fates(publications, publication, 2) == [Delivery.AWAITED]
    assert (before, publication.is_complete) == (False, True)
    assert (publication.came, publication.first_ns, publication.last_ns) == (3, 10, 12)
    publications.finish(publication)
    assert publications.under_way == 0


def test_what_comes_again_is_told_before_and_after_the_end() -> None:
    publications = room(2)
    publication = published(publications)
    assert fates(publications, publication, 0, 0) == [Delivery.AWAITED, Delivery.AGAIN]
    fates(publications, publication, 1)
    publications.finish(publication)
    assert fates(publications, publication, 0, 1) == [Delivery.AGAIN] * 2


def test_what_nobody_published_is_stray() -> None:
    publications = room()
    assert publications.deliver(0, b"what is this?", 1) == (Delivery.STRAY, None)
    assert publications.deliver(0, b"", 1) == (Delivery.STRAY, None)


def test_who_subscribes_later_is_not_waited_for() -> None:
    publications = Publications(2, BODY, binary=False)
    publications.join(0)
    publication = published(publications)
    publications.join(1)
    assert fates(publications, publication, 1, 0) == [Delivery.STRAY, Delivery.AWAITED]
    assert publication.is_complete


def test_another_content_fails_the_publication() -> None:
    publications = room(2)
    publication = published(publications)
    fate, which = publications.deliver(0, publication.message[:-1] + b"?", 1)
    assert (fate, which) == (Delivery.WRONG, publication)
    fates(publications, publication, 1)
    assert publication.is_complete
    assert publication.fault is ErrorKind.BAD_BODY


def test_a_subscriber_that_leaves_is_missing_and_the_others_are_waited_for() -> None:
    publications = room()
    publication = published(publications)
    fates(publications, publication, 0)
    assert publications.leave(1, ErrorKind.WS_CLOSE) == []
    assert publications.leave(0, ErrorKind.RESET) == []
    fates(publications, publication, 2)
    assert publication.is_complete
    assert (publication.missing, publication.fault) == (1, ErrorKind.WS_CLOSE)


def test_the_last_one_to_be_waited_for_ends_it_by_leaving() -> None:
    publications = room(2)
    publication = published(publications)
    fates(publications, publication, 0)
    assert publications.leave(1, ErrorKind.RESET) == [publication]
    assert publications.under_way == 0


def test_what_takes_too_long_is_given_up_and_its_late_deliveries_are_not_duplicates() -> None:
    publications = room(3)
    early, late = published(publications, 100), published(publications, 200)
    fates(publications, early, 0)
    assert publications.expire(100) == [early]
    assert early.missing == 2
    assert fates(publications, early, 0, 1, 1) == [Delivery.AGAIN, Delivery.LATE, Delivery.AGAIN]
    assert publications.abandon() == [late]
    assert late.missing == 0


def test_only_the_same_publisher_can_be_overtaken() -> None:
    publications = room(1)
    first, second, third = (published(publications, publisher=place) for place in (0, 1, 0))
    order = [fates(publications, publication, 0)[0] for publication in (third, second, first)]
    assert order == [Delivery.AWAITED, Delivery.AWAITED, Delivery.OVERTAKEN], "the second is of another publisher"


@given(st.data())
def test_whoever_is_overtaken_is_known_in_every_order_with_others_leaving_and_ending(data: st.DataObject) -> None:
    """Against the plain rule: a later one of the same publisher had come to the place before."""
    places = 3
    publications = room(places)
    sent: list[Publication] = []
    latest: dict[tuple[int, int], int] = {}
    for _ in range(data.draw(st.integers(1, 40))):
        match data.draw(st.sampled_from(("publish", "publish", "deliver", "deliver", "deliver", "rejoin", "expire"))):
            case "publish":
                sent.append(published(publications, sent_ns=len(sent), publisher=data.draw(st.integers(0, 1))))
            case "deliver" if sent:
                publication = data.draw(st.sampled_from(sent))
                place = data.draw(st.integers(0, places - 1))
                ours = publication.publisher, place
                fate = fates(publications, publication, place)[0]
                if fate in (Delivery.AWAITED, Delivery.OVERTAKEN):
                    assert (fate is Delivery.OVERTAKEN) == (publication.number < latest.get(ours, 0))
                    latest[ours] = max(latest.get(ours, 0), publication.number)
                    if publication.is_complete:
                        publications.finish(publication)
            case "rejoin":
                place = data.draw(st.integers(0, places - 1))
                publications.leave(place, ErrorKind.RESET)
                publications.join(place)
            case "expire":
                publications.expire(data.draw(st.integers(0, max(0, len(sent) - 1))))


def test_many_publishers_with_many_subscribers_take_a_byte_for_each_delivery() -> None:
    """It was eight, for each publisher and subscriber, for the whole run."""
    places = 1_000
    publications = room(places)
    tracemalloc.start()
    try:
        under_way = [published(publications, publisher=place) for place in range(places)]
        for publication in under_way:
            assert fates(publications, publication, 0) == [Delivery.AWAITED]
        held_bytes, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held_bytes < 2 * places * places


def test_the_other_kind_of_message_is_another_content() -> None:
    publications = room(1)
    publication = published(publications)
    assert publications.deliver(0, publication.message, 1, same_kind=False)[0] is Delivery.WRONG


def test_what_was_published_long_ago_is_forgotten() -> None:
    publications = room(1)
    first = published(publications)
    for publication in [first, *(published(publications) for _ in range(2000))]:
        fates(publications, publication, 0)
        publications.finish(publication)
    assert fates(publications, first, 0) == [Delivery.STRAY]


def test_what_was_published_long_ago_is_remembered_by_its_name_alone() -> None:
    """Or a thousand past messages of a megabyte would be a gigabyte."""
    publications = Publications(1, b"z" * (1 << 20), binary=False)
    publications.join(0)
    tracemalloc.start()
    try:
        for _ in range(50):
            publication = published(publications)
            assert publications.deliver(0, publication.message, 1)[0] is Delivery.AWAITED
            publications.finish(publication)
        held_bytes, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert publications.deliver(0, publication.message, 2)[0] is Delivery.AGAIN
    assert held_bytes < 5 << 20

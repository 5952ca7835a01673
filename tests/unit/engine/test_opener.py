"""Many connections are opened a few at a time, and those that were lost again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from loadbench_gui.engine import opener as module
from loadbench_gui.engine.opener import AT_ONCE, Opener


class Door:
    """Stands for a server: says later, or at once, whether a place is open."""

    def __init__(self, answers: Callable[[int], bool | None], *, at_once: bool = False) -> None:
        self.opener = Opener(asyncio.get_running_loop(), self._knock)
        self._answers, self._at_once = answers, at_once
        self.knocked: list[int] = []
        self.under_way = self.most_under_way = 0

    def _knock(self, place: int) -> None:
        self.knocked.append(place)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        if self._at_once:
            self._answer(place)
        else:
            asyncio.get_running_loop().call_soon(self._answer, place)

    def _answer(self, place: int) -> None:
        answer = self._answers(place)
        if answer is None:
            return
        self.under_way -= 1
        if answer:
            self.opener.is_open(place)
        else:
            self.opener.is_not_open(place)


@pytest.mark.parametrize("at_once", [False, True])
def test_all_are_opened_a_few_at_a_time(at_once: bool) -> None:
    async def scenario() -> Door:
        door = Door(lambda place: True, at_once=at_once)
        await door.opener.open_all(range(1000), patience_s=60.0)
        return door

    door = asyncio.run(scenario())
    assert door.knocked == list(range(1000))
    assert door.most_under_way == (1 if at_once else AT_ONCE)


def test_those_that_fail_do_not_keep_the_others_from_opening() -> None:
    async def scenario() -> Door:
        door = Door(lambda place: place % 3 == 0)
        await door.opener.open_all(range(500), patience_s=60.0)
        return door

    assert asyncio.run(scenario()).knocked == list(range(500))


def test_a_server_that_opens_nothing_any_more_is_not_waited_for() -> None:
    async def scenario() -> Door:
        door = Door(lambda place: True if place < 200 else None)
        await door.opener.open_all(range(1000), patience_s=0.05)
        return door

    assert asyncio.run(scenario()).knocked == list(range(200 + AT_ONCE))


def test_one_that_was_lost_is_opened_again_and_again_at_a_growing_distance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_BACKOFF_S", 0.001)

    async def scenario() -> tuple[Door, list[float]]:
        loop = asyncio.get_running_loop()
        at_s: list[float] = []
        enough = asyncio.Event()

        def lose(place: int) -> bool:
            at_s.append(loop.time())
            if len(at_s) < 7:
                loop.call_soon(door.opener.ask_again, place)
            else:
                enough.set()
            return True

        door = Door(lose)
        door.opener.ask(5)
        await enough.wait()
        return door, at_s

    door, at_s = asyncio.run(scenario())
    assert door.knocked == [5] * 7
    # At once, then after 1, 2, 4, 8 and 16 ms; timers are a millisecond coarse.
    assert at_s[-1] - at_s[0] >= 0.028


def test_nothing_is_opened_after_the_end() -> None:
    async def scenario() -> Door:
        door = Door(lambda place: None)
        for place in range(100):
            door.opener.ask(place)
        door.opener.ask_again(7)
        door.opener.stop()
        door.opener.ask(8)
        for _ in range(3):
            await asyncio.sleep(0)
        return door

    assert asyncio.run(scenario()).knocked == list(range(AT_ONCE))

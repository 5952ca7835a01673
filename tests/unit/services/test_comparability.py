"""One deployment is nothing to compare, wherever the comparison is asked for."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from loadbench_gui.errors import UserError
from loadbench_gui.profile.bundled import find
from loadbench_gui.profile.loader import load
from loadbench_gui.services.compare import compare_plan
from loadbench_gui.services.events import Event
from loadbench_gui.store.store import Store


def test_it_is_refused_before_anything_is_started_or_stored(tmp_path: Path) -> None:
    events: list[Event] = []

    async def scenario() -> int:
        async with await Store.open(tmp_path) as store:
            with pytest.raises(UserError, match="a comparison needs two") as caught:
                await compare_plan(load(find("single-url")), store=store, emit=events.append, stop=asyncio.Event())
            assert "loadbench run single-url" in caught.value.hint
            return len(await store.list_comparisons())

    assert asyncio.run(scenario()) == 0
    assert events == []

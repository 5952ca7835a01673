"""Fires with a client of one's choice, for tests that compare clients or need what only httpx can do."""

from __future__ import annotations

from typing import Final, Unpack

from engine.firing import Firing, fire_load
from loadbench_gui.core.plan import Client, ClosedLoad, Expectation, LoadShape, Request, Target
from loadbench_gui.services.generator import Fired

HTTPX: Final = Client("httpx")
ONE: Final = ClosedLoad(1)


async def fire_by(
    client: Client,
    target: Target,
    *,
    shape: LoadShape = ONE,
    request: Request | None = None,
    also: tuple[Request, ...] = (),
    **how: Unpack[Firing],
) -> Fired:
    """Fire ten requests over one connection unless told otherwise. also: what may be drawn beside `request`."""
    asked: Firing = {
        "requests": (request or Request(), *also), "expect": Expectation(status=200),
        "duration_s": 20.0, "limit": 10, **how,
    }  # fmt: skip
    return await fire_load(target, shape, client=client, **asked)

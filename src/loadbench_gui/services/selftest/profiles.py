"""Profiles: each that ships loads, and what is written reads back as the same plan."""

from __future__ import annotations

from loadbench_gui.deploy.threads import in_thread
from loadbench_gui.profile.bundled import bundled, new
from loadbench_gui.profile.loader import load, load_text
from loadbench_gui.profile.writer import dump
from loadbench_gui.services.selftest.outcome import require
from loadbench_gui.services.selftest.scratch import Scratch


async def round_trip(place: Scratch) -> str:
    """Load each shipped profile, write its plan, and load that; then start a new one from the template."""
    return await in_thread(_round_trip, place)


def _round_trip(place: Scratch) -> str:
    shipped = bundled()
    for one in shipped:
        plan = load(one.path)
        require(
            load_text(dump(plan), one.path) == plan,
            f"the profile {one.name} does not read back as the plan that was written",
        )
    path = place.new("profile") / "mine ü.toml"
    path.write_text(new(), encoding="utf-8")
    require(load(path).deployments, "a new profile names no deployment")
    return f"{len(shipped)} shipped profiles and a new one, written and read back alike"

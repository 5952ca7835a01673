"""Bundled profiles cut down to what shows that they run: short windows, few rounds."""

from __future__ import annotations

import json
import re

from loadbench_gui.assets import asset_dir


def shortened(name: str, **values: int | str) -> str:
    """Return a bundled profile with other values, each given by its key in the profile, wherever that stands."""
    text = (asset_dir("profiles") / f"{name}.toml").read_text("utf-8")
    for key, value in {"warmup": "250ms", "duration": "1s", "rounds": 2, **values}.items():
        text, count = re.subn(rf'\b{key} = ("[^"]*"|\d+)', f"{key} = {json.dumps(value)}", text)
        assert count, f"{name} has no {key}"
    return text

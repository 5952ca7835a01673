"""The frozen app tests itself, from the console and from the window, and every check passes."""

from __future__ import annotations

import json

import pytest
from installers import places

from smoke.app import Frozen


@pytest.mark.timeout(300)
@pytest.mark.parametrize("executable", ["loadbench", "loadbench-gui"])
def test_every_check_of_the_app_passes(frozen: Frozen, executable: str) -> None:
    target = frozen.folder / "self-test.json"
    if executable == "loadbench":
        done = frozen("self-test", "--json", str(target), timeout=280)
    else:
        done = frozen.gui("--self-test", "--json", str(target), timeout=280)
    assert done.returncode == 0, done.stdout + done.stderr
    document = json.loads(target.read_text("utf-8"))
    assert document["tool"]["version"] == places.version()
    outcomes = {check["name"]: check["status"] for check in document["checks"]}
    assert set(outcomes.values()) == {"passed"}
    assert {"display", "paint", "fonts", "png", "tls", "worker", "http-workers", "comparison"} <= outcomes.keys()
    assert {"sse", "websocket"} <= outcomes.keys()

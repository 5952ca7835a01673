"""The HTML report: one file that says what was found and carries the result with it."""

from __future__ import annotations

import json
import re
from typing import Final

from loadbench_gui.core.verdict import Verdict
from loadbench_gui.deploy.threads import in_thread
from loadbench_gui.report import html
from loadbench_gui.services.selftest.outcome import require
from loadbench_gui.services.selftest.scratch import Scratch
from loadbench_gui.services.selftest.specimen import specimen

_RESULT: Final = re.compile(r'<script[^>]*type="application/json"[^>]*>(?P<json>.*?)</script>', re.DOTALL)
_FETCHED: Final = re.compile(r'(?:src|href)="https?://')


async def report(_: Scratch) -> str:
    """Render the report of a comparison with known figures; read it again."""
    return await in_thread(_report)


def _report() -> str:
    comparison, runs = specimen()
    primary = {m.deployment: m.verdict for m in comparison.metrics if m.primary}
    require(
        primary.get("starlette") is Verdict.FASTER,
        f"figures that are a third lower are judged {primary.get('starlette', 'not at all')}",
    )
    page = html.render(runs, comparison)
    absent = [name for name in comparison.deployments if name not in page]
    require(not absent, f"the report does not name {', '.join(absent)}")
    require(page.count("<svg") >= len(comparison.deployments), "the report has no charts")
    require(not _FETCHED.search(page), "the report would fetch something from the network")
    found = _RESULT.search(page)
    require(found, "the report does not carry the result")
    assert found is not None
    result = json.loads(found["json"])
    require(len(result["runs"]) == len(runs), f"the report carries {len(result['runs'])} runs of {len(runs)}")
    return f"{len(page) / 1024:.0f} KiB, {page.count('<svg')} pictures, verdict and {len(runs)} runs in it"

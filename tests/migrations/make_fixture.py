"""Writes the fixture of test_history.py: a small history as today's loadbench stores it.

Run once when a schema version is released: `python tests/migrations/make_fixture.py 1` makes history-v1.db. A fixture
that was released is never written again; later versions must go on reading it.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from builders import make_comparison, make_run  # noqa: E402 - the builders lie beside this folder
from loadbench_gui.core.snapshot import ErrorKind  # noqa: E402
from loadbench_gui.store.store import Store  # noqa: E402


async def write(folder: Path) -> None:
    """Store one comparison with its verdict and two of its runs: one sealed, one cut short."""
    comparison, _ = make_comparison(rounds=2, rate_rps=40.0)
    sealed, cut = (
        make_run(
            order=order, rate_rps=40.0, comparison_id=comparison.comparison_id, errors={ErrorKind.RESET: 2 - order}
        )
        for order in (0, 1)
    )
    async with await Store.open(folder) as store:
        await store.append_comparison(
            comparison.comparison_id,
            comparison.profile,
            'schema = 1\nname = "kept as it was"\n',
            comparison.schedule,
            comparison.started_at,
            "loadbench compare kept",
            comparison.baseline,
        )
        await store.seal_run(sealed)
        await store.begin_run(replace(cut, intervals=cut.intervals[:3]))
        await store.set_tags(sealed.label.run_id, ["kept"])
        await store.save_comparison(comparison)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        asyncio.run(write(Path(scratch)))
        (HERE / f"history-v{int(sys.argv[1])}.db").write_bytes((Path(scratch) / "history.db").read_bytes())

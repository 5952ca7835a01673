"""Full, locked, damaged, read-only: each is met for real, told in words, and costs nothing that was stored."""

from __future__ import annotations

import asyncio
import itertools
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from builders import make_run
from loadbench_gui.core.run import Run
from loadbench_gui.errors import EnvironmentFault, ExitCode
from loadbench_gui.store.store import Store
from privileges import as_nobody

HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


def header_of(run: Run) -> Run:
    return replace(run, intervals=(), target_samples=())


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[Path]:
    """A small disk of its own at `folder`; skips where this user, or this container, may not mount."""
    folder.mkdir()
    if sys.platform != "linux":
        pytest.skip("only Linux has disks in memory")
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"mounting a small disk needs the rights of root: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


async def fill(store: Store, run: Run) -> tuple[int, EnvironmentFault]:
    """Append intervals until it cannot go on; return how many went in, and what was said."""
    await store.begin_run(header_of(run))
    for index in itertools.count():
        try:
            await store.append_interval(run.label.run_id, replace(run.intervals[-1], index=index))
        except EnvironmentFault as fault:
            return index, fault
    raise AssertionError("a disk has an end")


def assert_told_as_full(fault: EnvironmentFault) -> None:
    assert "no space left for the history" in fault.message
    assert "Free some space" in fault.hint
    assert fault.exit_code is ExitCode.ENVIRONMENT


def test_a_full_disk_ends_the_run_and_keeps_what_was_stored(tmp_path: Path) -> None:
    async def main() -> None:
        async with await Store.open(disk) as store:
            stored, fault = await fill(store, make_run())
            assert_told_as_full(fault)
            assert stored > 0
            assert (await store.list_runs())[0].intervals == stored
        async with await Store.open(disk) as store:
            assert len((await store.load_run("run-")).intervals) == stored

    with mounted(tmp_path / "disk", "size=1m") as disk:
        asyncio.run(main())


def test_a_history_that_may_not_grow_is_told_as_full_and_goes_on_after(tmp_path: Path) -> None:
    run = make_run()

    async def main() -> None:
        async with await Store.open(tmp_path) as store:
            await store._thread.submit(lambda connection: connection.execute("PRAGMA max_page_count = 40"))
            stored, fault = await fill(store, run)
            assert_told_as_full(fault)
            await store._thread.submit(lambda connection: connection.execute("PRAGMA max_page_count = 100000"))
            await store.append_interval(run.label.run_id, replace(run.intervals[0], index=stored))
            assert (await store.list_runs())[0].intervals == stored + 1

    asyncio.run(main())


def test_a_folder_on_a_read_only_disk_is_told_with_what_to_do(tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", "size=4m") as disk:
        asyncio.run(_seal(disk))
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        with pytest.raises(EnvironmentFault, match="cannot use the data folder") as caught:
            asyncio.run(_seal(disk))
        with pytest.raises(EnvironmentFault, match=r"cannot use the data folder.*Read-only"):
            asyncio.run(_seal(disk / "below"))
    assert "--data-dir or LOADBENCH_DATA_DIR" in caught.value.hint


@pytest.mark.skipif(sys.platform == "win32", reason="the modes of files mean nothing there")
def test_a_folder_without_permission_is_told_with_what_to_do() -> None:
    with as_nobody() as folder:
        folder.chmod(0o500)
        with pytest.raises(EnvironmentFault, match="cannot use the data folder") as caught:
            asyncio.run(_seal(folder))
    assert "--data-dir or LOADBENCH_DATA_DIR" in caught.value.hint


async def _seal(folder: Path) -> None:
    async with await Store.open(folder) as store:
        await store.seal_run(make_run())


def test_a_file_that_is_no_database_is_told_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    path.write_bytes(b"these are not the bytes of a database" * 100)
    before = path.read_bytes()
    with pytest.raises(EnvironmentFault, match="damaged or not a loadbench history") as caught:
        asyncio.run(_seal(tmp_path))
    assert "Move it away" in caught.value.hint
    assert path.read_bytes() == before


def test_a_history_damaged_in_the_middle_is_told_when_it_is_read(tmp_path: Path) -> None:
    asyncio.run(_seal(tmp_path))
    path = tmp_path / "history.db"
    data = bytearray(path.read_bytes())
    data[4096:] = os.urandom(len(data) - 4096)
    path.write_bytes(data)

    async def main() -> None:
        async with await Store.open(tmp_path) as store:
            await store.list_runs()

    with pytest.raises(EnvironmentFault, match="damaged"):
        asyncio.run(main())
    assert path.stat().st_size == len(data)


def test_a_lock_names_who_holds_it(tmp_path: Path) -> None:
    async def main() -> None:
        async with await Store.open(tmp_path, busy_timeout_s=0.01) as store:
            with _holder(store.path) as pid:
                with pytest.raises(EnvironmentFault, match="locked by another program") as caught:
                    await store.seal_run(make_run())
                assert f"(process {pid})" in caught.value.hint
                assert "try again" in caught.value.hint
                # Reading goes on beside a writer.
                assert await store.list_runs() == ()
            await store.seal_run(make_run())

    asyncio.run(main())


@contextmanager
def _holder(path: Path) -> Iterator[int]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process.pid
        process.communicate()


def test_a_locked_history_does_not_hold_up_the_loop(tmp_path: Path) -> None:
    run = make_run()

    async def main() -> None:
        async with await Store.open(tmp_path, busy_timeout_s=60.0) as store:
            with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                # Done in order: once this read is back, the write behind it is what the thread is at.
                read, write = store.list_runs(), store.seal_run(run)
                await read
                for _ in range(1_000):
                    await asyncio.sleep(0)
                assert not write.done()
                other.execute("ROLLBACK")
                await write
            assert await store.load_run("run-") == run

    asyncio.run(main())


def test_closing_keeps_its_deadline_though_a_write_waits_for_a_lock(tmp_path: Path) -> None:
    async def main() -> None:
        store = await Store.open(tmp_path, busy_timeout_s=60.0)
        with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            write = store.seal_run(make_run())
            assert not store.close(0.01)
            other.execute("ROLLBACK")
        assert store.close(60.0)
        await asyncio.wait([write])
        if write.exception() is None:
            async with await Store.open(tmp_path) as again:
                assert len(await again.list_runs()) == 1

    asyncio.run(main())

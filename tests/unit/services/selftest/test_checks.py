"""Each check passes here, and fails when what it is for is broken."""

from __future__ import annotations

import asyncio
import shutil
import ssl
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from loadbench_gui import trust
from loadbench_gui.assets import asset_dir
from loadbench_gui.core.run import Run
from loadbench_gui.core.verdict import Comparison, Gate
from loadbench_gui.deploy.watch import sample_tree
from loadbench_gui.errors import Bug, EnvironmentFault, LoadbenchError
from loadbench_gui.profile.writer import dump
from loadbench_gui.report import html
from loadbench_gui.report.figures.svg import svg
from loadbench_gui.report.palette import LIGHT
from loadbench_gui.services.selftest import (
    comparison,
    events,
    history,
    loopback,
    pictures,
    processes,
    profiles,
    reports,
    shipped,
    tls,
    traffic,
)
from loadbench_gui.services.selftest.catalogue import CHECKS
from loadbench_gui.services.selftest.outcome import Check
from loadbench_gui.services.selftest.scratch import Scratch
from loadbench_gui.services.selftest.specimen import plan, specimen
from loadbench_gui.store import db
from loadbench_gui.store.store import Store

QUICK = [check for check in CHECKS if check.probe is not None and check.name not in ("comparison", "worker")]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scratch:
    monkeypatch.setenv("LOADBENCH_RUNTIME_DIR", str(tmp_path / "run"))
    return Scratch(tmp_path, tmp_path / "data", tmp_path / "run")


def run(probe: Coroutine[Any, Any, str]) -> str:
    return asyncio.run(probe)


def tried(check: Check, place: Scratch) -> str:
    async def main() -> str:
        assert check.probe is not None
        return await check.probe(place)

    return asyncio.run(main())


@pytest.mark.parametrize("check", QUICK, ids=lambda check: check.name)
def test_it_passes_here_and_says_what_it_saw(check: Check, place: Scratch) -> None:
    assert len(tried(check, place)) > 10


def test_names_are_unique_and_titles_fit() -> None:
    assert len({check.name for check in CHECKS}) == len(CHECKS)
    assert max(len(check.title) for check in CHECKS) <= 23


def test_another_version_in_the_metadata(place: Scratch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipped, "__version__", "99.0")
    with pytest.raises(EnvironmentFault, match=r"this is loadbench 99\.0, but its metadata is that of"):
        run(shipped.version(place))


def test_metadata_of_a_server_that_is_missing(place: Scratch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipped, "SERVERS", ("fastapi", "no-such-server"))
    with pytest.raises(EnvironmentFault, match="no-such-server"):
        run(shipped.version(place))


def test_files_that_are_missing_are_named(place: Scratch, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = place.folder / "shipped"
    shutil.copytree(asset_dir("resources"), folder / "resources")
    shutil.copytree(asset_dir("profiles"), folder / "profiles")
    (folder / "resources/fonts/Inter-Regular.ttf").unlink()
    (folder / "profiles/first-look.toml").write_bytes(b"")
    monkeypatch.setattr(shipped, "asset_dir", lambda name: folder / name)
    monkeypatch.setattr(shipped, "read_migrations", lambda _: ())
    with pytest.raises(EnvironmentFault) as missing:
        run(shipped.files(place))
    for name in ("profiles/first-look.toml", "fonts/Inter-Regular.ttf", "migrations"):
        assert name in missing.value.message
    assert "reinstall" in missing.value.hint


def test_a_data_folder_that_cannot_be_written_is_refused_and_none_is_made(place: Scratch) -> None:
    file = place.folder / "file"
    file.write_text("")
    for refused in (file / "below", Path("/proc/loadbench")):
        with pytest.raises(EnvironmentFault, match=r"cannot be kept in .* cannot be written"):
            run(shipped.folders(replace(place, data_dir=refused)))
    assert "history goes to" in run(shipped.folders(replace(place, data_dir=place.folder / "a" / "b")))
    assert not (place.folder / "a").exists()


def test_a_folder_for_records_that_cannot_be_written_is_named_with_its_variable(place: Scratch) -> None:
    with pytest.raises(EnvironmentFault, match=r"records of running servers cannot be kept in") as refused:
        run(shipped.folders(replace(place, runtime_dir=Path("/proc/loadbench"))))
    assert "LOADBENCH_RUNTIME_DIR" in refused.value.hint
    assert not place.runtime_dir.exists()


def test_a_profile_that_reads_back_otherwise(place: Scratch, monkeypatch: pytest.MonkeyPatch) -> None:
    original = dump
    monkeypatch.setattr(profiles, "dump", lambda plan: original(replace(plan, name="another")))
    with pytest.raises(Bug, match="first-look does not read back"):
        run(profiles.round_trip(place))


def test_a_history_that_forgets(place: Scratch, monkeypatch: pytest.MonkeyPatch) -> None:
    original = Store.seal_run
    monkeypatch.setattr(Store, "seal_run", lambda self, run: original(self, replace(run, stop_reason="lost")))
    with pytest.raises(Bug, match=r"runs .* do not read back"):
        run(history.create_and_read_back(place))


def test_a_newer_history_that_is_not_refused(place: Scratch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "_migrate", lambda path: 1)
    with pytest.raises(Bug, match="not refused"):
        run(history.migrate(place))


def test_migrations_that_are_missing_and_a_backup_that_is_not_made(
    place: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as without_backup:
        without_backup.setattr(db, "_back_up", lambda connection, to: None)
        with pytest.raises(Bug, match="without a backup"):
            run(history.migrate(place))
    monkeypatch.setattr(db, "read_migrations", lambda _: ())
    with pytest.raises(EnvironmentFault, match="migrations of the history are missing"):
        run(history.migrate(replace(place, folder=place.new("again"))))


@pytest.mark.parametrize(
    ("colour", "instead", "problem"),
    [
        (LIGHT.series[1], LIGHT.muted, "latency chart .light. lacks the colour of a series: " + LIGHT.series[1]),
        (LIGHT.series[1], LIGHT.series[0], "latency chart .light. lacks"),
        (LIGHT.grid, LIGHT.series[2], "latency chart .light. has colours without data: " + LIGHT.series[2]),
    ],
    ids=["a series in grey", "two alike", "a colour without data"],
)
def test_a_chart_in_wrong_colours(
    place: Scratch, monkeypatch: pytest.MonkeyPatch, colour: str, instead: str, problem: str
) -> None:
    original = svg
    monkeypatch.setattr(pictures, "svg", lambda *given: original(*given).replace(colour, instead))
    with pytest.raises(Bug, match=problem):
        run(pictures.to_svg(place))


@pytest.mark.parametrize(
    ("found", "put", "problem"),
    [
        ("<svg", "<b", "no charts"),
        ("sanic", "", "does not name sanic"),
        ("<head>", '<head><link href="https://cdn.example/x.css">', "from the network"),
        ("application/json", "text/plain", "does not carry the result"),
    ],
)
def test_a_report_that_lacks_something(
    place: Scratch, monkeypatch: pytest.MonkeyPatch, found: str, put: str, problem: str
) -> None:
    original = html.render
    monkeypatch.setattr(html, "render", lambda *given: original(*given).replace(found, put))
    with pytest.raises(Bug, match=problem):
        run(reports.report(place))


def test_a_client_that_believes_any_certificate(place: Scratch, monkeypatch: pytest.MonkeyPatch) -> None:
    original = trust.client_context
    monkeypatch.setattr(trust, "client_context", lambda **_: original(insecure=True))
    with pytest.raises(Bug, match="not refused: 4 requests succeeded"):
        run(tls.encrypted_traffic(place))


def test_a_client_that_trusts_nobody(place: Scratch, monkeypatch: pytest.MonkeyPatch) -> None:
    original = trust.client_context

    def nobody(*, insecure: bool = False, **_: str) -> ssl.SSLContext:
        return original(insecure=True) if insecure else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    monkeypatch.setattr(trust, "client_context", nobody)
    with pytest.raises(Bug, match="of 4 requests 4 were issued and 0 succeeded"):
        run(tls.encrypted_traffic(place))


def test_a_server_that_counted_otherwise(place: Scratch, monkeypatch: pytest.MonkeyPatch) -> None:
    original = loopback.Loopback.target

    def target(self: loopback.Loopback, *, tls: bool = False) -> object:
        self.requests += 1
        return original(self, tls=tls)

    monkeypatch.setattr(loopback.Loopback, "target", target)
    with pytest.raises(
        Bug, match=r"of 200 requests 200 were issued and 200 succeeded .no errors.; the server counted 201"
    ):
        run(traffic.in_app(place))


def test_events_that_the_server_did_not_send(place: Scratch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events.Account, "streams", property(lambda _: 39, lambda *_: None), raising=False)
    with pytest.raises(Bug, match=r"of 40 streams 40 were complete.*counted 39"):
        run(events.streams(place))


def test_messages_that_come_back_otherwise(place: Scratch, monkeypatch: pytest.MonkeyPatch) -> None:
    original = events._workload
    monkeypatch.setattr(
        events, "_workload", lambda *given, **how: replace(original(*given, **how), duration_s=0.5, timeout_s=0.5)
    )
    monkeypatch.setattr(events, "_GUID", b"no such number")
    with pytest.raises(Bug, match=r"of 200 messages 0 came back"):
        run(events.echoes(place))


def test_a_worker_with_qt_in_it(place: Scratch, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as inside:
        inside.setattr(processes, "spawned_modules", lambda: ("numpy", "PySide6.QtCore", "loadbench_gui.core"))
        with pytest.raises(Bug, match=r"a worker process loads PySide6\.QtCore"):
            run(processes.worker_spawns(place))
    monkeypatch.setattr(traffic, "maps_qt", lambda pid: True)
    with pytest.raises(Bug, match="mapped into a worker process"):
        run(traffic.through_workers(place))


def test_a_spawned_worker_tells_its_modules() -> None:
    modules = processes.spawned_modules()
    assert {"loadbench_gui.engine.worker", "uvloop"} <= set(modules)
    assert not any(name.startswith("PySide6") for name in modules)


def test_memory_that_is_not_there(place: Scratch, monkeypatch: pytest.MonkeyPatch) -> None:
    original = sample_tree
    with monkeypatch.context() as hidden:
        hidden.setattr(processes, "sample_tree", lambda *_: None)
        with pytest.raises(EnvironmentFault, match="cannot be read"):
            run(processes.memory_is_read(place))

    def small(pid: int, t_s: float) -> object:
        sample = original(pid, t_s)
        assert sample is not None
        return replace(sample, pss_bytes=1 << 20, uss_bytes=1 << 20, rss_bytes=1 << 20)

    monkeypatch.setattr(processes, "sample_tree", small)
    with pytest.raises(Bug, match=r"a child is said to use 1\.0.MiB"):
        run(processes.memory_is_read(place))


class TestComparison:
    """What is asked of the three-way comparison, on figures that were never measured."""

    @pytest.fixture
    def made(self, monkeypatch: pytest.MonkeyPatch) -> tuple[Comparison, tuple[Run, ...]]:
        full = plan()
        monkeypatch.setattr(comparison, "ROUNDS", full.comparison.rounds)
        monkeypatch.setattr(comparison, "RATE_RPS", 1200.0)
        monkeypatch.setattr(comparison, "WINDOW_S", 4.0)
        return specimen()

    def test_sound_figures_pass(self, made: tuple[Comparison, tuple[Run, ...]]) -> None:
        comparison.check_runs(plan(), made[1])
        assert "starlette faster" in comparison.check_verdict(plan(), made[0])

    def test_a_run_that_was_cut_short(self, made: tuple[Comparison, tuple[Run, ...]]) -> None:
        with pytest.raises(Bug, match="runs that ended as planned"):
            comparison.check_runs(plan(), (replace(made[1][0], sealed=False), *made[1][1:]))

    def test_a_request_that_is_missing(self, made: tuple[Comparison, tuple[Run, ...]]) -> None:
        first, *others = made[1]
        short = replace(first, measured=replace(first.measured, issued=4799))
        with pytest.raises(Bug, match="of 4800 requests that were due 4799 were issued"):
            comparison.check_runs(plan(), (short, *others))

    def test_a_wrong_answer(self, made: tuple[Comparison, tuple[Run, ...]]) -> None:
        wrong = Gate("same answers", False, "1 differ", "sanic answered otherwise.", "json", ("sanic",))
        with pytest.raises(Bug, match=r"do not answer alike: sanic answered otherwise\."):
            comparison.check_verdict(plan(), replace(made[0], gates=(wrong,)))

    def test_another_gate_may_withhold_the_verdict(self, made: tuple[Comparison, tuple[Run, ...]]) -> None:
        busy = Gate("generator valid", False, "", "The machine was busy.")
        withheld = replace(made[0], gates=(*made[0].gates, busy))
        assert "starlette faster" in comparison.check_verdict(plan(), withheld)

    def test_no_verdict_at_all(self, made: tuple[Comparison, tuple[Run, ...]]) -> None:
        with pytest.raises(LoadbenchError, match="there is a verdict on"):
            comparison.check_verdict(plan(), replace(made[0], metrics=()))

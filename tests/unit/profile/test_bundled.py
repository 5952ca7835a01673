"""The profiles that ship: sound, fair, findable, and written for a reader."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadbench_gui.core.plan import ClosedLoad, Launch, OpenLoad
from loadbench_gui.errors import UserError
from loadbench_gui.profile.bundled import Bundled, bundled, find, new
from loadbench_gui.profile.loader import load, load_text
from loadbench_gui.profile.writer import dump

SHIPPED = bundled()
by_name = pytest.mark.parametrize("one", SHIPPED, ids=lambda one: one.name)


def test_they_are_the_ones_that_the_documentation_names() -> None:
    names = [one.name for one in SHIPPED]

    assert names[0] == "first-look"
    assert {"json-api", "json-peak", "validation", "delay", "downloads", "single-url"} <= set(names)
    assert {"streaming", "sse", "websocket-echo", "fan-out", "held-connections"} <= set(names)


@by_name
def test_each_loads_and_survives_being_written_and_read(one: Bundled) -> None:
    plan = load(one.path)

    assert load_text(dump(plan), one.path) == plan


@by_name
def test_each_starts_with_a_comment_for_its_reader(one: Bundled) -> None:
    lines = one.path.read_text("utf-8").splitlines()

    assert len(one.summary) > 20
    assert all(line.startswith("#") for line in lines[:4])
    assert "schema = 1" in lines


@by_name
def test_launched_deployments_are_started_alike(one: Bundled) -> None:
    launches = [d.source for d in load(one.path).deployments if isinstance(d.source, Launch)]

    for launch in launches:
        assert {"--no-access-log", "--no-access-logs"} & set(launch.command)
        assert launch.workers == 1
        if "uvicorn" in launch.command:
            words = " ".join(launch.command)
            assert "--loop uvloop --http httptools" in words
            assert "--timeout-keep-alive 75" in words
        else:
            assert "--single-process" in launch.command
        assert launch.ready.path == "/health"


@by_name
def test_a_tail_decides_only_where_a_run_has_answers_enough_for_it(one: Bundled) -> None:
    plan = load(one.path)
    needed = {"p50": 50, "first_event_p50": 50, "p99": 1000, "rtt_p99": 1000, "fanout_p50": 50}

    for workload in plan.workloads:
        # Every subscriber of a fan-out is one more that a publication reaches.
        fanout = workload.websocket is not None and workload.websocket.mode == "fanout"
        match workload.shape:
            case OpenLoad(connections=connections, rate_rps=rate):
                count = rate * workload.duration_s * (connections if fanout else 1)
                assert count >= needed[plan.comparison.primary]
            case ClosedLoad():
                assert plan.comparison.primary in ("throughput", "memory_per_connection")


@by_name
def test_streams_and_websockets_are_compared_across_the_three_frameworks(one: Bundled) -> None:
    plan = load(one.path)

    if {workload.kind for workload in plan.workloads} & {"stream", "ws"}:
        assert [deployment.framework for deployment in plan.deployments] == ["fastapi", "starlette", "sanic"]
        assert plan.comparison.primary in ("first_event_p50", "rtt_p99", "fanout_p50", "memory_per_connection")


def test_websockets_are_served_alike_without_compression() -> None:
    for one in SHIPPED:
        plan = load(one.path)
        for deployment in plan.deployments if any(w.kind == "ws" for w in plan.workloads) else ():
            assert isinstance(deployment.source, Launch)
            words = " ".join(deployment.source.command)
            if deployment.framework == "sanic":
                assert "-m sanic" in words, "its WebSockets work on its own server only"
            else:
                assert "--ws websockets-sansio --ws-per-message-deflate false --ws-max-size 1048576" in words


def test_a_thousand_connections_are_held() -> None:
    (workload,) = load(find("held-connections")).workloads

    assert workload.websocket is not None
    assert (workload.websocket.mode, workload.shape.connections) == ("hold", 1000)


def test_first_look_takes_about_ninety_seconds() -> None:
    plan = load(find("first-look"))
    (workload,) = plan.workloads

    runs = len(plan.deployments) * plan.comparison.rounds
    assert (runs, workload.warmup_s, workload.duration_s) == (12, 1.0, 4.0)
    assert [d.framework for d in plan.deployments] == ["fastapi", "starlette", "sanic"]


def test_a_name_finds_a_shipped_profile_and_a_path_its_file(tmp_path: Path) -> None:
    mine = tmp_path / "first-look.toml"
    mine.write_text("")

    assert find("first-look") == find("first-look.toml") == SHIPPED[0].path
    assert find(str(mine)) == mine


def test_a_file_of_that_name_in_the_current_folder_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "first-look.toml").write_text("")
    (tmp_path / "json-api").mkdir()
    monkeypatch.chdir(tmp_path)

    assert find("first-look.toml") == Path("first-look.toml")
    assert find("json-api") == SHIPPED[[one.name for one in SHIPPED].index("json-api")].path


def test_an_unknown_name_suggests_the_closest_and_lists_all() -> None:
    with pytest.raises(UserError) as caught:
        find("frist-look")

    assert caught.value.message == "there is no profile frist-look"
    assert caught.value.hint.startswith("Did you mean first-look? ")
    assert all(one.name in caught.value.hint for one in SHIPPED)


def test_a_mistyped_path_suggests_the_file_beside_it(tmp_path: Path) -> None:
    (tmp_path / "checkout.toml").write_text("")

    with pytest.raises(UserError) as caught:
        find(str(tmp_path / "chekout.toml"))

    assert f"Did you mean {tmp_path / 'checkout.toml'}?" in caught.value.hint


def test_a_template_is_a_profile_with_its_comments(tmp_path: Path) -> None:
    path = tmp_path / "new.toml"
    path.write_text(new(), encoding="utf-8")

    assert load(path).deployments[0].name == "local"
    assert path.read_text("utf-8").startswith("# Single URL")
    assert new("json-peak").startswith("# JSON peak")


def test_an_unknown_template_suggests_the_closest() -> None:
    with pytest.raises(UserError) as caught:
        new("single-ulr")

    assert caught.value.message == 'there is no template "single-ulr"'
    assert caught.value.hint.startswith("Did you mean single-url? ")

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import psutil
import pytest

from loadbench_gui.core.plan import Attach, Deployment, Launch, Ready, Stop
from loadbench_gui.deploy import ports
from loadbench_gui.deploy.file_limit import WANTED
from loadbench_gui.deploy.server import Server, attach, launch
from loadbench_gui.deploy.threads import in_thread
from loadbench_gui.errors import LoadbenchError, TargetFault, UserError

Serve = Callable[..., Deployment]
T = TypeVar("T")
needs_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="subreapers and /proc")


def gone(pids: list[int], timeout_s: float = 20.0) -> list[int]:
    """Wait until none of `pids` is alive; return those that still are."""
    processes = [psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)]
    _, left = psutil.wait_procs(processes, timeout=timeout_s)
    # A zombie has ended; collecting an orphan is up to whoever adopted it.
    return [process.pid for process in left if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]


def everybody(server: Server) -> list[int]:
    """The guardian and all below it."""
    assert server.guardian_pid is not None
    return [server.guardian_pid, *ports.tree_of(server.guardian_pid)]


def use(deployment: Deployment, base: Path, runtime: Path, work: Callable[[Server], Awaitable[T]]) -> T:
    """Launch, work, stop; whatever happens, nobody is left."""

    async def main() -> T:
        server = await launch(deployment, base_dir=base, cpus=None, directory=runtime)
        pids = everybody(server)
        try:
            return await work(server)
        finally:
            await server.stop()
            assert gone(pids, 0) == []
            assert server.exited.is_set()

    result = asyncio.run(main())
    assert list(runtime.glob("guardian-*")) == []
    return result


def refusal(deployment: Deployment, base: Path, runtime: Path) -> LoadbenchError:
    """The error that launching ends with; nobody is left behind."""
    before = psutil.Process().children()
    with pytest.raises(LoadbenchError) as caught:
        asyncio.run(launch(deployment, base_dir=base, cpus=None, directory=runtime))
    assert list(runtime.glob("guardian-*")) == []
    assert set(psutil.Process().children()) <= set(before)
    return caught.value


def test_a_launched_server_answers_on_a_fresh_port_and_says_how_long_it_took(
    serve: Serve, scripts: Path, runtime: Path
) -> None:
    async def look(server: Server) -> tuple[float | None, int, int | None]:
        with closing(socket.create_connection((server.target.address, server.target.port))):
            return server.startup_s, server.target.port, server.pid

    startup_s, port, pid = use(serve(), scripts, runtime, look)

    assert startup_s is not None
    assert 0.01 < startup_s < 20
    assert port > 1024
    assert pid is not None


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows the limits of other processes")
def test_a_launched_server_may_open_as_many_files_as_the_system_lets_it(
    serve: Serve, scripts: Path, runtime: Path
) -> None:
    async def limit(server: Server) -> int:
        return int(psutil.Process(server.pid).rlimit(psutil.RLIMIT_NOFILE)[0])

    soft, hard = psutil.Process().rlimit(psutil.RLIMIT_NOFILE)
    psutil.Process().rlimit(psutil.RLIMIT_NOFILE, (512, hard))
    try:
        assert use(serve(), scripts, runtime, limit) == min(hard, WANTED)
    finally:
        psutil.Process().rlimit(psutil.RLIMIT_NOFILE, (soft, hard))


def test_a_stopped_server_has_its_exit_code_and_its_last_lines(serve: Serve, scripts: Path, runtime: Path) -> None:
    async def stop(server: Server) -> tuple[int | None, str]:
        await server.stop()
        return server.returncode, server.stderr_tail()

    assert use(serve(), scripts, runtime, stop) == (0, "serving")


def test_stopping_twice_and_at_once_is_no_error(serve: Serve, scripts: Path, runtime: Path) -> None:
    async def stop(server: Server) -> bool:
        await asyncio.gather(server.stop(), server.stop())
        await server.stop()
        return server.exited.is_set()

    assert use(serve(), scripts, runtime, stop)


def test_workers_children_sessions_and_orphans_all_go_with_the_server(
    serve: Serve, scripts: Path, runtime: Path
) -> None:
    async def count(server: Server) -> int:
        return len(everybody(server))

    # The guardian, the server, two forks, a child with a child, one in a session of its own and one detached twice.
    assert use(serve("children", "fork"), scripts, runtime, count) == 8


@needs_linux
def test_a_server_that_detaches_itself_is_still_watched_and_stopped(serve: Serve, scripts: Path, runtime: Path) -> None:
    async def look(server: Server) -> tuple[bool, int | None, bool]:
        alive = server.pid is not None and psutil.pid_exists(server.pid)
        return alive, server.returncode, server.exited.is_set()

    assert use(serve("daemon"), scripts, runtime, look) == (True, 0, False)


def test_a_server_that_ignores_the_request_is_killed_after_its_grace(
    serve: Serve, scripts: Path, runtime: Path
) -> None:
    async def stop(server: Server) -> int | None:
        await server.stop()
        return server.returncode

    assert use(serve("stubborn", grace_s=0.3), scripts, runtime, stop) == -signal.SIGKILL


def test_a_server_that_dies_by_itself_says_so(serve: Serve, scripts: Path, runtime: Path) -> None:
    async def die(server: Server) -> int | None:
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        await asyncio.wait_for(server.exited.wait(), 20)
        return server.returncode

    assert use(serve(), scripts, runtime, die) == -signal.SIGKILL


def wait_for_record(runtime: Path) -> None:
    """Return once a guardian has written its first record."""
    while not list(runtime.glob("guardian-*.json")):
        os.sched_yield()


def test_a_cancelled_launch_leaves_nothing(serve: Serve, scripts: Path, runtime: Path) -> None:
    before = psutil.Process().children()

    async def main() -> None:
        task = asyncio.create_task(launch(serve("silent", grace_s=0.2), base_dir=scripts, cpus=None, directory=runtime))
        await in_thread(wait_for_record, runtime)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())

    assert list(runtime.glob("guardian-*")) == []
    assert set(psutil.Process().children()) <= set(before)


def start_app(scripts: Path, runtime: Path, *ways: str) -> tuple[subprocess.Popen[bytes], dict[str, list[int]]]:
    app = subprocess.Popen(
        [sys.executable, str(scripts / "app.py"), str(runtime), str(scripts), *ways], stdout=subprocess.PIPE
    )
    assert app.stdout is not None
    answer = json.loads(app.stdout.readline())
    return app, {key: value if isinstance(value, list) else [value] for key, value in answer.items()}


@needs_linux
@pytest.mark.parametrize("ways", [("children", "fork"), ("daemon", "children"), ("stubborn", "children")])
def test_nothing_survives_an_app_that_is_killed(scripts: Path, runtime: Path, ways: tuple[str, ...]) -> None:
    app, pids = start_app(scripts, runtime, *ways)
    with app:
        app.kill()

    assert len(pids["tree"]) >= 5
    assert gone([*pids["guardian"], *pids["tree"]]) == []
    assert list(runtime.glob("guardian-*")) == []


@needs_linux
def test_what_a_killed_guardian_leaves_is_swept_up_by_the_app(scripts: Path, runtime: Path) -> None:
    app, pids = start_app(scripts, runtime, "children", "fork")
    with app:
        os.kill(pids["guardian"][0], signal.SIGKILL)
        assert gone(pids["tree"]) == []
        assert app.poll() is None
        app.kill()


@needs_linux
def test_what_is_left_when_app_and_guardian_are_killed_goes_before_the_next_launch(
    serve: Serve, scripts: Path, runtime: Path
) -> None:
    app, pids = start_app(scripts, runtime, "children", "fork")
    with app:
        # The app first, stopped, so that it cannot do the sweeping itself.
        os.kill(app.pid, signal.SIGSTOP)
        os.kill(pids["guardian"][0], signal.SIGKILL)
        app.kill()
    assert gone(pids["server"]) == [], "the guardian's own child dies with it"
    left = [pid for pid in pids["tree"] if psutil.pid_exists(pid)]
    assert left, "its workers do not: that is what the sweep is for"

    async def look(_: Server) -> list[int]:
        return gone(left, 0)

    assert use(serve(), scripts, runtime, look) == []


def test_a_missing_command_is_named_with_a_hint(scripts: Path, runtime: Path) -> None:
    error = refusal(Deployment("web", Launch(("uvicornn", "app:app"))), scripts, runtime)

    assert isinstance(error, TargetFault)
    assert error.message == "deployment 'web': there is no command 'uvicornn'"
    assert "start it as {python} -m uvicornn" in error.hint


def test_a_command_that_may_not_be_executed_says_how_to_allow_it(tmp_path: Path, runtime: Path) -> None:
    (tmp_path / "run").write_text("#!/bin/sh\n")

    error = refusal(Deployment("web", Launch(("./run",))), tmp_path, runtime)

    assert error.message == "deployment 'web': './run' may not be executed"
    assert "chmod +x ./run" in error.hint


def test_a_missing_folder_is_named(scripts: Path, runtime: Path) -> None:
    error = refusal(Deployment("web", Launch(("{python}",), cwd="nowhere")), scripts, runtime)

    assert f"the folder {scripts / 'nowhere'}" in error.message
    assert "Correct cwd in the profile" in error.hint


def test_a_missing_module_names_the_interpreter_to_install_it_in(scripts: Path, runtime: Path) -> None:
    error = refusal(Deployment("web", Launch(("{python}", "-m", "uvicornn.main"))), scripts, runtime)

    assert "ended before it was ready (exit code 1)" in error.message
    assert "No module named" in error.message
    assert f"{sys.executable} -m pip install uvicornn" in error.hint


def test_a_server_that_exits_shows_its_code_and_last_lines(serve: Serve, scripts: Path, runtime: Path) -> None:
    error = refusal(serve("crash"), scripts, runtime)

    assert isinstance(error, TargetFault)
    assert "deployment 'sample' ended before it was ready (exit code 1)" in error.message
    assert "    the database is not there" in error.message
    assert "Try it by hand" in error.hint


def test_only_the_end_of_a_flood_of_lines_is_shown(serve: Serve, scripts: Path, runtime: Path) -> None:
    error = refusal(serve("chatty"), scripts, runtime)

    assert "exit code 3" in error.message
    assert "line 4999 " in error.message
    assert error.message.count("line ") == 15


def test_a_server_that_never_listens_meets_its_deadline(serve: Serve, scripts: Path, runtime: Path) -> None:
    error = refusal(serve("silent", timeout_s=0.5), scripts, runtime)

    assert "deployment 'sample' was not ready within 0.5 s: no answer to GET http://127.0.0.1:" in error.message
    assert "It wrote nothing to standard error." in error.message
    assert "raise ready.timeout" in error.hint


def test_a_server_that_accepts_but_never_answers_meets_its_deadline(serve: Serve, scripts: Path, runtime: Path) -> None:
    error = refusal(serve("mute", timeout_s=1.0), scripts, runtime)

    assert "was not ready within 1 s" in error.message
    assert "    accepting, never answering" in error.message


@pytest.mark.parametrize(("ways", "path", "status"), [(("unavailable",), "/", 503), ((), "/missing", 404)])
def test_a_server_that_answers_with_errors_only_is_not_ready(
    serve: Serve, scripts: Path, runtime: Path, ways: tuple[str, ...], path: str, status: int
) -> None:
    # Long enough for a Python to start on a machine that is busy with something else.
    error = refusal(serve(*ways, path=path, timeout_s=4.0), scripts, runtime)

    assert f"answers, but GET {path} gave status {status} until the deadline" in error.message
    assert "Set ready.path" in error.hint


def test_a_taken_port_is_reported_with_its_holder(serve: Serve, scripts: Path, runtime: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as holder:
        port = holder.getsockname()[1]
        deployment = Deployment("web", Launch(("{python}", "-m", "http.server", "--port", str(port))))
        error = refusal(deployment, scripts, runtime)

    assert isinstance(error, TargetFault)
    assert f"deployment 'web' wants port {port}, which is in use by pid {os.getpid()} (" in error.message
    assert "write {port} in the command" in error.hint


def test_another_port_is_tried_when_somebody_was_faster(
    serve: Serve, scripts: Path, runtime: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = ports.free_port("127.0.0.1")
    with closing(socket.create_server(("127.0.0.1", 0))) as holder:
        choices = iter([holder.getsockname()[1], free])
        monkeypatch.setattr("loadbench_gui.deploy.ports.free_port", lambda _: next(choices))

        async def port_of(server: Server) -> int:
            return server.target.port

        assert use(serve(), scripts, runtime, port_of) == free


def test_an_answer_from_somebody_else_is_not_mistaken_for_ours(
    serve: Serve, scripts: Path, runtime: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> LoadbenchError:
        other = await launch(serve(), base_dir=scripts, cpus=None, directory=runtime)
        try:
            # Listens nowhere itself, while its port is answered by the other server.
            silent = Launch(
                ("{python}", "serve.py", "0", "silent", f"--port={other.target.port}"), stop=Stop(grace_s=0.2)
            )
            monkeypatch.setattr("loadbench_gui.deploy.ports.is_taken", lambda *_: False)
            with pytest.raises(TargetFault) as caught:
                await launch(Deployment("web", silent), base_dir=scripts, cpus=None, directory=runtime)
            assert f"is answered by pid {other.pid} (" in caught.value.message
            return caught.value
        finally:
            await other.stop()

    error = asyncio.run(main())

    assert "not by deployment 'web' as just started" in error.message
    assert "attach to it on purpose" in error.hint


def test_a_command_that_does_not_name_its_port_is_asked_where_it_listens(
    serve: Serve, scripts: Path, runtime: Path
) -> None:
    port = ports.free_port("127.0.0.1")

    async def port_of(server: Server) -> int:
        return server.target.port

    assert use(serve(port=str(port)), scripts, runtime, port_of) == port


def test_unknown_placeholders_name_the_nearest(scripts: Path, runtime: Path) -> None:
    error = refusal(Deployment("web", Launch(("{python}", "--listen", "{prot}"))), scripts, runtime)

    assert isinstance(error, UserError)
    assert error.message == "unknown placeholder {prot} in command of deployment 'web'"
    assert error.hint.startswith("Did you mean {port}?")


@needs_linux
def test_the_server_runs_on_the_cpus_it_was_given_and_its_facts_say_so(
    serve: Serve, scripts: Path, runtime: Path
) -> None:
    cpu = max(os.sched_getaffinity(0))

    async def main() -> Server:
        server = await launch(serve("fork"), base_dir=scripts, cpus=(cpu,), directory=runtime)
        try:
            assert {tuple(os.sched_getaffinity(pid)) for pid in ports.tree_of(server.guardian_pid or 0)} == {(cpu,)}
        finally:
            await server.stop()
        return server

    facts = asyncio.run(main()).facts

    assert facts.cpus == (cpu,)
    assert facts.observed["cpus"] == str(cpu)
    assert facts.observed["processes"] == "3"


@needs_linux
def test_a_cpu_that_does_not_exist_is_named(serve: Serve, scripts: Path, runtime: Path) -> None:
    with pytest.raises(TargetFault) as caught:
        asyncio.run(launch(serve(), base_dir=scripts, cpus=(4095,), directory=runtime))

    assert "cannot be pinned to CPU 4095" in caught.value.message
    assert 'leave it at "auto"' in caught.value.hint


APP = """
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

app = Starlette(routes=[Route("/health", lambda request: PlainTextResponse("ok"))])
"""


def uvicorn(workers: int, loop: str) -> Deployment:
    command = "{python} -m uvicorn app:app --host {host} --port {port} --workers {workers} --log-level warning"
    words = (*command.split(), "--no-access-log", "--loop", loop, "--http", "h11")
    return Deployment("web", Launch(words, workers=workers, ready=Ready("/health")), "starlette")


@needs_linux
def test_facts_tell_what_was_loaded(tmp_path: Path, runtime: Path) -> None:
    (tmp_path / "app.py").write_text(APP)

    async def facts(server: Server) -> dict[str, str]:
        return dict(server.facts.observed)

    plain = use(uvicorn(1, "asyncio"), tmp_path, runtime, facts)
    fast = use(uvicorn(2, "uvloop"), tmp_path, runtime, facts)

    assert plain["event loop"] == "no extension loaded"
    assert fast["event loop"] == "uvloop"
    assert plain["http parser"] == fast["http parser"] == "no extension loaded"
    assert plain["server header"] == "uvicorn"
    assert plain["keep-alive"] == "kept open"
    assert plain["compression"] == "none"
    assert plain["headers"] == "content-length, content-type, date, server"
    assert {"package:uvicorn", "package:starlette", "package:h11", "python"} <= plain.keys()
    assert int(plain["processes"]) == 1
    assert int(fast["processes"]) >= 3


def test_an_attached_server_is_found_by_its_port_and_left_running(serve: Serve, scripts: Path, runtime: Path) -> None:
    async def look(server: Server) -> tuple[int | None, int | None, bool]:
        attached = await attach(Deployment("there", Attach(f"http://localhost:{server.target.port}")))
        await attached.stop()
        assert attached.facts.observed["keep-alive"] == "kept open"
        assert attached.startup_s is None
        return attached.pid, server.pid, server.exited.is_set()

    attached_pid, pid, exited = use(serve(), scripts, runtime, look)

    assert attached_pid == pid
    assert not exited


def test_surprises_in_the_environment_do_not_reach_the_server(
    serve: Serve, scripts: Path, runtime: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OTEL_TRACES_EXPORTER", "PYTHONSTARTUP", "PYTHONPATH", "WEB_CONCURRENCY"):
        monkeypatch.setenv(name, "surprise")
    deployment = serve()
    assert isinstance(deployment.source, Launch)
    wanted = replace(deployment, source=replace(deployment.source, env=(("PYTHONOPTIMIZE", "1"),)))

    async def environment(server: Server) -> dict[str, str]:
        return psutil.Process(server.pid).environ()

    seen = use(wanted, scripts, runtime, environment)

    assert "surprise" not in seen.values()
    assert seen["PYTHONOPTIMIZE"] == "1"
    assert seen["PATH"] == os.environ["PATH"]


def test_everything_works_on_the_loop_of_the_window(scripts: Path, runtime: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(scripts / "on_qasync.py"), str(runtime), str(scripts)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)

    assert said["ok"]
    assert said["exited"]
    assert said["rss"] > 1_000_000
    assert gone([said["pid"]], 0) == []


def test_the_loop_is_never_held_up_by_a_launch(serve: Serve, scripts: Path, runtime: Path) -> None:
    async def main() -> int:
        launching_task = asyncio.create_task(launch(serve(), base_dir=scripts, cpus=None, directory=runtime))
        turns = 0
        while not launching_task.done():
            await asyncio.sleep(0)
            turns += 1
        await launching_task.result().stop()
        return turns

    assert asyncio.run(main()) > 100

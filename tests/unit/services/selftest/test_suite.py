"""Whatever one check does, the rest is run, each by its deadline, and nothing is left behind."""

from __future__ import annotations

import asyncio
import errno
import os
import tempfile
from pathlib import Path

import pytest

from loadbench_gui.deploy.folders import RUNTIME_DIR_VARIABLE, lock_path
from loadbench_gui.deploy.runlock import measuring
from loadbench_gui.errors import Bug, EnvironmentFault, ExitCode, TargetFault
from loadbench_gui.services.selftest.outcome import Check, Outcome, Probe, exit_code
from loadbench_gui.services.selftest.scratch import Scratch
from loadbench_gui.services.selftest.suite import QUIET, Findings, run_alone


class Log:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.begun_names: list[str] = []
        self.told_names: list[str] = []

    def begun(self, check: Check) -> None:
        self.begun_names.append(check.name)

    def told(self, outcome: Outcome) -> None:
        self.told_names.append(outcome.check.name)


@pytest.fixture(autouse=True)
def _own_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(RUNTIME_DIR_VARIABLE, str(tmp_path / "run"))


def raising(problem: Exception) -> Probe:
    async def probe(_: Scratch) -> str:
        raise problem

    return probe


async def fine(_: Scratch) -> str:
    return "fine"


async def never(_: Scratch) -> str:
    await asyncio.Event().wait()
    return "never"


def check(name: str, probe: Probe | None, deadline_s: float = 20.0) -> Check:
    return Check(name, name.title(), f"{name} holds", probe, deadline_s)


def found(*checks: Check, data_dir: Path = Path("unused")) -> Findings:
    return asyncio.run(run_alone(checks, data_dir, Log(), asyncio.Event()))


def test_after_a_failure_of_any_kind_the_rest_is_run() -> None:
    problems = (Bug("ours"), EnvironmentFault("theirs", "do this"), TargetFault("server"), ValueError("unforeseen"),
                OSError(errno.ENOSPC, "No space left"), TimeoutError("its own"), ImportError("libQt6Svg"))  # fmt: skip
    findings = found(*(check(f"bad{i}", raising(p)) for i, p in enumerate(problems)), check("good", fine))
    assert findings.complete
    assert [o.status for o in findings.outcomes] == ["passed", *["failed"] * len(problems), "passed"]
    bad = findings.outcomes[1:-1]
    assert [o.culprit for o in bad] == [
        "loadbench",
        "environment",
        "loadbench",
        "loadbench",
        "environment",
        "loadbench",
        "environment",
    ]
    assert (bad[1].detail, bad[1].hint) == ("theirs", "do this")
    assert "ValueError: unforeseen" in bad[3].evidence
    assert "Traceback" in bad[3].evidence
    assert "its own" in bad[5].detail


def test_a_check_that_hangs_is_stopped_at_its_deadline_and_cleans_up() -> None:
    cleaned: list[str] = []

    async def hangs(_: Scratch) -> str:
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.append("yes")
        return ""

    findings = found(check("hangs", hangs, 0.05), check("good", fine))
    _, hung, good = findings.outcomes
    assert (hung.status, hung.culprit, good.status) == ("failed", "loadbench", "passed")
    assert "within 0.05 s" in hung.detail
    assert cleaned == ["yes"]


def test_what_this_version_does_not_have_is_said_and_does_not_count() -> None:
    findings = found(check("later", None), check("good", fine))
    assert [o.status for o in findings.outcomes] == ["passed", "not_here", "passed"]
    assert exit_code(findings.outcomes) is ExitCode.OK


@pytest.mark.parametrize(
    ("problems", "code"),
    [
        ([], ExitCode.OK),
        ([EnvironmentFault("disk")], ExitCode.ENVIRONMENT),
        ([Bug("ours")], ExitCode.BUG),
        ([EnvironmentFault("disk"), Bug("ours")], ExitCode.BUG),
    ],
)
def test_the_exit_code_says_whose_fault_it_is(problems: list[Exception], code: ExitCode) -> None:
    findings = found(*(check(f"bad{i}", raising(p)) for i, p in enumerate(problems)), check("good", fine))
    assert exit_code(findings.outcomes) is code


def test_a_stop_ends_the_check_that_is_going_on_and_keeps_what_was_found() -> None:
    async def main() -> tuple[Findings, Log]:
        log, stop = Log(), asyncio.Event()

        async def stops(_: Scratch) -> str:
            stop.set()
            return await never(_)

        checks = (check("good", fine), check("stops", stops), check("unreached", fine))
        return await run_alone(checks, Path("unused"), log, stop), log

    findings, log = asyncio.run(main())
    assert not findings.complete
    assert [o.check.name for o in findings.outcomes] == ["machine", "good"]
    assert log.begun_names == ["machine", "good", "stops"]


def test_while_somebody_measures_nothing_is_tried_and_they_are_named() -> None:
    with measuring("the comparison 'checkout'", lock_path()):
        findings = found(check("good", fine))
    (outcome,) = findings.outcomes
    assert (outcome.check, outcome.status, outcome.culprit) == (QUIET, "failed", "environment")
    assert "the comparison 'checkout'" in outcome.detail
    assert not findings.complete


def test_folders_are_its_own_and_gone_afterwards(tmp_path: Path) -> None:
    seen: list[Path] = []

    async def looks(place: Scratch) -> str:
        seen.extend((place.new("some"), Path(os.environ[RUNTIME_DIR_VARIABLE])))
        (place.folder / "file").write_text("left by mistake")
        return ""

    before = os.environ[RUNTIME_DIR_VARIABLE]
    data = tmp_path / "history"
    assert found(check("looks", looks), data_dir=data).outcomes[1].status == "passed"
    assert os.environ[RUNTIME_DIR_VARIABLE] == before
    assert all(before not in str(path) and not path.exists() and not path.parent.exists() for path in seen)
    assert not data.exists()


def test_without_room_for_temporary_files_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryDirectory", refuse)
    (outcome,) = found(check("good", fine)).outcomes
    assert (outcome.status, outcome.culprit) == ("failed", "environment")
    assert "No space left" in outcome.detail
    assert "TMPDIR" in outcome.hint

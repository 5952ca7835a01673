"""The workflow that makes the installers, held against what it names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from installers import places
from installers.__main__ import STEPS

WORKFLOWS = sorted((places.ROOT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


def lines(pattern: str, text: str) -> list[str]:
    return re.findall(rf"^{pattern}$", text, re.MULTILINE)


def jobs(text: str) -> Iterator[tuple[str, str]]:
    """Name and text of each job: what stands two spaces deep below `jobs:`."""
    parts = re.split(r"^  ([a-z]+):$", text.partition("\njobs:\n")[2], flags=re.MULTILINE)
    yield from zip(parts[1::2], parts[2::2], strict=True)


def test_there_are_workflows() -> None:
    assert [path.name for path in WORKFLOWS] == ["installers.yml"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
class TestEachWorkflow:
    def test_every_action_is_pinned_by_commit_with_its_version_beside_it(self, path: Path) -> None:
        used = lines(r" *(?:- )?uses: *(.*)", path.read_text("utf-8"))
        assert used
        assert [use for use in used if not PINNED.fullmatch(use)] == []

    def test_one_action_has_one_version(self, path: Path) -> None:
        used = set(lines(r" *(?:- )?uses: *(.*)", path.read_text("utf-8")))
        assert len({use.partition("@")[0] for use in used}) == len(used)

    def test_it_may_read_and_nothing_else(self, path: Path) -> None:
        text = path.read_text("utf-8")
        assert "\npermissions:\n  contents: read\n\n" in text
        assert text.count("permissions:") == 1
        assert text.count("persist-credentials: false") == text.count("uses: actions/checkout@")
        assert "secrets." not in text

    def test_no_job_runs_without_an_end(self, path: Path) -> None:
        text = path.read_text("utf-8")
        assert "\nconcurrency:\n" in text
        found = dict(jobs(text))
        assert set(found) == {"linux", "windows", "macos"}
        for name, job in found.items():
            assert len(lines(r"    timeout-minutes: \d+", job)) == 1, name

    def test_the_steps_it_calls_exist(self, path: Path) -> None:
        text = path.read_text("utf-8")
        called = re.findall(r"-m installers ([a-z]+)", text)
        assert called
        assert set(called) <= STEPS.keys()
        for step in set(called):
            assert (places.PACKAGING / "installers" / f"{step}.py").is_file()
        targets = re.findall(r"\brun: make ([a-z]+)", text)
        makefile = (places.ROOT / "Makefile").read_text("utf-8")
        assert targets
        assert [target for target in targets if not lines(rf"{target}:.*", makefile)] == []

    def test_every_system_freezes_checks_and_tests_what_it_installed(self, path: Path) -> None:
        for name, job in jobs(path.read_text("utf-8")):
            steps = re.findall(r"-m installers ([a-z]+)|run: make ([a-z]+)", job)
            assert [made or target for made, target in steps] == {
                "linux": ["installers"],
                "windows": ["release", "freeze", "check", "inno"],
                "macos": ["release", "freeze", "check", "dmg"],
            }[name]
            titles = lines(r"      - name: (.*)", job)
            assert titles.index("The frozen app tests itself") < titles.index("The installed program tests itself")
            assert job.count("self-test --json") == 2, name
            assert job.count(" --self-test") == 2, name
            assert "if-no-files-found: error" in job


def test_what_the_linux_job_makes_is_frozen_and_checked() -> None:
    makefile = (places.ROOT / "Makefile").read_text("utf-8")
    assert lines(r"installers: .*\bfreeze\b.*", makefile)
    assert re.findall(r"-m installers (release|freeze|check)\b", makefile)[:3] == ["release", "freeze", "check"]


def test_scripts_that_the_workflow_calls_are_there() -> None:
    for path in WORKFLOWS:
        for script in re.findall(r"\b(packaging/[\w./-]+\.sh)\b", path.read_text("utf-8")):
            assert (places.ROOT / script).stat().st_mode & 0o100, script

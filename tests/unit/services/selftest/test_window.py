"""The window checks itself in a process of its own; whatever becomes of that process is said."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import psutil
import pytest

from loadbench_gui.deploy.environment import read_environment
from loadbench_gui.services.selftest import window
from loadbench_gui.services.selftest.document import SCHEMA, document, findings_of, write
from loadbench_gui.services.selftest.outcome import Check, Outcome
from loadbench_gui.services.selftest.suite import Findings
from loadbench_gui.services.selftest.window import UNREACHED, run_in_window, unreached
from loadbench_gui.services.selftest.words import line, sentence

ONE, TWO = Check("one", "The first", "It is there."), Check("two", "The second", "It is there too.")
DONE = Findings((Outcome(ONE, "passed", "seen", duration_s=0.25), Outcome(TWO, "not_here", "later")), complete=True)
CUT = Findings((Outcome(ONE, "passed", "seen"), unreached(TWO)), complete=False)


class Silent:
    def begun(self, check: Check) -> None: ...

    def told(self, outcome: Outcome) -> None: ...


def program(tmp_path: Path, findings: Findings | None, then: str) -> tuple[str, ...]:
    """A command that leaves `findings` where it is asked to, and then does something."""
    script, left = tmp_path / "window.py", tmp_path / "left.json"
    write_them = ""
    if findings is not None:
        write(left, document(findings, read_environment()))
        write_them = f"shutil.copyfile({str(left)!r}, sys.argv[-1])"
    script.write_text(f"import os, shutil, sys, time\n{write_them}\n{then}\n")
    return (sys.executable, str(script))


def found(command: tuple[str, ...]) -> Findings:
    return asyncio.run(run_in_window(Silent(), asyncio.Event(), command))


def test_what_it_found_is_taken_over(tmp_path: Path) -> None:
    assert found(program(tmp_path, DONE, "")) == DONE


def test_a_crash_is_said_at_the_check_that_was_going_on(tmp_path: Path) -> None:
    findings = found(program(tmp_path, CUT, "print('no Qt platform plugin', file=sys.stderr, flush=True); os.abort()"))
    first, second = findings.outcomes
    assert first.status == "passed"
    assert (second.status, second.culprit) == ("failed", "loadbench")
    assert second.detail == "the window was killed by SIGABRT: no Qt platform plugin"
    assert "QT_DEBUG_PLUGINS" in second.hint


def test_one_that_leaves_nothing_is_a_failure_with_its_words(tmp_path: Path) -> None:
    (outcome,) = found(program(tmp_path, None, "sys.exit('libEGL.so.1: cannot open')")).outcomes
    assert outcome.status == "failed"
    assert "ended with exit code 1 and left no findings: libEGL.so.1: cannot open" in outcome.detail


def test_one_that_is_not_there(tmp_path: Path) -> None:
    (outcome,) = found((str(tmp_path / "no-such-window"),)).outcomes
    assert (outcome.status, outcome.culprit) == ("failed", "environment")
    assert "reinstall" in outcome.hint


@pytest.mark.parametrize("how", ["stop", "deadline"])
def test_one_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    started = tmp_path / "started"
    command = program(tmp_path, None, f"open({str(started)!r}, 'w').write(str(os.getpid())); time.sleep(600)")
    if how == "deadline":
        monkeypatch.setattr(window, "PROCESS", Check("window", "The window's process", "It ends.", None, 1.5))

    async def main() -> Findings:
        stop = asyncio.Event()
        task = asyncio.ensure_future(run_in_window(Silent(), stop, command))
        while not (started.exists() and started.read_text()):  # noqa: ASYNC110 - another process's file
            await asyncio.sleep(0.02)
        if how == "stop":
            stop.set()
        return await task

    findings = asyncio.run(main())
    assert not psutil.pid_exists(int(started.read_text()))
    if how == "stop":
        assert findings == Findings((), complete=False)
    else:
        assert "did not end within 1.5 s" in findings.outcomes[0].detail


def test_the_document_reads_back_and_says_whether_all_passed(tmp_path: Path) -> None:
    made = document(DONE, read_environment())
    assert findings_of(json.loads(json.dumps(made))) == DONE
    assert (made["schema"], made["passed"], made["complete"]) == (SCHEMA, True, True)
    assert made["checks"][0]["duration_s"] == 0.25
    for findings in (CUT, Findings(DONE.outcomes, complete=False)):
        assert document(findings, read_environment())["passed"] is False


def test_words_name_what_failed_and_what_to_do() -> None:
    assert "1 check passed in 12 s; 1 more come" in sentence(DONE, 12.0)
    failure = Outcome(TWO, "failed", "no room", "Make room.", 1.0, "environment")
    findings = Findings((DONE.outcomes[0], failure), complete=True)
    assert sentence(findings, 12.0) == "1 of 2 checks failed: The second. What to do stands beneath each."
    assert line(failure).splitlines()[1].strip() == "Make room."
    assert UNREACHED in line(CUT.outcomes[1])

"""What is refused on the command line is refused in our words, with exit code 2 and nothing sent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from builders import make_run
from loadbench_gui.cli.main import main
from loadbench_gui.cli.terminal.head import _ended
from loadbench_gui.cli.unsuccessful import nothing_succeeded
from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.profile.together import effect_checks

NOBODY = "http://127.0.0.1:1"
INTERRUPTING = """
import signal, sys

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == {name!r}:
            signal.raise_signal(signal.SIGINT)

sys.meta_path.insert(0, Interrupting())
"""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["http", NOBODY, "-m", "HEAD", "--expect-body", "x"], "the answer to a HEAD has none"),
        (["http", NOBODY, "--also", "1 HEAD /x", "--expect-body", "x"], "the answer to a HEAD has none"),
        (["http", NOBODY, "-m", "HEAD", "--client", "httpx", "--expect-body", "x"], "the answer to a HEAD has none"),
        (["http", NOBODY, "-c", "0"], "--connections': '0' is not a whole number from 1 to 100,000"),
        (["http", NOBODY, "-n", "many"], "--requests': 'many' is not a whole number of 1 or more"),
        (["ws", "ftp://x/echo"], "Write it like ws://x/echo"),
        (["ws", "host/echo"], "Write it like ws://host/echo"),
        (["ws", "ws://127.0.0.1:1/", "--message", "${env:NOPE_X}"], "NOPE_X is not set, and ${env:NOPE_X} asks for it"),
        (["ws", "ws://:80/"], "is not a ws:// or wss:// URL Write it like ws://"),
    ],
)
def test_it_is_refused(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert words in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("client", [["-m", "loadbench_gui"], ["-c", "from loadbench_gui.__main__ import cli; cli()"]])
@pytest.mark.parametrize("name", ["loadbench_gui.interpreter", "loadbench_gui.cli.main", "numpy"])
def test_an_interrupt_while_modules_are_imported_shows_no_traceback(
    client: list[str], name: str, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(INTERRUPTING.format(name=name), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, *client, "http", NOBODY, "-d", "1s"],
        env=environment,
        capture_output=True,
        text=True,
        # Who started the tests may have it ignored, and that is inherited.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )
    assert (done.returncode, done.stderr) == (130, "")


@pytest.mark.parametrize("reason", ["", "requests"])
def test_a_run_that_was_ended_while_draining_says_what_is_whole(reason: str) -> None:
    said = _ended(replace(make_run(sealed=False), stop_reason=reason))
    assert said == "Ended while the last answers were awaited. What was to be measured was measured whole."


def test_where_every_handshake_failed_the_hint_is_about_tls() -> None:
    run = make_run(errors={ErrorKind.TLS: 3})
    only = replace(run, measured=replace(run.measured, errors={ErrorKind.TLS: 3}))
    assert "--cacert" in (nothing_succeeded(only).hint or "")


def test_a_profile_may_not_expect_a_body_of_a_head() -> None:
    profile = {
        "schema": 1,
        "name": "heads",
        "deployment": [{"name": "it", "url": NOBODY}],
        "workload": [
            {
                "name": "w",
                "request": {"method": "head"},
                "expect": {"json": {"a": 1}},
                "also": [{"method": "HEAD", "expect": {"status": 200}}],
                "load": {"model": "closed", "connections": 1},
                "duration": "1s",
            }
        ],
    }
    found = [(finding.path, finding.message) for finding in effect_checks(profile)]
    assert found == [(("workload", 0, "expect", "json"), "means nothing for a HEAD: its answer has no body")]

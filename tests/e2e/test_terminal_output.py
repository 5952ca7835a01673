"""What people see: on a terminal, in a pipe, without colour, without UTF-8, and when they want to see nothing."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from program import Loadbench, Target, serving

pty = pytest.importorskip("pty", reason="a pseudo-terminal is how POSIX systems stand in for a person")

COLOUR = re.compile(r"\x1b\[(?:3|4|9|10)[0-9;]*m")
BRIEFLY = ("-c", "2", "-r", "200", "-d", "500ms")
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.fixture
def target() -> Iterator[Target]:
    with serving("ok") as serves:
        yield serves


def on_a_terminal(loadbench: Loadbench, columns: int, *arguments: str, **environment: str) -> str:
    """Run on a pseudo-terminal of that width; return everything that was written to it."""
    import fcntl
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    surroundings = {name: value for name, value in loadbench.environment.items() if name not in ("COLUMNS", "NO_COLOR")}
    surroundings.update({"TERM": "xterm-256color", **environment})
    command = [sys.executable, "-m", "loadbench_gui", *arguments]
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=surroundings, cwd=loadbench.folder
    )
    os.close(theirs)
    said = b""
    try:
        while part := os.read(ours, 65_536):
            said += part
    except OSError:  # the other side was closed: how Linux says end-of-file here
        pass
    finally:
        os.close(ours)
    assert process.wait(timeout=60) == 0, said
    return said.decode("utf-8").replace("\r", "\n")


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_on_a_terminal_a_live_block_and_a_summary_that_fit(loadbench: Loadbench, target: Target, columns: int) -> None:
    said = on_a_terminal(loadbench, columns, "http", target.url, "-c", "4", "-r", "400", "-d", "1s")
    assert COLOUR.search(said)
    plain = CONTROL.sub("", said)
    assert "400 of 400\u202frequests/s" in plain
    assert "measuring  ━" in plain
    assert "400 issued, all succeeded" in plain
    assert "where the time goes" in plain
    assert "Traceback" not in plain
    assert max(map(len, plain.splitlines())) <= columns


def test_no_color_is_respected(loadbench: Loadbench, target: Target) -> None:
    said = on_a_terminal(loadbench, 80, "http", target.url, *BRIEFLY, NO_COLOR="1")
    assert not COLOUR.search(said)
    assert "requests/s" in said


def test_a_terminal_without_utf8_gets_ascii(loadbench: Loadbench, target: Target) -> None:
    said = on_a_terminal(loadbench, 80, "http", target.url, *BRIEFLY, PYTHONIOENCODING="ascii")
    assert said.isascii()
    plain = CONTROL.sub("", said)
    assert not re.search(r"\?(?! )", plain)  # none that stands for a character that is missing
    assert re.search(r"\|#+", plain)


def test_a_terminal_that_can_do_nothing_is_not_redrawn(loadbench: Loadbench, target: Target) -> None:
    said = on_a_terminal(loadbench, 80, "http", target.url, *BRIEFLY, TERM="dumb")
    assert "\x1b" not in said
    assert "measuring" not in said
    assert "throughput" in said


def test_a_pipe_gets_plain_lines(loadbench: Loadbench, target: Target) -> None:
    done = loadbench("http", target.url, *BRIEFLY)
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    assert not re.search(r" $", done.stdout, re.MULTILINE)
    assert done.stderr == ""


def test_a_document_on_standard_output_is_pure_and_words_go_to_standard_error(
    loadbench: Loadbench, target: Target
) -> None:
    done = loadbench("http", target.url, *BRIEFLY, "--json", "-")
    assert json.loads(done.stdout)["schema"] == "loadbench.result/1"
    assert "throughput" in done.stderr


def test_quiet_says_nothing(loadbench: Loadbench, target: Target) -> None:
    done = loadbench("http", target.url, *BRIEFLY, "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    done = loadbench("http", target.url, *BRIEFLY, "--quiet", "--json", "-")
    assert json.loads(done.stdout)["runs"]
    assert done.stderr == ""


def test_quiet_still_says_what_is_wrong(loadbench: Loadbench) -> None:
    done = loadbench("http", "nowhere", "--quiet")
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")


def test_errors_come_with_a_sample(loadbench: Loadbench, target: Target) -> None:
    done = loadbench("http", f"{target.url}/json", "-c", "2", "-n", "40", "--expect-body", "Goodbye")
    assert done.returncode == 4
    said = done.stdout
    assert "40 × bad_body  another body than expected" in said
    assert "GET /json HTTP/1.1" in said
    assert "→ HTTP/1.1 200 OK" in said
    assert '→ {"message":"Hello, World!"}' in said

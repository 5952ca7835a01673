"""A server started here may open as many files as the system lets it, within reason."""

from __future__ import annotations

import subprocess
import sys

import pytest

from loadbench_gui.deploy.file_limit import WANTED, server_file_limit

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")

_RAISED = """
import resource, sys
from loadbench_gui.deploy.file_limit import raise_file_limit, server_file_limit
soft, hard = int(sys.argv[1]), int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
said = server_file_limit()
raise_file_limit()
print(said, *resource.getrlimit(resource.RLIMIT_NOFILE))
"""


def raised(soft: int, hard: int) -> list[int]:
    """What a process of these limits says that a server gets, and the limits it has raised its own to."""
    words = [sys.executable, "-c", _RAISED, str(soft), str(hard)]
    return [int(word) for word in subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()]


def test_a_low_limit_is_raised_as_far_as_the_system_allows() -> None:
    assert raised(256, 900) == [900, 900, 900]


def test_a_limit_that_is_high_enough_stays() -> None:
    assert raised(900, 900) == [900, 900, 900]


def test_nobody_gets_so_many_that_walking_through_them_takes_long() -> None:
    limit = server_file_limit()

    assert limit is None or limit >= min(256, WANTED)

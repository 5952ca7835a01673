"""Who is at fault, and with which exit code."""

from __future__ import annotations

import pytest

from loadbench_gui.errors import Bug, EnvironmentFault, ExitCode, LoadbenchError, TargetFault, UserError


@pytest.mark.parametrize(
    ("kind", "code"), [(UserError, 2), (TargetFault, 4), (EnvironmentFault, 5), (Bug, 70), (LoadbenchError, 70)]
)
def test_each_kind_of_failure_has_its_exit_code(kind: type[LoadbenchError], code: int) -> None:
    assert kind("what happened").exit_code == code


def test_an_error_says_what_happened_and_what_to_do_next() -> None:
    error = UserError("no such profile: x.toml", "Run `loadbench profile new` to write one.")
    assert (error.message, error.hint) == ("no such profile: x.toml", "Run `loadbench profile new` to write one.")
    assert str(error) == "no such profile: x.toml\nRun `loadbench profile new` to write one."


def test_an_error_without_a_hint_is_one_line() -> None:
    assert str(Bug("a broken invariant")) == "a broken invariant"


def test_exit_codes_are_those_of_the_contract() -> None:
    assert {code.name: int(code) for code in ExitCode} == {
        "OK": 0, "THRESHOLD_FAILED": 1, "USAGE": 2, "UNTRUSTED": 3, "TARGET": 4, "ENVIRONMENT": 5, "BUG": 70,
        "INTERRUPTED": 130, "TERMINATED": 143,
    }  # fmt: skip

"""Durations, rates and shares: read exactly, written so that they read back the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadbench_gui.profile import units
from loadbench_gui.profile.problems import Complaint


@pytest.mark.parametrize(
    ("text", "expected_s"),
    [
        ("250ms", 0.25), ("10s", 10.0), ("2m", 120.0), ("2min", 120.0), ("1h", 3600.0), ("1.5 s", 1.5),
        ("500us", 0.0005), ("3", 3.0), (3, 3.0), (0.25, 0.25), ("0s", 0.0), ("1e-3s", 0.001),
    ],
)  # fmt: skip
def test_a_duration_is_read_in_seconds(text: object, expected_s: float) -> None:
    assert units.seconds(text) == expected_s


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("soon", '"soon" is not a duration'),
        ("10 parsecs", '"parsecs" is not a unit of time'),
        ("", '"" is not a duration'),
        (-1, "a duration cannot be negative"),
        (float("inf"), "inf is not a finite number"),
        (float("nan"), "nan is not a finite number"),
        (True, "true is not a duration"),
        ([], "an array is not a duration"),
        ("9999h", "a duration cannot be longer than a year"),
    ],
)
def test_what_is_no_duration_is_said_in_words(value: object, words: str) -> None:
    with pytest.raises(Complaint) as caught:
        units.seconds(value)

    assert caught.value.message == words
    assert caught.value.hint


@pytest.mark.parametrize(("value", "expected"), [("1500/s", 1500.0), ("90/m", 1.5), (1e3, 1000.0), ("36 / h", 0.01)])
def test_a_rate_is_read_per_second(value: object, expected: float) -> None:
    assert units.rate(value) == expected


@pytest.mark.parametrize("value", ["fast", "10/day", -1, 1e9, True, "1k"])
def test_what_is_no_rate_is_refused(value: object) -> None:
    with pytest.raises(Complaint, match="rate"):
        units.rate(value)


@pytest.mark.parametrize(("value", "expected"), [("5%", 0.05), (0.05, 0.05), (1, 1.0), ("0.1%", 0.001)])
def test_a_share_is_read_as_a_part_of_one(value: object, expected: float) -> None:
    assert units.share(value) == expected


@pytest.mark.parametrize("value", ["5", 5, "150%", -0.1, "much", float("nan")])
def test_what_is_no_share_is_refused(value: object) -> None:
    with pytest.raises(Complaint):
        units.share(value)


@given(st.floats(0, units.LONGEST_S))
def test_written_durations_read_back_exactly(value_s: float) -> None:
    assert units.seconds(units.duration_text(value_s)) == value_s


@given(st.floats(0, 1e12))
def test_written_microseconds_read_back_exactly(value_us: float) -> None:
    assert units.microseconds(units.microseconds_text(value_us)) == value_us


@pytest.mark.parametrize(("value_s", "text"), [(10.0, "10s"), (0.25, "250ms"), (120.0, "120s"), (0.0, "0s")])
def test_durations_are_written_as_people_write_them(value_s: float, text: str) -> None:
    assert units.duration_text(value_s) == text

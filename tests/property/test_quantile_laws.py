"""Percentiles are never invented: every missing one has its reason, and bounds are bounds."""

from __future__ import annotations

from dataclasses import fields

from hypothesis import given
from hypothesis import strategies as st

from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.quantiles import PERCENTILES, Q, adjusted, samples_needed, summarise
from loadbench_gui.core.snapshot import Tally

FIGURES = [field.name for field in fields(Q) if field.name not in ("count", "unsupported", "infinite", "at_least")]
values = st.lists(st.integers(0, 50_000), max_size=300)


@st.composite
def tallies(draw: st.DrawFn) -> Tally:
    answered, censored = draw(values), draw(st.lists(st.integers(0, 50_000), max_size=30))
    failed, timed_out, dropped = (draw(st.integers(0, 20)) for _ in range(3))
    return Tally(
        scheduled=Histogram.of(answered),
        censored_at=Histogram.of(censored),
        succeeded=len(answered),
        censored=len(censored),
        failed=failed,
        timed_out=timed_out,
        dropped=dropped,
    )


@given(tallies())
def test_every_figure_is_either_there_or_has_one_reason(tally: Tally) -> None:
    q = adjusted(tally)
    missing = [name for name in FIGURES if getattr(q, name) is None]
    assert sorted(missing) == sorted((*q.unsupported, *q.infinite))
    assert not set(q.at_least) & set(missing)


@given(values)
def test_percentiles_appear_exactly_when_ten_samples_lie_beyond(sample: list[int]) -> None:
    q = summarise(Histogram.of(sample))
    for name, place in PERCENTILES:
        assert (getattr(q, name) is not None) == (len(sample) >= samples_needed(place))


@given(tallies())
def test_without_failures_the_adjusted_figures_are_the_plain_ones(tally: Tally) -> None:
    clean = Tally(scheduled=tally.scheduled, succeeded=tally.succeeded)
    assert adjusted(clean) == summarise(tally.scheduled)


@given(tallies(), st.data())
def test_the_truth_about_censored_requests_only_moves_what_is_marked_and_only_up(
    tally: Tally, data: st.DataObject
) -> None:
    bounds = [
        int(v) for v, n in zip(tally.censored_at.middles_us, tally.censored_at.counts, strict=True) for _ in range(n)
    ]
    true = [bound + data.draw(st.integers(0, 60_000)) for bound in bounds]
    seen = adjusted(tally)
    truth = adjusted(
        Tally(
            scheduled=tally.scheduled + Histogram.of(true),
            succeeded=tally.succeeded + len(true),
            failed=tally.failed,
            timed_out=tally.timed_out,
            dropped=tally.dropped,
        )
    )
    for name in (*(name for name, _ in PERCENTILES), "min", "max"):
        shown, actual = getattr(seen, name), getattr(truth, name)
        if name in seen.at_least:
            assert shown <= actual
        else:
            assert shown == actual

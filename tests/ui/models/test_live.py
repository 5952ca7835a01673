from __future__ import annotations

from dataclasses import replace

from builders import make_socket_workload, make_stream_workload
from loadbench_gui.core.lifecycle import RunState
from loadbench_gui.core.plan import ClosedLoad, StreamSettings, Workload
from loadbench_gui.services.events import ComparisonEnded, Event, GeneratorDoubted, IntervalClosed, Note, RunEnded
from loadbench_gui.ui.models.figures import key_figures, segments, subtitle
from loadbench_gui.ui.models.live import LOG_LINES, LiveModel
from replay import BUSY, comparison_events


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def upto_run(events: list[Event], runs: int, more: int) -> list[Event]:
    """The events up to the end of `runs` runs and `more` live intervals of the next."""
    ended, seen, taken = 0, 0, []
    for event in events:
        if ended == runs and isinstance(event, IntervalClosed):
            seen += 1
            if seen > more:
                break
        taken.append(event)
        ended += isinstance(event, RunEnded)
    return taken


def live(runs: int, more: int, **settings: int) -> LiveModel:
    model = LiveModel(Clock())
    for event in upto_run(comparison_events(**settings)[0], runs, more):  # type: ignore[arg-type]  # all are whole numbers
        model.receive(event)
    return model


def test_the_round_strip_says_what_has_run_what_runs_and_what_comes_next() -> None:
    steps = [segment.step for segment in segments(live(runs=4, more=10))]
    assert steps == ["done"] * 4 + ["running"] + ["to come"] * 7


def test_the_running_segment_fills_with_the_load() -> None:
    running = segments(live(runs=4, more=10))[4]
    assert running.progress == 0.5


def test_the_strip_of_figures_says_what_each_figure_is_made_of() -> None:
    figures = {figure.name: figure for figure in key_figures(live(runs=4, more=16))}
    assert figures["Throughput"].made_of[0] == "offered 2,000"
    assert figures["p50"].made_of[0].startswith("service ")
    assert figures["p99"].made_of[1] == "over 1 s"
    assert figures["Memory (PSS)"].unit == "MiB"
    assert figures["Generator"].value == "valid"


def test_figures_of_a_run_that_has_not_begun_are_dashes() -> None:
    assert {figure.value for figure in key_figures(LiveModel(Clock()))} == {"–"}


def test_the_subtitle_names_round_deployment_state_and_load() -> None:
    model = live(runs=4, more=10)
    assert model.label is not None
    expected = f"round 2 of 4 · {model.label.deployment} measuring · open loop 2,000\u202frequests/s · 64 connections"
    assert subtitle(model) == expected


def test_errors_are_counted_by_what_became_of_the_request() -> None:
    errors = {f.name: f for f in key_figures(live(runs=0, more=19, errors_in=0))}["Errors"]
    assert errors.value == "40"
    assert errors.made_of == ("0 dropped", "40 timed out")


def test_a_doubt_about_the_generator_changes_its_verdict_for_this_run_only() -> None:
    model = live(runs=1, more=16, doubt_in=1)
    assert (model.verdict, model.limit) == ("invalid", BUSY)
    assert model.log[-1].level == "warning"
    for event in upto_run(comparison_events(doubt_in=1)[0], 2, 1)[len(upto_run(comparison_events()[0], 1, 16)) :]:
        model.receive(event)
    assert (model.verdict, model.limit) == ("valid", None)


def test_a_doubt_about_one_metric_is_no_banner() -> None:
    model = live(runs=1, more=4)
    assert model.label is not None
    model.receive(GeneratorDoubted(model.label, replace(BUSY, metric="p99_9")))
    assert model.limit is None


def test_doubts_about_several_metrics_in_the_same_words_are_logged_once_and_said_in_one_sentence() -> None:
    model = live(runs=1, more=4)
    assert model.label is not None
    assert model.doubts == ""
    before = len(model.log)
    for metric in ("service_p50", "p99_9", "p99_9"):
        model.receive(GeneratorDoubted(model.label, replace(BUSY, metric=metric)))
    assert model.doubts == f"Doubts about p99.9, service p50: {BUSY.message}"
    model.receive(GeneratorDoubted(model.label, replace(BUSY, metric="p50", message="Another reason.")))
    assert [line.text for line in model.log][before:] == [BUSY.message, "Another reason."]


def test_time_left_is_learned_from_the_runs_that_are_over() -> None:
    clock = Clock()
    model = LiveModel(clock)
    events = comparison_events()[0]
    for event in upto_run(events, 0, 4):
        model.receive(event)
    assert model.schedule is not None
    assert model.seconds_left() == model.schedule.estimate_s
    clock.now += 10.0
    rest = upto_run(events, 1, 0)[len(upto_run(events, 0, 4)) :]
    for event in rest:
        model.receive(event)
    assert model.seconds_left() == 11 * 10.0


def test_the_log_is_bounded() -> None:
    model = LiveModel(Clock())
    for i in range(2 * LOG_LINES):
        model.receive(Note("info", f"line {i}"))
    assert len(model.log) == LOG_LINES
    assert model.log[-1].text == f"line {2 * LOG_LINES - 1}"


def test_the_end_of_a_comparison_ends_the_estimate() -> None:
    model = LiveModel(Clock())
    for event in comparison_events()[0]:
        model.receive(event)
    assert isinstance(comparison_events()[0][-1], ComparisonEnded)
    assert model.seconds_left() is None
    assert model.state is RunState.DONE
    assert not model.active


def strip(workload: Workload) -> list[tuple[str, str, tuple[str, ...]]]:
    model = LiveModel(Clock())
    for event in upto_run(comparison_events(workload=workload, rate_rps=300.0)[0], 1, 16):
        model.receive(event)
    return [(figure.name, figure.unit, figure.made_of) for figure in key_figures(model)[:3]]


def test_the_strip_of_a_stream_counts_streams_and_times_first_events() -> None:
    throughput, p50, p99 = strip(make_stream_workload())
    assert throughput[:2] == ("Throughput", "streams/s")
    assert p50[0] == "First event p50"
    assert p50[2][0].startswith("service ")
    assert p99[0] == "First event p99"
    assert p99[2][0].endswith(" streams")


def test_the_strip_of_endless_streams_counts_events_and_times_gaps() -> None:
    throughput, p50, _ = strip(make_stream_workload(shape=ClosedLoad(64), settings=StreamSettings(endless=True)))
    assert throughput[1] == "events/s"
    assert (p50[0], p50[2]) == ("Gap p50", ("between events", "over 1 s"))


def test_the_strip_of_held_connections_says_how_many_are_open() -> None:
    model = LiveModel(Clock())
    workload = make_socket_workload("hold", ClosedLoad(1_000))
    for event in upto_run(comparison_events(workload=workload, rate_rps=300.0)[0], 1, 16):
        model.receive(event)
    figure = key_figures(model)[0]
    assert (figure.name, figure.value, figure.made_of) == ("Connections", "1,000", ("of 1,000 open", "all are held"))


def test_the_subtitle_offers_round_trips_to_an_echo() -> None:
    model = LiveModel(Clock())
    for event in upto_run(comparison_events(workload=make_socket_workload("echo"))[0], 0, 4):
        model.receive(event)
    assert "open loop 2,000\u202fround trips/s" in subtitle(model)


def test_a_comparison_that_could_not_go_on_says_so_in_place_of_getting_ready() -> None:
    model = live(runs=1, more=4)
    model.close("could not go on")
    assert subtitle(model) == "could not go on"
    assert not model.active
    assert model.seconds_left() is None
    assert [segment.step for segment in segments(model)][:3] == ["done", "cut short", "to come"]


def test_a_verdict_is_not_overruled_by_the_end() -> None:
    model = LiveModel(Clock())
    for event in comparison_events()[0]:
        model.receive(event)
    model.close("could not go on")
    assert subtitle(model) == "over"

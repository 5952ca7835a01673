from __future__ import annotations

from dataclasses import replace

import pytest

from builders import make_socket_workload, make_stream_workload
from loadbench_gui.core.plan import ClosedLoad, Expectation, OpenLoad, Request, SocketSettings, Stage, Workload
from loadbench_gui.core.verdict import Metric, Verdict
from loadbench_gui.report import words


def plain(text: str) -> str:
    return text.replace(words.NARROW, " ")


@pytest.mark.parametrize(
    ("us", "written"),
    [(None, "–"), (0, "0 µs"), (7, "7 µs"), (12.5, "12.5 µs"), (850, "850 µs"), (999.6, "1.00 ms"),
     (1_420, "1.42 ms"), (9_999, "10.0 ms"),
     (18_900, "18.9 ms"), (512_345, "512 ms"), (1_234_567, "1,235 ms"), (9_996_000, "10.0 s"), (12_000_000, "12.0 s")],
)  # fmt: skip
def test_a_latency_has_three_digits_and_the_unit_that_suits_it(us: float | None, written: str) -> None:
    assert plain(words.latency(us)) == written


def test_figures_stand_apart_from_their_unit_by_a_narrow_space_that_does_not_break() -> None:
    assert words.latency(1_420) == "1.42\u202fms"
    assert words.percent(0.021) == "2.1\u202f%"


@pytest.mark.parametrize(
    ("ratio", "written"),
    [(None, "–"), (0.77, "−23 %"), (1.042, "+4.2 %"), (1.85, "+85 %"), (1.0, "0 %"),
     (0.99996, "0 %"), (0.9004, "−10 %"), (13.5, "+1,250 %")],
)  # fmt: skip
def test_a_ratio_reads_as_the_difference_it_makes(ratio: float | None, written: str) -> None:
    assert plain(words.change(ratio)) == written


def test_an_interval_of_ratios_reads_from_low_to_high() -> None:
    assert plain(words.change_interval((0.73, 0.81))) == "−27 to −19 %"
    assert words.change_interval(None) == words.UNKNOWN
    assert plain(words.change_interval((1e-9, 29_938.5))) == "< −99 to > +900 %"
    assert plain(words.change_interval((97.0, 105.0))) == "+9,600 to +10,400 %"


def test_memory_is_in_mib_until_it_is_ten_thousand_of_them() -> None:
    assert plain(words.memory(53_791_949)) == "51.3 MiB"
    assert plain(words.memory(20 * 1024**3)) == "20.0 GiB"
    assert words.memory(None) == words.UNKNOWN


def test_moments_are_not_written_as_seconds_with_many_zeros() -> None:
    written = [plain(words.seconds(s)) for s in (0.0, 0.00112, 0.000_041, 0.25, 4.0)]
    assert written == ["0 s", "1.12 ms", "41 µs", "0.25 s", "4 s"]
    assert [plain(words.cpu_seconds(s)) for s in (0.00112, 0.063)] == ["1.12 ms", "0.0630 s"]


def test_small_sizes_are_in_the_unit_that_suits_them() -> None:
    written = [plain(words.size(n)) for n in (32, 4_096, 12_595, 53_791_949)]
    assert written == ["32 B", "4.00 KiB", "12.3 KiB", "51.3 MiB"]
    assert words.size(None) == words.UNKNOWN
    assert plain(words.metric_value(Metric.MEMORY_PER_CONNECTION, 12_595.2)) == "12.3 KiB"


def test_what_is_counted_is_named() -> None:
    assert plain(words.rate(12.345, "round trips")) == "12.3 round trips/s"
    assert plain(words.metric_value(Metric.THROUGHPUT, 400.0, "streams")) == "400 streams/s"


def test_rates_counts_and_p_values() -> None:
    assert plain(words.rate(2_000)) == "2,000 requests/s"
    assert plain(words.rate(12.345)) == "12.3 requests/s"
    assert words.count(48_120) == "48,120"
    assert (words.p_value(0.0004), words.p_value(0.0312), words.p_value(None)) == ("<0.001", "0.031", "–")
    assert plain(words.percent(-0.5)) == "−50 %"


def test_time_is_written_the_way_people_say_it() -> None:
    assert plain(words.seconds(0.25)) == "0.25 s"
    assert plain(words.seconds(190)) == "3 min 10 s"
    assert plain(words.seconds(120)) == "2 min"
    assert words.moment("2026-11-22T12:44:00+00:00") == "22 Nov 2026 12:44 UTC"
    assert words.moment("yesterday") == "yesterday"


def test_every_metric_has_a_label_and_a_way_to_be_written() -> None:
    assert set(words.METRIC_LABELS) == set(Metric)
    assert all(words.metric_value(metric, 1_000.0) != words.UNKNOWN for metric in Metric)
    assert {plain(words.metric_value(m, 1.5e6)) for m in (Metric.MEMORY_PEAK, Metric.P99)} == {"1.4 MiB", "1,500 ms"}


def test_every_verdict_has_a_word_and_a_tone() -> None:
    assert set(words.VERDICT_WORDS) == set(words.VERDICT_TONES) == set(Verdict)
    assert words.VERDICT_WORDS[Verdict.NONE] == "no verdict"


def test_a_load_is_said_in_one_line() -> None:
    assert plain(words.shape(OpenLoad(64, 2_000.0))) == "open loop, 2,000 requests/s, constant arrivals, 64 connections"
    assert words.shape(ClosedLoad(1)) == "closed loop, 1 connection"
    thinking = words.shape(ClosedLoad(8, 0.2, "exponential"))
    assert plain(thinking) == "closed loop, 8 connections, thinking about 200 ms between requests"


@pytest.mark.parametrize(
    ("think_s", "written"), [(0.0005, "500 µs"), (0.2, "200 ms"), (1.5, "1.5 s"), (90, "1 min 30 s")]
)
def test_a_pause_is_written_in_the_unit_that_suits_it(think_s: float, written: str) -> None:
    assert plain(words.shape(ClosedLoad(1, think_s))).endswith(f", thinking {written} between requests")


def test_a_ramp_says_the_rates_it_moves_through() -> None:
    ramp = OpenLoad(64, 0.0, "poisson", (Stage(10.0, 1_000.0), Stage(5.0, 1_000.0), Stage(0.0, 1.5)))
    assert plain(words.shape(ramp)) == "open loop, 0 → 1,000 → 1.5 requests/s, poisson arrivals, 64 connections"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (SocketSettings("echo", compress=True), "echo of 32 B, compressed · open loop, 2,000 round trips/s"),
        (
            SocketSettings("fanout", size_bytes=128),
            "fan-out of 128 B from 1 publisher · open loop, 2,000 publications/s",
        ),
        (SocketSettings("push"), "pushed messages · 64 connections"),
        (SocketSettings("hold", ping_every_s=5.0), "held, pinged every 5 s · 64 connections"),
    ],
)
def test_a_websocket_load_is_said_in_one_line(settings: SocketSettings, said: str) -> None:
    asked = make_socket_workload(settings.mode, settings=settings)
    assert plain(words.workload(asked)).startswith(f"WebSocket /ws · {said}")


def test_a_stream_says_how_its_body_is_read() -> None:
    assert plain(words.workload(make_stream_workload())).startswith("GET /events · 20 server-sent events · open loop")


def test_a_workload_of_several_requests_says_how_many() -> None:
    one = Workload("w", "http", Request(path="/a"), Expectation(), ClosedLoad(1))
    assert plain(words.workload(one)) == "GET /a · closed loop, 1 connection · 10 s measured"
    mixed = replace(one, also=(Request(), Request()))
    assert words.workload(mixed).startswith("GET /a and 2 other requests · ")

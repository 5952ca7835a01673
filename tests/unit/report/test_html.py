from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from builders import ARMS, FAILED_GATE, GATES, Arm, make_comparison, make_run, make_workload
from loadbench_gui.core.caveats import Caveat
from loadbench_gui.core.plan import ClosedLoad
from loadbench_gui.core.run import LaunchFacts
from loadbench_gui.core.snapshot import ErrorKind, Tally
from loadbench_gui.report.document import document, to_json
from loadbench_gui.report.html import page as page_of
from loadbench_gui.report.html import render
from loadbench_gui.report.words import NARROW

EVIL = "</script><b onload=alert(1)>"


class Reader(HTMLParser):
    """What a browser would make of it: visible text, tags, attributes, and what is inside each script."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.scripts: list[str] = []
        self.text = ""
        self._inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        self._inside = tag
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.scripts[-1] += data
        elif self._inside != "style":
            self.text += data


def read(html: str) -> Reader:
    reader = Reader(html)
    reader.text = re.sub(r"\s+", " ", reader.text.replace(NARROW, " "))
    return reader


@pytest.fixture(scope="module")
def page() -> Reader:
    comparison, runs = make_comparison(rounds=3)
    return read(render(runs, comparison))


def test_the_verdict_stands_before_everything_else(page: Reader) -> None:
    comparison, _ = make_comparison(rounds=3)
    assert comparison.summary in page.text
    assert page.text.index(comparison.summary) < page.text.index("Figures by deployment")


def test_it_fetches_nothing_at_all() -> None:
    comparison, runs = make_comparison(rounds=2)
    html = render(runs, comparison)
    reader = Reader(html)
    fetching = [v for n, v in reader.attributes if n in ("src", "href", "srcset", "action", "data") and v != "#raw"]
    assert fetching == []
    assert not {"link", "img", "iframe", "object", "embed"} & set(reader.tags)
    assert "@import" not in html
    assert "url(" not in html


def test_the_raw_result_is_inside_and_complete() -> None:
    comparison, runs = make_comparison(rounds=2)
    raw = json.loads(Reader(render(runs, comparison)).scripts[0])
    assert raw == json.loads(to_json(document(runs, comparison)))


def test_every_part_that_makes_it_believable_is_there(page: Reader) -> None:
    for part in (
        "Difference from the baseline", "Latency by percentile", "Latency over time", "Throughput over time",
        "Memory over time", "Runs in the order they were made", "Every metric against fastapi", "95 % interval",
        "p (Holm)",
        "Gates: without them there is no verdict", "What differed besides the framework", "Every run, in order",
        "What ran", "python -m uvicorn app:app", "Example CPU", "starlette 0.41.0", "seed 32570",
        "Noise floor of this machine 2.1 %",
        "Run it again", "loadbench compare profiles/json-api.toml --seed 32570", "own CPUs shared", "Not like for like",
    ):  # fmt: skip
        assert part in page.text, part


def test_every_chart_has_a_title_a_description_and_figures_behind_it(page: Reader) -> None:
    charts = page.attributes.count(("role", "img"))
    assert charts == 6
    assert page.tags.count("desc") == charts
    assert page.text.count("In words and figures") == charts


def test_every_table_has_a_caption_and_named_columns(page: Reader) -> None:
    assert page.tags.count("table") == page.tags.count("caption")
    assert ("scope", "col") in page.attributes
    assert ("scope", "row") in page.attributes


def test_ids_are_unique_with_several_workloads() -> None:
    workloads = (make_workload("json"), make_workload("peak", ClosedLoad(8), duration_s=2))
    comparison, runs = make_comparison(rounds=2, workloads=workloads, rate_rps=1_500)
    ids = [value for name, value in Reader(render(runs, comparison)).attributes if name == "id"]
    assert len(ids) == len(set(ids))
    assert {"w0-forest-title", "w1-forest-title"} <= set(ids)


def test_names_are_text_and_never_markup() -> None:
    arms = (ARMS[0], Arm(EVIL, EVIL))
    comparison, runs = make_comparison(arms, rounds=2)
    reader = read(render(runs, replace(comparison, profile=EVIL, summary=EVIL, command=EVIL)))
    assert EVIL in reader.text
    assert ("onload", "alert(1)") not in reader.attributes
    assert reader.tags.count("script") == 2
    assert json.loads(reader.scripts[0])["comparison"]["summary"] == EVIL


def test_a_run_alone_is_a_report_too() -> None:
    run = make_run()
    reader = read(render([run]))
    assert f"{run.measured.succeeded:,} of {run.measured.issued:,} requests answered as expected" in reader.text
    assert "Nothing was compared." in reader.text
    assert "Difference from the baseline" not in reader.text
    assert reader.attributes.count(("role", "img")) == 4


def test_a_failed_gate_takes_the_verdict_away_in_words() -> None:
    comparison, runs = make_comparison(rounds=2, gates=(*GATES, FAILED_GATE))
    text = read(render(runs, comparison)).text
    assert "✕ failed" in text
    assert "no verdict" in text
    assert "Make the bodies agree, then compare." in text


def test_what_was_not_watched_is_a_dash_and_says_so() -> None:
    comparison, runs = make_comparison(rounds=2, memory=False)
    text = read(render(runs, comparison)).text
    assert "not watched" in text
    assert "Memory was not watched: the server was not started here." in text


def test_a_percentile_without_enough_samples_says_how_many_it_needs() -> None:
    text = read(render([make_run(rate_rps=100)])).text
    assert "needs 1,000 samples a run" in text
    assert "p50; too few samples for p99" in text


def test_errors_are_counted_by_kind_with_an_exchange_to_look_at() -> None:
    run = make_run(errors={ErrorKind.BAD_STATUS: 40, ErrorKind.READ_TIMEOUT: 3})
    text = read(render([run])).text
    assert "Requests without a good answer" in text
    assert "bad status" in text
    assert "HTTP/1.1 500 Oops" in text
    assert "3 timed out" in text


def test_a_doubtful_generator_is_named_with_what_to_do() -> None:
    caveat = Caveat("lag", "dispatch lag p99 was 3.1 ms", "Use fewer connections.")
    both_clocks = (caveat, replace(caveat, metric="service_p99"))
    runs = [make_run(order=i, caveats=both_clocks) for i in range(2)]
    text = read(render(runs)).text
    assert "Runs 1, 2: dispatch lag p99 was 3.1 ms. Use fewer connections." in text
    assert "suspect" in text


def test_what_was_cut_short_says_so() -> None:
    comparison, runs = make_comparison(rounds=2)
    cut = (*runs[:-1], replace(runs[-1], sealed=False, stop_reason="stopped by the user"))
    text = read(render(cut, replace(comparison, complete=False))).text
    assert "The comparison was stopped before its last round" in text
    assert "Cut short: run 6" in text
    assert "stopped by the user" in text


def test_a_run_in_which_everything_failed_still_makes_a_page() -> None:
    comparison, runs = make_comparison(rounds=2)
    nothing = Tally(issued=50, failed=50, errors={ErrorKind.CONNECT_REFUSED: 50})
    dead = tuple(replace(run, measured=nothing, intervals=()) for run in runs)
    text = read(render(dead, comparison)).text
    assert "connect refused" in text
    assert "Too few requests for a spectrum." in text


def test_it_prints_light_and_follows_the_scheme_on_screen() -> None:
    html = render([make_run()])
    assert "@media (prefers-color-scheme: dark)" in html
    assert html.index("@media (prefers-color-scheme: dark)") < html.index("@media print")
    assert "--series-5: #A9B7C4" in html


def test_a_server_that_was_running_already_is_not_said_to_be_started() -> None:
    attached = read(render([replace(make_run(), launch=LaunchFacts(observed={"server header": "nginx"}))]))
    assert "was running already · server header nginx" in attached.text
    assert "not pinned" not in attached.text


def test_a_doubted_figure_is_marked_with_its_reason_in_both_tables_and_the_others_are_not() -> None:
    lag = Caveat("dispatch-lag", "Sent <late>.", "Lower the rate.", metric="p99")
    read_late = Caveat("receive-lag", "Read late.", "Lower the rate.", metric="service_p50")
    runs = [make_run(caveats=(lag, read_late)), make_run(ARMS[1], order=1)]
    overview = page_of(runs).sections[0].overview
    doubts = {head.text: cell.doubt for head, cell in zip(overview.head, overview.rows[0], strict=True) if cell.doubt}
    assert doubts == {"p50, scheduled": "service p50: Read late.", "p99, scheduled": "p99: Sent <late>."}
    assert not any(cell.doubt for cell in overview.rows[1])
    assert [bool(cell.doubt) for cell in page_of(runs).runs.rows[0]] == [i in (4, 5) for i in range(10)]
    shown = read(render(runs))
    assert shown.attributes.count(("title", "p99: Sent <late>.")) == 2
    assert shown.attributes.count(("aria-label", "doubtful:")) == 4

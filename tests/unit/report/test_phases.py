"""The table of phases: only what really happened has a column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from builders import make_run
from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.run import Run
from loadbench_gui.report.page import Table
from loadbench_gui.report.phases import phases_table

RUN = make_run()
NAME = RUN.label.deployment


def phases_of(runs: Sequence[Run]) -> Table:
    table = phases_table(runs, [NAME])
    assert table is not None
    return table


def titles(table: Table) -> list[str]:
    return [cell.text for cell in table.head]


def test_phases_that_nothing_went_through_have_no_column() -> None:
    plain = replace(RUN, lookup_s=None, traffic=replace(RUN.traffic, connect=Histogram(), tls=Histogram()))

    assert titles(phases_of([plain])) == [
        "Deployment", "dispatch lag", "connection wait", "first byte", "download",
    ]  # fmt: skip


def test_look_up_connect_and_tls_appear_when_they_were_measured() -> None:
    traffic = replace(RUN.traffic, connect=Histogram.of([150] * 20), tls=Histogram.of([2_500] * 20))
    table = phases_of([replace(RUN, traffic=traffic, lookup_s=0.012)])

    figures = dict(zip(titles(table), [cell.text for cell in table.rows[0]], strict=True))
    assert figures["name look-up"] == "–"
    notes = dict(zip(titles(table), [cell.note for cell in table.rows[0]], strict=True))
    assert notes["name look-up"].replace("\u202f", " ") == "needs 20 samples; longest 12.0 ms"
    assert figures["connect"] == "150\u202fµs"
    assert figures["TLS"].startswith("2.5")
    assert notes["connect"] == notes["TLS"] == "", "twenty connections support no p99"


def test_a_median_is_shown_from_twenty_samples_on() -> None:
    def connect(connections: int) -> tuple[str, str]:
        traffic = replace(RUN.traffic, connect=Histogram.of([150] * connections))
        table = phases_of([replace(RUN, traffic=traffic)])
        cell = table.rows[0][titles(table).index("connect")]
        return cell.text, cell.note

    assert connect(20) == ("150\u202fµs", "")
    assert connect(19) == ("–", "needs 20 samples; longest 150\u202fµs")


def test_the_shares_of_server_processes_are_shown_largest_first() -> None:
    run = replace(RUN, requests_per_process={"71": 250, "72": 750})
    table = phases_of([run])

    assert titles(table)[-1] == "Server processes"
    assert table.rows[0][-1].text.replace("\u202f", " ").replace("\xa0", " ") == "2: 75 %, 25 %"

"""Streams of events: how many a second one core takes in with every gap recorded, and whether the gaps are true.

Speed is measured against a server that writes prepared bytes, and by its count alone: read twice, a second after the
first event and a second before the end. Beside loadbench stands the least that a Python client can do with the same
bytes. Truth is measured against a server that draws its gaps, keeps them, and logs when it wrote each event.
"""

from __future__ import annotations

import re
import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks import counting, peers, rhythm, sampling, shipped
from benchmarks.document import Limit, Section
from benchmarks.machine import GENERATOR_CPU, SERVER_CPU, STOLEN
from benchmarks.options import Options
from benchmarks.quantiles import HEAD, beside, cells, quantiles
from benchmarks.tables import number, ratio, table

FORMS = {
    "plain": "one body, its length announced",
    "chunks": "32 events in a chunk",
    "each": "every event a chunk of its own",
    "single": "every event a chunk and a write of its own",
}
LIMITED = ("plain", "chunks", "each")
"""In the last form the server needs a system call for each event, and is slower than whoever reads: no limit there."""
EVENTS, CONNECTIONS = 20_000, 8
LEAST_PER_S, AIM_PER_S = 100_000.0, 300_000.0
OURS, FLOOR = "loadbench", "a client that only counts blank lines"

RHYTHMS = {
    "a gap of 5 ms": ("--rhythm", "constant:5"),
    "gaps drawn, 5 ms on average": ("--rhythm", "exponential:5"),
    "gaps drawn, 5 ms on average, half a second once a stream": ("--rhythm", "exponential:5", "--stall", "100:0.5"),
}
RHYTHM_EVENTS, RHYTHM_CONNECTIONS = 200, 8
PLANTED = "--stall"
STALL_LIMITS_MS = (5.0, 1.0)
ATTEMPTS = 4
"""So often a rhythm is listened to, until one run counts."""


@dataclass(frozen=True)
class Speed:
    """One run. rate: events a second by the server's count; cpu_us: of the reading process, an event."""

    rate: float
    cpu_us: float
    missing: int = 0
    own_cpu_us: float | None = None
    per_read: float | None = None


@dataclass(frozen=True)
class Beat:
    """One rhythm. ours: `stream` of the result document; steal: a share of a CPU's time; the log is the server's."""

    title: str
    ours: dict[str, Any]
    log: rhythm.Log
    steal: float


def measure(options: Options) -> Section:
    """Take turns at each form, then listen to each rhythm."""
    rounds, seconds = options.pick_rounds(5, 1), options.pick_seconds(5.0, 3.0)
    speeds: dict[tuple[str, str], list[Speed]] = {(form, who): [] for form in FORMS for who in (OURS, FLOOR)}
    takers: dict[str, Callable[[counting.Counting, float], Speed]] = {OURS: ours, FLOOR: floor}
    for _ in range(rounds):
        for form, who in speeds:
            with counting.counting("event_server.py", form, "--events", str(EVENTS), cpu=SERVER_CPU) as server:
                speeds[form, who].append(takers[who](server, seconds))
            print(f"{form:7} {who:40} {speeds[form, who][-1]}", flush=True)
    beats = [undisturbed(title, how, 32 if options.quick else 128) for title, how in RHYTHMS.items()]
    return Section(
        "streams",
        "Streams of events",
        _commands(options, rounds, seconds),
        "\n\n".join([_speed_table(speeds), SPEED_TEXT, "### Gaps beside the truth", TRUTH_TEXT, _beat_table(beats)]),
        _limits(speeds, beats),
    )


def ours(server: counting.Counting, seconds: float) -> Speed:
    """Run the shipped command, its worker on the generator's core, and watch the worker from outside."""
    cpu_s: list[float] = []
    with shipped.started(_url(server.port), *_options(seconds), kind="stream") as command:
        worker = command.worker()
        window = counting.watch(server, seconds, lambda: command.is_over, lambda: cpu_s.append(sampling.cpu_s(worker)))
        _, found = command.end()
        left = server.count()
    shipped.require_clean(found, "streams")
    stream = found.document["stream"]
    missing = abs(left - EVENTS * found.sent) + abs(EVENTS * found.requests["succeeded"] - EVENTS * stream["complete"])
    return Speed(
        window.rate,
        1e6 * (cpu_s[1] - cpu_s[0]) / window.done,
        missing,
        found.document["generator"]["cpu_us_per_event"],
        stream["events_per_read"]["mean"],
    )


def floor(server: counting.Counting, seconds: float) -> Speed:
    """Run the client that only counts."""
    program = str(peers.PROGRAMS / "event_client.py")
    options = ["--connections", str(CONNECTIONS), "--seconds", f"{seconds:g}", "--events", str(EVENTS)]
    windows: list[counting.Window] = []
    ended = peers.run(
        [sys.executable, program, str(server.port), *options],
        meanwhile=lambda is_over: windows.append(counting.watch(server, seconds, is_over)),
    )
    match = re.search(r"^events (\d+)$", ended.text, re.M)
    if match is None:
        sys.exit(f"cannot read the bare client's words:\n{ended.text[-2000:]}")
    return Speed(windows[0].rate, 1e6 * ended.cpu_s / int(match[1]))


def undisturbed(title: str, how: tuple[str, ...], streams: int) -> Beat:
    """Listen until the hypervisor left us the CPUs, a few times at the most; then to the run with the least stolen."""
    tried: list[Beat] = []
    while len(tried) < ATTEMPTS and not (tried and tried[-1].steal <= STOLEN):
        tried.append(listen(title, how, streams))
    return min(tried, key=lambda beat: beat.steal)


def listen(title: str, how: tuple[str, ...], streams: int) -> Beat:
    """Take so many streams of a rhythm in, each to its end."""
    with rhythm.keeping("sse", *how, "--events", str(RHYTHM_EVENTS), cpu=SERVER_CPU) as server:
        found = shipped.run(server.url, *_rhythm_options(streams), kind="stream")
        log = server.log()
    shipped.require_clean(found, title)
    beat = Beat(title, found.document["stream"], log, found.document["generator"]["steal_fraction"] or 0.0)
    print(f"{title}: stolen {beat.steal:.2%} {_beat_rows(beat)}", flush=True)
    return beat


def _url(port: int) -> str:
    return f"http://127.0.0.1:{port}/"


def _options(seconds: float) -> tuple[str, ...]:
    return "--kind", "sse", "--events", str(EVENTS), "-c", str(CONNECTIONS), "-d", f"{seconds:g}s"


def _rhythm_options(streams: int) -> tuple[str, ...]:
    return "--kind", "sse", "--events", str(RHYTHM_EVENTS), "-c", str(RHYTHM_CONNECTIONS), "-n", str(streams)


def _speed_table(speeds: dict[tuple[str, str], list[Speed]]) -> str:
    head = ("the server writes", "who reads", "events/s", "CPU us/event", "by its own account", "events per read",
            "our rate / the bare client's")  # fmt: skip
    rows = []
    for (form, who), found in speeds.items():
        share = ratio([s.rate for s in speeds[form, OURS]], [s.rate for s in speeds[form, FLOOR]])
        own = [s.own_cpu_us for s in found if s.own_cpu_us is not None]
        per_read = [s.per_read for s in found if s.per_read is not None]
        rows.append([
            FORMS[form], who, number(statistics.median(s.rate for s in found)),
            number(statistics.median(s.cpu_us for s in found), 2),
            number(statistics.median(own) if own else None, 2),
            number(statistics.median(per_read) if per_read else None, 1),
            f"{share:.2f}" if who == OURS else "",
        ])  # fmt: skip
    return table(head, rows)


SPEED_TEXT = """\
Events are counted by the server between two readings, a second from either end. loadbench is the command as shipped,
its worker on the generator's core; every event is parsed by the grammar of server-sent events, its gap to the one
before goes into a histogram, and its stream is held against the number of events it must have. What has piled up in the
kernel comes in one read, so the events per read say how much of the work was done in bulk; where every event is a write
of its own, the server is the slower side, and the CPU of an event is the figure to read. CPU is the worker's between
the readings, for the bare client that of the whole process."""

TRUTH_TEXT = f"""\
The server draws the gaps of its streams ({RHYTHM_EVENTS} events each) and logs when it wrote each event; gaps count
from one such moment to the next. Milliseconds, and in brackets by how much ours is above the server's: an event that
is late by a moment makes one gap longer and the next shorter by the same. A run of whose CPUs the hypervisor took more
than {STOLEN:.0%} is not counted, and made again, up to {ATTEMPTS} times; what it took of the one that is shown stands
beside it. Where no stall is planted, the longest gap is the worst hiccup of either side or of the host, and no limit is
set on it: one slice of time that the host takes from us makes it."""


def _beat_rows(beat: Beat) -> list[list[str]]:
    gaps, first = beat.log.gaps_us(), beat.log.first_us()
    return [
        [beat.title, f"gap (stolen: {beat.steal:.1%})", number(len(gaps)), *cells(beat.ours["gap_us"], quantiles(gaps)),
         beside(beat.ours["longest_stall_us"], float(gaps.max()))],
        [beat.title, "request to first event", number(len(first)),
         *cells(beat.ours["first_event_us"], quantiles(first)), ""],
    ]  # fmt: skip


def _beat_table(beats: list[Beat]) -> str:
    head = ("rhythm", "what", "how many", *HEAD, "longest")
    return table(head, [row for beat in beats for row in _beat_rows(beat)])


def _limits(speeds: dict[tuple[str, str], list[Speed]], beats: list[Beat]) -> tuple[Limit, ...]:
    missing = sum(s.missing for found in speeds.values() for s in found)
    missing += sum(abs(beat.log.count - beat.ours["events"]) for beat in beats)
    planted = next(beat for beat in beats if PLANTED in RHYTHMS[beat.title])
    off_ms = abs(planted.ours["longest_stall_us"] - float(planted.log.gaps_us().max())) / 1e3
    return (
        *(
            Limit(f"SSE events/s on one core with every gap recorded, {words}", LEAST_PER_S, AIM_PER_S,
                  statistics.median(s.rate for s in speeds[form, OURS]), digits=0)
            for form, words in FORMS.items() if form in LIMITED
        ),
        Limit("events that the server wrote more or fewer of than we counted", 0, 0, missing,
              higher_is_better=False, digits=0),
        Limit("a planted stall of half a second, off the server's log", *STALL_LIMITS_MS, off_ms, " ms",
              higher_is_better=False),
    )  # fmt: skip


def _commands(options: Options, rounds: int, seconds: float) -> str:
    return "\n".join([
        f"`{options.command('streams')}`: {rounds} rounds of {seconds:g} s for each form and client; a server that"
        f" writes prepared streams of {EVENTS:,} events as fast as they are taken on core {SERVER_CPU}, generators on"
        f" core {GENERATOR_CPU}. Then a run for each rhythm.",
        "",
        f"- `{shipped.shown(*_options(seconds), kind='stream')}`",
        f"- `event_client.py PORT --connections {CONNECTIONS} --events {EVENTS}`",
        f"- rhythms: `{shipped.shown(*_rhythm_options(128), kind='stream')}`",
    ])  # fmt: skip

"""The figures of WebSockets that are no latencies: messages, what went missing or came twice, how connections ended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rich.text import Text

from loadbench_gui.cli.terminal.principal import mode_of, socket_tally
from loadbench_gui.core.run import Run
from loadbench_gui.core.websocket import SocketMode, SocketTally
from loadbench_gui.report import words

CLOSE_CODES: Final = {
    1000: "normal", 1001: "going away", 1002: "protocol error", 1003: "unsupported data", 1005: "without a code",
    1006: "without a close frame", 1007: "invalid data", 1008: "policy", 1009: "message too big",
    1010: "missing extension", 1011: "internal error", 1012: "restart", 1013: "try again later", 1014: "bad gateway",
}  # fmt: skip
"""What the codes of RFC 6455 and of its registry mean."""
FAULTS: Final = {
    "lost": "lost",
    "duplicated": "came twice",
    "reordered": "out of order",
    "stray": "that nobody asked for",
}


def rows(run: Run) -> Iterator[tuple[str, Text]]:
    """Yield lines for the table of figures."""
    tally, mode = socket_tally(run), mode_of(run.workload)
    if mode != "push" and (tally.sent or tally.received):
        yield "messages", Text(_messages(tally, run.duration_s))
    if tally.ping.total or tally.pings_unanswered:
        yield "pings", _pings(tally)
    if tally.longest_silence_us:
        silence = words.latency(tally.longest_silence_us)
        yield "longest silence", Text(f"{silence} without a message on an open connection")
    if said := _faults(tally, mode):
        yield "delivery", said
    if tally.close_codes:
        yield "closed", _closed(tally)


def _messages(tally: SocketTally, duration_s: float) -> str:
    directions = ((tally.sent, "sent"), (tally.received, "received"))
    if duration_s <= 0:
        return ", ".join(f"{words.count(n)} {name}" for n, name in directions)
    return ", ".join(f"{words.count(n)} {name} ({words.rate_figure(n / duration_s)}/s)" for n, name in directions)


def _pings(tally: SocketTally) -> Text:
    said = Text(f"{words.count(tally.ping.total)} answered")
    if tally.pings_unanswered:
        said.append(", ").append(f"{words.count(tally.pings_unanswered)} not answered", "red")
    return said


def _faults(tally: SocketTally, mode: SocketMode) -> Text | None:
    """Say what went wrong on the way; that nothing did is known only where messages are waited for, or numbered."""
    found = [(getattr(tally, name), said) for name, said in FAULTS.items() if getattr(tally, name)]
    if not found:
        return _nothing_found(tally, mode) if tally.received else None
    return Text(", ").join(Text(f"{words.count(n)} {said}", "red") for n, said in found)


def _nothing_found(tally: SocketTally, mode: SocketMode) -> Text | None:
    if tally.knows_losses(mode):
        return Text("nothing lost, twice or out of order")
    return Text("not known whether all came: the messages carry no numbers") if mode == "push" else None


def _closed(tally: SocketTally) -> Text:
    """Say how connections ended that the server closed, the most frequent first."""
    codes = sorted(tally.close_codes.items(), key=lambda item: (-item[1], item[0]))
    said = (f"{words.count(n)} × {code}{_meaning(code)}" for code, n in codes)
    return Text(", ".join(said), "yellow" if any(code != 1000 for code, _ in codes) else "")


def _meaning(code: int) -> str:
    return f" ({CLOSE_CODES[code]})" if code in CLOSE_CODES else ""

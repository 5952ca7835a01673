"""All misbehaviour at once, at a rate, over several connections and processes: the server's log has the last word."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from faults.servers import GOOD, LAST, Visit, Watched, serving, shoot
from faults.test_every_byte import CHUNKED, LENGTH
from loadbench_gui.core.plan import ClosedLoad, EngineName, Expectation, LoadShape, OpenLoad
from loadbench_gui.core.snapshot import ErrorKind, Tally

SHAPES = {
    "closed": ClosedLoad(8),
    "open": OpenLoad(8, 300.0, arrival="poisson"),
    "open, dropping": OpenLoad(3, 400.0, when_busy="drop"),
    "open, with a short queue": OpenLoad(3, 400.0, queue_limit=2),
}


@pytest.mark.parametrize("engine", ["in-app", "workers"])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_whatever_a_server_does_every_request_has_one_fate_and_its_log_agrees(
    shape: LoadShape, engine: EngineName
) -> None:
    draw = random.Random(7)
    watched = Watched()
    done: Counter[str] = Counter()

    def misbehaves(visit: Visit) -> None:
        what = draw.choice(["good"] * 6 + ["last", "reset", "end", "garbage", "twice", "error", "slow", "silent"])
        done[what] += 1
        answer = draw.choice([LENGTH, CHUNKED])
        match what:
            case "good" | "slow":
                if what == "slow":
                    server.pause(0.03)
                visit.send(GOOD)
            case "last":
                visit.send(LAST)
                visit.close()
            case "reset":
                visit.send(answer[: draw.randrange(len(answer))])
                visit.reset()
            case "end":
                visit.send(answer[: draw.randrange(len(answer))])
                visit.close()
            case "garbage":
                visit.send(b"\x00garbage\r\n\r\n")
                visit.hold()
            case "twice":
                visit.send(GOOD + GOOD)
                visit.hold()
            case "error":
                visit.send(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")
            case _:
                visit.hold()

    with serving(misbehaves) as server:
        fired = shoot(
            server.target(),
            shape,
            engine=engine,
            workers=2,
            expect=Expectation(),
            duration_s=0.8,
            timeout_s=0.25,
            watched=watched,
        )
        tally = fired.measured + sum((i.warmup for i in watched.intervals), Tally())
        # Only what was never written is not in the log, and only what was lost on a used connection is there twice.
        # What was given up at the end may have been either in the queue or on its way.
        written = tally.issued - tally.dropped + fired.traffic.stale
        assert written - tally.censored <= server.requests <= written
        assert tally.succeeded == done["good"] + done["last"] + done["slow"]
        assert tally.errors[ErrorKind.BAD_STATUS] == done["error"] == tally.status_codes[503]
        assert tally.errors[ErrorKind.PROTOCOL] == done["garbage"] + done["twice"]
        assert tally.timed_out == done["silent"] - (server.requests - (written - tally.censored))
        cut = (ErrorKind.RESET, ErrorKind.CLOSED_EARLY, ErrorKind.STALE)
        lost = sum(tally.errors.get(kind, 0) for kind in cut)
        resent = fired.traffic.stale - tally.errors.get(ErrorKind.STALE, 0)
        assert lost + resent == done["reset"] + done["end"]
        assert tally.dropped == 0 or isinstance(shape, OpenLoad)
        assert tally.issued > 50

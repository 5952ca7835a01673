"""How hard, how long: the options that make the load's shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final, TypeAlias, cast

import typer

from loadbench_gui.cli.options import values
from loadbench_gui.cli.options.refusing import refuse
from loadbench_gui.core.shape import Arrival, ClosedLoad, LoadShape, OpenLoad, Stage, Thinking, WhenBusy
from loadbench_gui.errors import UserError

DEFAULT_DURATION_S: Final = 10.0
LONGEST_COUNT_S: Final = 3600.0
"""How long a request count alone may take: a server that answers nothing must not hold the command for ever."""

Connections: TypeAlias = Annotated[
    int,
    typer.Option(
        "-c", "--connections", parser=values.whole(1, 100_000), metavar="N", help="Connections at the same time."
    ),
]
Duration: TypeAlias = Annotated[
    float | None,
    typer.Option(
        "-d", "--duration", parser=values.positive_duration, metavar="TIME",
        help="How long to measure, as in 30s. Without it: 10s, or as long as the stages take, or until -n is reached.",
    ),
]  # fmt: skip
Requests: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "-n", "--requests", parser=values.whole(1), metavar="N",
        help="End after so many requests (streams, messages), or after -d if that is first; without -d after an hour.",
    ),
]  # fmt: skip
Rate: TypeAlias = Annotated[
    float | None,
    typer.Option(
        "-r", "--rate", parser=values.rate_rps, metavar="RATE",
        help="Open loop: arrivals per second (2000, 90/m), whatever is answered; with --stage, at the start.",
    ),
]  # fmt: skip
RateEach: TypeAlias = Annotated[
    float | None,
    typer.Option(
        "-r", "--rate", parser=values.rate_rps, metavar="RATE",
        help="Open loop: messages per second of each connection that sends, whatever comes back.",
    ),
]  # fmt: skip
Stages: TypeAlias = Annotated[
    list[Stage] | None,
    typer.Option(
        "--stage", parser=values.stage, metavar="TIME:RATE",
        help="Open loop: move to RATE within TIME; repeat it for ramps, steps (0s:1000) and spikes.",
    ),
]  # fmt: skip
StagesEach: TypeAlias = Annotated[
    list[Stage] | None,
    typer.Option(
        "--stage", parser=values.stage, metavar="TIME:RATE",
        help="Open loop: move to RATE on each connection that sends within TIME; may be repeated.",
    ),
]  # fmt: skip
Arrivals: TypeAlias = Annotated[
    str,
    typer.Option(
        "--arrival", parser=values.one_of("constant", "poisson"), metavar="constant|poisson",
        help="Open loop: evenly, or at random as independent users come.",
    ),
]  # fmt: skip
WhenAllBusy: TypeAlias = Annotated[
    str,
    typer.Option(
        "--when-busy", parser=values.one_of("queue", "drop"), metavar="queue|drop",
        help="Open loop, when every connection is taken: let requests wait, or drop and count them.",
    ),
]  # fmt: skip
QueueLimit: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--queue-limit", parser=values.whole(0), metavar="N",
        help="Open loop: how many may wait for a connection; more are dropped. Without it: rate x timeout.",
    ),
]  # fmt: skip
Think: TypeAlias = Annotated[
    float,
    typer.Option(
        "--think", parser=values.duration, metavar="TIME", help="Closed loop: pause between an answer and a request."
    ),
]
ThinkingTime: TypeAlias = Annotated[
    str,
    typer.Option(
        "--thinking", parser=values.one_of("constant", "exponential"), metavar="constant|exponential",
        help="With --think: always that long, or at random with that mean.",
    ),
]  # fmt: skip
Warmup: TypeAlias = Annotated[
    float, typer.Option("--warmup", parser=values.duration, metavar="TIME", help="Load before measuring begins.")
]
Timeout: TypeAlias = Annotated[
    float,
    typer.Option("--timeout", parser=values.positive_duration, metavar="TIME", help="When to give a request up."),
]
Silence: TypeAlias = Annotated[
    float,
    typer.Option(
        "--timeout", parser=values.positive_duration, metavar="TIME",
        help="Give a stream up after so long a silence, at its beginning or later.",
    ),
]  # fmt: skip
Unanswered: TypeAlias = Annotated[
    float,
    typer.Option(
        "--timeout", parser=values.positive_duration, metavar="TIME",
        help="How long a connection may take to open, and a message to come back.",
    ),
]  # fmt: skip


def shape(
    connections: int,
    *,
    rate_rps: float | None,
    stages: Sequence[Stage],
    arrival: str,
    when_busy: str,
    queue_limit: int | None,
    think_s: float,
    thinking: str,
) -> LoadShape:
    """Return an open loop where there is a rate or a stage, else a closed one.

    Raises `UserError` for an option that means nothing in the loop that was chosen.
    """
    if rate_rps is None and not stages:
        given = {"--arrival": arrival != "constant", "--when-busy": when_busy != "queue"}
        refuse(
            {**given, "--queue-limit": queue_limit is not None},
            "means nothing in a closed loop, which sends as fast as answers come",
            "Give a --rate, or leave it out.",
        )
        refuse(
            {"--thinking": thinking != "constant" and not think_s}, "says how to think, and there is no --think",
            "Add for example --think 200ms.",
        )  # fmt: skip
        return ClosedLoad(connections, think_s, cast("Thinking", thinking))
    refuse(
        {"--think": think_s > 0, "--thinking": thinking != "constant"},
        "means nothing in an open loop, where requests are due whatever was answered",
        "Leave out --rate and --stage for users who think, or leave it out.",
    )
    refuse(
        {"--queue-limit": queue_limit is not None and when_busy == "drop"},
        "says how many may wait, and with --when-busy drop none does", "Leave one of the two out.",
    )  # fmt: skip
    if not rate_rps and not any(stage.rate_rps for stage in stages):
        raise UserError("nothing would be sent: every rate is 0", "Give one --stage a rate above 0, as in 10s:500.")
    return OpenLoad(
        connections, rate_rps or 0.0, cast("Arrival", arrival), tuple(stages), cast("WhenBusy", when_busy), queue_limit
    )


def length_s(duration_s: float | None, requests: int | None, stages: Sequence[Stage], warmup_s: float) -> float:
    """Return the measured seconds: as given; else what the stages leave after the warm-up; an hour at most for a
    request count; else ten. Raises `UserError` where stages leave nothing to measure.
    """
    if duration_s is not None:
        return duration_s
    if stages:
        left_s = sum(stage.duration_s for stage in stages) - warmup_s
        if left_s <= 0:
            raise UserError(
                "the stages are over before anything is measured",
                "Say how long to measure (-d 30s), or make a stage longer: a step takes 0s and lasts until the next.",
            )
        return left_s
    return LONGEST_COUNT_S if requests is not None else DEFAULT_DURATION_S

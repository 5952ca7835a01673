"""Did the requests leave as they should have, and do our own counts agree with one another?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from loadbench_gui.core.caveats import Caveat
from loadbench_gui.core.plan import ClosedLoad
from loadbench_gui.core.quantiles import supports
from loadbench_gui.core.snapshot import ErrorKind, Tally
from loadbench_gui.engine.fitness.evidence import Evidence
from loadbench_gui.engine.fitness.lags import QUANTILES
from loadbench_gui.stats.little import LITTLE_LIMIT, deviation
from loadbench_gui.stats.notation import percent
from loadbench_gui.stats.wording import spoken

ACHIEVED: Final = 0.95
STALE_SHARE: Final = 0.01
PORTS_SHARE: Final = 0.70
"""Above this share of the ports the system begins to search for a free one, and soon finds none."""


def arrival_caveats(evidence: Evidence) -> tuple[Caveat, ...]:
    """Return what kept requests from being sent as the load says, and where the counts disagree."""
    measured = evidence.measured
    missing = () if evidence.is_closed or not measured.issued else (*_dropped(measured), *_unsent(measured))
    return (*missing, *_absent(evidence), *_accounting(evidence), *_ports(evidence))


def stale_caveats(stale: int, issued: int) -> tuple[Caveat, ...]:
    """Return the reason to look twice at a server that often ends connections under requests.

    Such requests are sent once more and count as what the second try became; a crash looks just the same.
    """
    if stale <= STALE_SHARE * issued:
        return ()
    return (
        Caveat(
            "stale_connections",
            f"{stale:,} of {issued:,} requests met a connection that the server ended without an answer; those that "
            "may be repeated were sent once more.",
            "Look for crashes in the server's log, and at how many requests it serves on one connection.",
            "suspect",
        ),
    )


def worker_lost(last_words: Sequence[str], workers: int, *, stops: bool) -> Caveat:
    """Return the reason not to believe a run in which workers died. stops: the run ends with the first."""
    what = "The run ends here, as asked." if stops else "The others went on, with less load than was asked for."
    return Caveat(
        "worker_lost",
        f"{len(last_words)} of {workers} generator processes died during the run ({'; '.join(last_words)}); what they "
        "were to send is missing.",
        f"{what} Run again; if it happens again, look for the kernel's out-of-memory messages.",
        "invalid",
    )


def _dropped(measured: Tally) -> tuple[Caveat, ...]:
    if not measured.dropped:
        return ()
    others = "the others found no free connection"
    if measured.unsent:
        others = f"{percent(measured.dropped / measured.issued)} found no free connection and were dropped"
    sent = 1 - (measured.dropped + measured.unsent) / measured.issued
    message = f"Only {percent(sent)} of the arrivals could be sent; {others}."
    return _missing("arrivals_dropped", measured.dropped, message, measured)


def _unsent(measured: Tally) -> tuple[Caveat, ...]:
    """Those that wait longest would have had the longest latencies of all."""
    if not measured.unsent:
        return ()
    share = measured.unsent / measured.issued
    message = (
        f"{measured.unsent:,} of {measured.issued:,} arrivals ({percent(share)}) were never sent: they still waited "
        "for a free connection when the run ended."
    )
    return _missing("arrivals_unsent", measured.unsent, message, measured)


def _missing(code: str, count: int, message: str, measured: Tally) -> tuple[Caveat, ...]:
    """Too many make the whole load another one; fewer still cut off the tail that they would have been."""
    hint = "Use more connections or a lower rate, or read the error-adjusted percentiles, which count them."
    share = count / measured.issued
    if share > 1 - ACHIEVED:
        return (Caveat(code, message, hint, "suspect"),)
    return tuple(
        Caveat(code, f"{message} {spoken(name)} leaves them out.", hint, "suspect", name)
        for name, q in QUANTILES
        if share > 1 - q and supports(q, measured.scheduled.total)
    )


def _absent(evidence: Evidence) -> tuple[Caveat, ...]:
    """In a fan-out, connections that are not open are subscribers that nothing has to reach, and no requests."""
    measured, sockets = evidence.measured, evidence.measured.websocket
    if sockets is None or not sockets.fanout.total:
        return ()
    # Of those still under way at the end nobody knows yet whom they reach.
    published = sockets.sent - (measured.censored - measured.unsent)
    if published <= 0:
        return ()
    asked = evidence.shape.connections
    reached = (sockets.fanout.total + sockets.lost) / published
    if reached >= ACHIEVED * asked:
        return ()
    return (
        Caveat(
            "subscribers_absent",
            f"Publications went to {reached:,.1f} of {asked:,} connections on average; the others were not open.",
            "Look at the samples for why they could not be opened, or use fewer connections.",
            "suspect",
        ),
    )


def _accounting(evidence: Evidence) -> tuple[Caveat, ...]:
    """Little's law holds in a closed loop by construction; where our figures break it, it is they that are wrong."""
    shape, measured = evidence.shape, evidence.measured
    failed = measured.failed + measured.timed_out + measured.censored
    asking = evidence.at_once
    if not isinstance(shape, ClosedLoad) or asking is None or failed or evidence.lost:
        return ()
    off = deviation(
        shape,
        evidence.traffic,
        # Not the service time: what a slow client of ours takes before it writes is a part of the cycle as well.
        measured.scheduled,
        duration_s=evidence.duration_s,
        between_us=evidence.cpu_us_per_request or 0.0,
        at_limit=evidence.at_limit,
        at_once=asking,
    )
    if off is None or off <= LITTLE_LIMIT:
        return ()
    return (
        Caveat(
            "accounting",
            f"Throughput x (latency + think time) is {percent(off)} away from the {asking} {_asking(evidence)} "
            "(Little's law), although nothing failed: our own accounting is in doubt.",
            "Check that the server accepts all connections, and run again.",
            "suspect",
        ),
    )


def _asking(evidence: Evidence) -> str:
    return "connections" if evidence.at_once == evidence.shape.connections else "publishers"


def _ports(evidence: Evidence) -> tuple[Caveat, ...]:
    """Connections that are opened again and again use ports up: each is held for a while after its end."""
    ports = evidence.around.ports
    again = evidence.traffic.opened - evidence.shape.connections
    span_s = max(evidence.health.span_s, evidence.duration_s)
    if ports is None or again <= 0 or span_s <= 0:
        return ()
    rate = again / span_s
    wanted = rate * ports.hold_s
    refused = evidence.measured.errors.get(ErrorKind.LIMIT, 0)
    if wanted <= PORTS_SHARE * ports.count and not refused:
        return ()
    ran_out = f" {refused:,} requests failed because this machine had none left." if refused else ""
    return (
        Caveat(
            "port_churn",
            f"{rate:,.0f} connections a second were opened again; each holds a local port for {ports.hold_s:g} s after "
            f"its end, {wanted:,.0f} of {ports.count:,}.{ran_out}",
            'Keep connections alive, or widen the range: `sysctl -w net.ipv4.ip_local_port_range="1024 65535"` and '
            "`sysctl -w net.ipv4.tcp_tw_reuse=1`.",
            "suspect",
        ),
    )

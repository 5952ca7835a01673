"""Which hosts other than this machine a plan would send traffic to, so that the user is asked once before."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from loadbench_gui.core.plan import Attach, OpenLoad, Plan
from loadbench_gui.deploy.resolve import UNIX_SCHEME
from loadbench_gui.report import words


@dataclass(frozen=True, slots=True)
class Remote:
    """A host elsewhere, and the heaviest load the plan has for it, in words."""

    host: str
    load: str


def remotes(plan: Plan) -> tuple[Remote, ...]:
    """Return the hosts of `plan` that are not this machine's loopback, each once. A Unix socket is always here."""
    urls = (urlsplit(d.source.url) for d in plan.deployments if isinstance(d.source, Attach))
    hosts = (url.hostname or "" for url in urls if url.scheme != UNIX_SCHEME)
    return tuple(Remote(host, _load(plan)) for host in dict.fromkeys(hosts) if not is_loopback(host))


def is_loopback(host: str) -> bool:
    """Whether `host` can only mean this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _load(plan: Plan) -> str:
    rates = [_highest(w.shape) for w in plan.workloads if isinstance(w.shape, OpenLoad)]
    if rates:
        return f"up to {words.rate(max(rates))}"
    return f"as fast as it answers, over {max(w.shape.connections for w in plan.workloads)} connections"


def _highest(shape: OpenLoad) -> float:
    return max([shape.rate_rps, *(stage.rate_rps for stage in shape.stages)])

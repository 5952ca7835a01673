"""Which hosts other than this machine a plan would send traffic to, so that the user is asked once before."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from loadbench_gui.core.plan import Attach, OpenLoad, Plan
from loadbench_gui.deploy.resolve import UNIX_SCHEME
from loadbench_gui.report import words
from loadbench_gui.stats.kinds import kind_of


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
    """Say the heaviest load of the plan; what is counted a second differs between kinds, so it is one workload's."""
    paced = [(_highest(w.shape), kind_of(w).counted) for w in plan.workloads if isinstance(w.shape, OpenLoad)]
    if paced:
        return f"up to {words.rate(*max(paced))}"
    most = max(plan.workloads, key=lambda w: w.shape.connections)
    connections = words.plural(most.shape.connections, "connection")
    return f"as fast as it answers, over {connections}" if kind_of(most).paced else connections


def _highest(shape: OpenLoad) -> float:
    return max([shape.rate_rps, *(stage.rate_rps for stage in shape.stages)])

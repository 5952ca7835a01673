"""In what, besides the declared factor, the deployments differ: what could explain a difference that is not theirs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from loadbench_gui.core.plan import Attach, Deployment, Plan
from loadbench_gui.core.run import Run
from loadbench_gui.core.verdict import Difference

UNKNOWN: Final = "not known"

_MATTERS: Final[dict[str, str]] = {
    "placement": "where it runs",
    "workers": "worker processes",
    "python": "Python",
    "cpus": "CPUs",
    "server": "server",
    "loop": "event loop",
    "parser": "HTTP parser",
    "keep-alive": "keep-alive",
    "compression": "compression",
    "access log": "access log",
    "json encoder": "loaded JSON extension",
    "debug": "debug mode",
    "reload": "reload",
}
"""Facts that change what a request costs, and their names for people."""

_LISTED: Final[dict[str, str]] = {"headers": "response headers", "processes": "processes", "extensions": "extensions"}
"""Facts that are shown, with names for people. They, and any other fact, do not make a comparison unlike."""

_ALIASES: Final[dict[str, str]] = {
    "event loop": "loop", "http parser": "parser", "http": "parser", "keepalive": "keep-alive",
    "keep alive": "keep-alive", "content encoding": "compression", "encoding": "compression",
    "json": "json encoder", "server software": "server", "server header": "server", "accesslog": "access log",
    "worker processes": "workers", "python version": "python",
}  # fmt: skip


def differences(plan: Plan, runs: Sequence[Run]) -> tuple[Difference, ...]:
    """Return every fact on which the deployments differ; those that matter come first.

    A fact that is not known of a deployment is never counted as a difference by itself.
    """
    facts = {d.name: _facts(d, runs) for d in plan.deployments}
    keys = dict.fromkeys((*_MATTERS, *(key for known in facts.values() for key in known)))
    frameworks = {d.framework.lower() for d in plan.deployments} | {"framework"}
    found = [_difference(key, plan.deployments, facts) for key in keys if key not in frameworks]
    return tuple(sorted((d for d in found if d is not None), key=lambda d: not d.matters))


def _difference(
    key: str, deployments: Sequence[Deployment], facts: Mapping[str, Mapping[str, str]]
) -> Difference | None:
    values = tuple((d.name, facts[d.name].get(key, UNKNOWN)) for d in deployments)
    if len({value for _, value in values} - {UNKNOWN}) < 2:
        return None
    deciding = {_deciding(key, d, facts[d.name][key]) for d in deployments if key in facts[d.name]} - {""}
    return Difference((_MATTERS | _LISTED).get(key, key), values, key in _MATTERS and len(deciding) > 1)


def _deciding(key: str, deployment: Deployment, value: str) -> str:
    """Return the part of a fact that decides whether a difference matters, or "" for none of it."""
    match key:
        case "server" if value == "none" or _own_server(deployment, value):
            # A framework that brings its own server is compared with it; the others should share one.
            return ""
        case "python" if "/" in value or "\\" in value:
            # A path of its own is an environment of its own, which is good practice; the version would matter.
            return ""
        case "keep-alive":
            # How long an idle connection is kept does not matter under load; whether it is, does.
            return value.split(" (")[0]
        case _:
            return value


def _own_server(deployment: Deployment, server: str) -> bool:
    return bool(deployment.framework) and server.lower().startswith(deployment.framework.lower())


def _facts(deployment: Deployment, runs: Sequence[Run]) -> dict[str, str]:
    """Gather what is known of a deployment; a fact that changed between its runs shows all its values."""
    seen: dict[str, dict[str, None]] = {}
    seen["placement"] = {"elsewhere" if isinstance(deployment.source, Attach) else "started here": None}
    for run in runs:
        if run.label.deployment != deployment.name or run.launch is None:
            continue
        launch = run.launch
        facts = {_key(key): value for key, value in launch.observed.items()}
        if facts.get("cpus"):
            # How many, not which: the deployments may well be placed on different ones.
            facts["cpus"] = str(len(facts["cpus"].split(",")))
        if isinstance(deployment.source, Attach):
            # Of a server that runs already only what it shows is known, not how it was started.
            own = {}
        else:
            own = {"workers": str(launch.workers), "python": launch.python, "cpus": str(len(launch.cpus) or "")}
        for key, value in (own | facts).items():
            if value:
                seen.setdefault(key, {})[value] = None
    return {key: " / ".join(values) for key, values in seen.items()}


def _key(name: str) -> str:
    plain = name.strip().lower().replace("_", " ")
    return _ALIASES.get(plain, _ALIASES.get(plain.replace("-", " "), plain))

"""Which deployment of a profile a command means."""

from __future__ import annotations

from loadbench_gui.core.plan import Deployment, Plan
from loadbench_gui.errors import UserError


def choose(plan: Plan, name: str | None) -> Deployment:
    """Return the deployment called `name`, or the only one. Raises `UserError` that lists the names."""
    names = ", ".join(d.name for d in plan.deployments)
    if name is None:
        if len(plan.deployments) == 1:
            return plan.deployments[0]
        raise UserError(f"{plan.name!r} has several deployments", f"Name one with --deployment: {names}.")
    for deployment in plan.deployments:
        if deployment.name == name:
            return deployment
    raise UserError(f"{plan.name!r} has no deployment called {name!r}", f"It has: {names}.")

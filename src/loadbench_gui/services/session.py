"""What every run of one command shares, and how its secrets are kept out of everything that is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from loadbench_gui.core.plan import Plan
from loadbench_gui.core.run import LaunchFacts
from loadbench_gui.core.snapshot import SampleExchange
from loadbench_gui.deploy.environment import read_environment
from loadbench_gui.deploy.standing import standing
from loadbench_gui.errors import LoadbenchError
from loadbench_gui.profile.secrets import Secrets, secrets_of
from loadbench_gui.services.abilities import pacing_must_matter
from loadbench_gui.services.calibration.file import calibrated_cost_us
from loadbench_gui.services.events import Emit
from loadbench_gui.services.sizing import must_be_one_worker
from loadbench_gui.store.store import Store


@dataclass(frozen=True, slots=True)
class Session:
    """What every run of one command shares.

    plan: as written, references to secrets unresolved: what is stored and shown. secrets: what they stand for.
    """

    plan: Plan
    store: Store
    emit: Emit
    stop: asyncio.Event
    secrets: Secrets
    environment: Mapping[str, str]
    calibrated_us: float | None = None
    """CPU microseconds that a request costs a worker here, where `loadbench calibrate` has found that out."""
    beside_window: bool = False
    """Whether a window is open that draws what is measured, and does not stand back for it."""

    @classmethod
    async def of(
        cls, plan: Plan, store: Store, emit: Emit, stop: asyncio.Event, *, beside_window: bool = False
    ) -> Session:
        """Read the environment once; where CPUs are few, the window that calls this stands back from now on.

        Raises `UserError` for a secret that is not set, or pacing that does nothing.
        """
        pacing_must_matter(plan)
        for workload in plan.workloads:
            must_be_one_worker(workload, plan.generator)
        secrets = secrets_of(plan)
        environment = await asyncio.to_thread(read_environment)
        calibrated_us = calibrated_cost_us(store.path.parent, environment, plan.generator.client.name)
        # An engine in this process is what measures: it stays where it is.
        in_front = beside_window and not (plan.generator.engine == "workers" and standing.stand_back())
        return cls(plan, store, emit, stop, secrets, environment.as_mapping(), calibrated_us, in_front)

    @property
    def base_dir(self) -> Path:
        """The folder that relative paths of the profile are taken from."""
        return Path(self.plan.base_dir or ".")

    def masked(self, fault: LoadbenchError) -> LoadbenchError:
        """Return the fault with every secret value masked: servers like to print what they were given."""
        return self.secrets.masked(fault)

    def masked_facts(self, facts: LaunchFacts) -> LaunchFacts:
        """Return how a server was started, without the values it was given in secret."""
        return replace(facts, command=tuple(self.secrets.mask(part, literals=False) for part in facts.command))

    def masked_sample(self, sample: SampleExchange) -> SampleExchange:
        """Return a sample exchange without secret values."""
        return replace(
            sample,
            request=self.secrets.mask_request(sample.request),
            response_head=self.secrets.mask_bytes(sample.response_head),
            body_start=self.secrets.mask_bytes(sample.body_start),
        )


def new_id() -> str:
    """Return an identifier that sorts by time and does not repeat: `20261122T124107-3f9a1c`."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid4().hex[:6]}"

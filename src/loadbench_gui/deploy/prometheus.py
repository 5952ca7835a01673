"""Memory and CPU of a server that runs elsewhere, from any Prometheus endpoint: its own, cadvisor's, a proxy's.

Only what is exported is known: resident memory, not the proportional share that a process tree here has.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import httpx
from prometheus_client.parser import text_string_to_metric_families

from loadbench_gui import trust
from loadbench_gui.core.run import TargetSample
from loadbench_gui.deploy.threads import call_on_loop, in_thread
from loadbench_gui.errors import TargetFault

MEMORY = "process_resident_memory_bytes"
CPU = "process_cpu_seconds_total"
OPEN_FILES = "process_open_fds"
PERIOD_S = 1.0
SCRAPE_TIMEOUT_S = 3.0


@dataclass(frozen=True, slots=True)
class MetricNames:
    """What the endpoint calls its figures. Series of the same name (several workers, containers) are added up."""

    memory: str = MEMORY
    cpu: str = CPU


def parse(text: str, names: MetricNames, t_s: float) -> TargetSample | None:
    """Return the figures in an exposition, None when memory or CPU is missing. Raises `ValueError` for other text."""
    values: dict[str, list[float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            values.setdefault(sample.name, []).append(sample.value)
    if names.memory not in values or names.cpu not in values:
        return None
    return TargetSample(
        t_s=t_s,
        rss_bytes=int(sum(values[names.memory])),
        uss_bytes=None,
        pss_bytes=None,
        cpu_s=sum(values[names.cpu]),
        processes=len(values[names.memory]),
        threads=0,
        open_files=int(sum(values[OPEN_FILES])) if OPEN_FILES in values else None,
    )


async def check(url: str, names: MetricNames | None = None) -> None:
    """Scrape once before a run. Raises `TargetFault` saying why the figures cannot be had."""
    names = names or MetricNames()
    try:
        text = await in_thread(lambda: _scrape(url, trust.client_context()))
        found = parse(text, names, 0.0)
    except httpx.HTTPError as error:
        raise TargetFault(
            f"no metrics from {url}: {str(error) or type(error).__name__}", "Check metrics.prometheus in the profile."
        ) from error
    except ValueError as error:
        raise TargetFault(
            f"{url} does not answer in Prometheus' text format: {error}", "Check metrics.prometheus in the profile."
        ) from error
    if found is None:
        raise TargetFault(
            f"{url} exports neither {names.memory} nor {names.cpu}, or only one of them",
            "Both are needed; most client libraries export them on Linux by default.",
        )


def _scrape(url: str, context: ssl.SSLContext) -> str:
    answer = httpx.get(url, timeout=SCRAPE_TIMEOUT_S, follow_redirects=True, verify=context)
    answer.raise_for_status()
    return answer.text


class PrometheusWatcher:
    """Like `watch.Watcher`, from an endpoint: a scrape that fails leaves a gap, because the load goes on."""

    def __init__(
        self,
        url: str,
        origin_ns: Callable[[], int],
        on_sample: Callable[[TargetSample], None],
        *,
        names: MetricNames | None = None,
        period_s: float = PERIOD_S,
    ) -> None:
        self._url = url
        self._origin_ns = origin_ns
        self._on_sample = on_sample
        self._names = names or MetricNames()
        self._period_s = period_s
        self._over = threading.Event()

    def start(self) -> None:
        """Begin with a scrape now. Needs a running loop."""
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._watch, args=(loop,), name="loadbench scraper", daemon=True).start()

    def stop(self) -> None:
        """End without waiting; nothing is delivered after this."""
        self._over.set()

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        due = time.monotonic()
        # Once, not with each scrape: reading the authorities takes CPU time while a load is timed.
        context = trust.client_context()
        while not self._over.is_set():
            taken_ns = time.perf_counter_ns()
            with contextlib.suppress(httpx.HTTPError, ValueError):
                sample = parse(_scrape(self._url, context), self._names, 0.0)
                if sample is not None:
                    call_on_loop(loop, self._deliver, sample, taken_ns)
            # After a slow scrape the next one is a period away: an endpoint in trouble is not pressed.
            due = max(due + self._period_s, time.monotonic())
            self._over.wait(due - time.monotonic())

    def _deliver(self, sample: TargetSample, taken_ns: int) -> None:
        if not self._over.is_set():
            self._on_sample(replace(sample, t_s=(taken_ns - self._origin_ns()) / 1e9))

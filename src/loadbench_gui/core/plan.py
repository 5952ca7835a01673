"""What is to be measured, decided before anything is sent.

A profile becomes a `Plan`; services cut a plan into `Load`s (one workload against one target), and
`core.sharding` cuts a load into `Shard`s. All of it is frozen and picklable: what a worker receives is exactly
what the store records.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Protocol: TypeAlias = Literal["http", "stream", "ws"]
Arrival: TypeAlias = Literal["constant", "poisson"]
WhenBusy: TypeAlias = Literal["queue", "drop"]
EngineName: TypeAlias = Literal["workers", "in-app"]
Pacing: TypeAlias = Literal["auto", "timer", "spin"]
Header: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it is written on the wire; the target supplies host and port."""

    method: str = "GET"
    path: str = "/"
    headers: tuple[Header, ...] = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What counts as success. `None` leaves a part unchecked.

    status: the exact status code; None accepts any below 400.
    body: bytes that the response body must contain.
    json: canonical JSON (`json.dumps(..., sort_keys=True, separators=(",", ":"))`) that the body must equal once
        parsed; checked before the load and on a sample during it, not on every response.
    """

    status: int | None = None
    body: bytes | None = None
    json: str | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """A stretch of an open loop: the rate moves linearly from where it was to `rate_rps` within `duration_s`.

    A step is a stage of zero duration followed by a level one.
    """

    duration_s: float
    rate_rps: float


@dataclass(frozen=True, slots=True)
class ClosedLoad:
    """Each connection sends its next request when the last one is answered."""

    connections: int


@dataclass(frozen=True, slots=True)
class OpenLoad:
    """Requests are due at times that do not depend on the server.

    rate_rps: arrivals per second; with stages, the rate at which the first stage starts.
    queue_limit: arrivals that may wait for a connection; None means rate x timeout. Beyond it they are dropped.
    """

    connections: int
    rate_rps: float
    arrival: Arrival = "constant"
    stages: tuple[Stage, ...] = ()
    when_busy: WhenBusy = "queue"
    queue_limit: int | None = None


LoadShape: TypeAlias = ClosedLoad | OpenLoad


@dataclass(frozen=True, slots=True)
class Target:
    """An address that answers HTTP, already resolved: workers never look names up.

    host: what goes into the Host header and SNI. address: the IP that is connected to.
    """

    scheme: Literal["http", "https"]
    host: str
    port: int
    address: str

    @property
    def authority(self) -> str:
        """The Host header: the port is left out where it is the scheme's default; IPv6 goes into brackets."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        default = 443 if self.scheme == "https" else 80
        return host if self.port == default else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """Scheme and authority, without a path."""
        return f"{self.scheme}://{self.authority}"


@dataclass(frozen=True, slots=True)
class Workload:
    """What is asked of a deployment, and how hard."""

    name: str
    kind: Protocol
    request: Request
    expect: Expectation
    shape: LoadShape
    warmup_s: float = 0.0
    duration_s: float = 10.0
    timeout_s: float = 10.0
    requests_limit: int | None = None


@dataclass(frozen=True, slots=True)
class GeneratorSettings:
    """How traffic is generated on this machine. `cpus` None means: decide from affinity, topology and quota."""

    engine: EngineName = "workers"
    workers: int | None = None
    cpus: tuple[int, ...] | None = None
    pacing: Pacing = "auto"
    client: Literal["fast", "httpx"] = "fast"
    insecure: bool = False


@dataclass(frozen=True, slots=True)
class Load:
    """One workload against one target: the unit that is cut into shards and measured as one run."""

    target: Target
    workload: Workload
    seed: int = 0
    insecure: bool = False
    pacing: Pacing = "auto"


@dataclass(frozen=True, slots=True)
class Shard:
    """Share `index` of `count` of a load: arrivals index, index + count, ... over its own connections.

    connections: how many of the load's connections are this shard's.
    requests_limit: this shard's part of the load's request count, or None.
    interval_s: how often the recorder swaps and emits a snapshot.
    """

    load: Load
    index: int
    count: int
    connections: int
    requests_limit: int | None
    interval_s: float
    cpu: int | None = None


@dataclass(frozen=True, slots=True)
class Ready:
    """How to tell that a launched server answers."""

    path: str = "/"
    timeout_s: float = 20.0


@dataclass(frozen=True, slots=True)
class Stop:
    """How a launched server is asked to end, and how long it may take before its tree is killed."""

    signal: Literal["TERM", "INT"] = "TERM"
    grace_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Launch:
    """A server to be started here.

    command: argument vector with placeholders {python} {host} {port} {workers} {resources} left in.
    cwd: folder to start in, placeholders left in; "" is the profile's own folder.
    python: interpreter for {python}; None means the one loadbench runs on.
    cpus: CPUs to pin to; None means decide.
    """

    command: tuple[str, ...]
    cwd: str = ""
    python: str | None = None
    workers: int = 1
    env: tuple[tuple[str, str], ...] = ()
    ready: Ready = Ready()
    stop: Stop = Stop()
    cpus: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Attach:
    """A server that runs already."""

    url: str
    prometheus_url: str | None = None


@dataclass(frozen=True, slots=True)
class Deployment:
    """A server under test: launched here or attached to. `framework` is the declared factor of the comparison."""

    name: str
    source: Launch | Attach
    framework: str = ""


@dataclass(frozen=True, slots=True)
class Slo:
    """Limits that make a run fail. Latencies are scheduled, in microseconds; `error_rate` is a fraction."""

    p50_us: float | None = None
    p90_us: float | None = None
    p99_us: float | None = None
    p99_9_us: float | None = None
    error_rate: float | None = None
    throughput_rps: float | None = None


@dataclass(frozen=True, slots=True)
class ComparisonSettings:
    """Decided before the first run: the baseline, the primary metric, the number of rounds, the thresholds.

    thresholds: per metric name, the relative difference that matters (delta).
    """

    baseline: str
    primary: str = "p99"
    rounds: int = 10
    thresholds: tuple[tuple[str, float], ...] = (
        ("throughput", 0.05), ("p50", 0.05), ("p90", 0.05), ("p99", 0.10), ("p99_9", 0.10), ("memory", 0.05),
    )  # fmt: skip

    def threshold(self, metric: str) -> float:
        """Return delta for `metric`: its own, else its family's (`service_p99` -> `p99`, `memory_peak` -> `memory`)."""
        table = dict(self.thresholds)
        for name in (metric, metric.removeprefix("service_"), metric.split("_")[0]):
            if name in table:
                return table[name]
        return 0.05


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole profile, validated: nothing in it is looked up again later.

    base_dir: the folder of the profile file; relative paths are taken from it.
    """

    name: str
    deployments: tuple[Deployment, ...]
    workloads: tuple[Workload, ...]
    comparison: ComparisonSettings
    slo: Slo = Slo()
    generator: GeneratorSettings = field(default_factory=GeneratorSettings)
    base_dir: str = ""
    path: str = ""

    def deployment(self, name: str) -> Deployment:
        """Return the deployment called `name`. Raises `KeyError`."""
        return {deployment.name: deployment for deployment in self.deployments}[name]

    def workload(self, name: str) -> Workload:
        """Return the workload called `name`. Raises `KeyError`."""
        return {workload.name: workload for workload in self.workloads}[name]

"""What is to be measured, decided before anything is sent.

A profile becomes a `Plan`; services cut a plan into `Load`s (one workload against one target), and
`core.sharding` cuts a load into `Shard`s. All of it is frozen and picklable: what a worker receives is exactly
what the store records.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias
from urllib.parse import quote

from loadbench_gui.core.request import Expectation, Header, Request
from loadbench_gui.core.shape import Arrival, ClosedLoad, LoadShape, OpenLoad, Stage, Thinking, WhenBusy
from loadbench_gui.core.streaming import StreamKind, StreamSettings
from loadbench_gui.core.websocket import SocketMode, SocketSettings

__all__ = [
    "Arrival", "Attach", "AuthScheme", "Client", "ClientName", "ClosedLoad", "ComparisonSettings", "Deployment",
    "EngineName", "Expectation", "GeneratorSettings", "Header", "Launch", "Load", "LoadShape", "OpenLoad", "Pacing",
    "Plan", "Protocol", "Ready", "Request", "Shard", "Slo", "SocketMode",
    "SocketSettings", "Stage", "Stop", "StreamKind", "StreamSettings", "Target", "Thinking", "Tls", "WhenBusy",
    "WhenLost", "Workload",
]  # fmt: skip

Protocol: TypeAlias = Literal["http", "stream", "ws"]
EngineName: TypeAlias = Literal["workers", "in-app"]
Pacing: TypeAlias = Literal["auto", "timer", "spin"]
ClientName: TypeAlias = Literal["fast", "httpx"]
AuthScheme: TypeAlias = Literal["none", "basic", "digest"]
WhenLost: TypeAlias = Literal["continue", "stop"]


@dataclass(frozen=True, slots=True)
class Target:
    """An address that answers HTTP, already resolved: workers never look names up.

    host: what goes into the Host header and SNI. address: the IP that is connected to; "" where only a proxy knows it.
    unix_path: the socket that is connected to instead of address and port; "" for none.
    lookup_s: how long it took to look the name up; None where there was nothing to look up.
    """

    scheme: Literal["http", "https"]
    host: str
    port: int
    address: str
    unix_path: str = ""
    lookup_s: float | None = field(default=None, compare=False)

    @property
    def authority(self) -> str:
        """The Host header: the port is left out where it is the scheme's default; IPv6 goes into brackets."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        default = 443 if self.scheme == "https" else 80
        return host if self.port == default else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """Scheme and authority, without a path; a Unix socket's path stands percent-encoded in place of the latter."""
        if self.unix_path:
            return f"{self.scheme}+unix://{quote(self.unix_path, safe='')}"
        return f"{self.scheme}://{self.authority}"


@dataclass(frozen=True, slots=True)
class Workload:
    """What is asked of a deployment, and how hard.

    also: further requests that are drawn beside `request`, by their weights.
    data_file: absolute path of a CSV file whose rows `${row:COLUMN}` takes its values from; "" for none.
    stream: of a workload of kind "stream", else None. websocket: of one of kind "ws", else None; `request` is then its
        handshake. The rate of an open load is that of all connections together.
    """

    name: str
    kind: Protocol
    request: Request
    expect: Expectation
    shape: LoadShape
    warmup_s: float = 0.0
    duration_s: float = 10.0
    timeout_s: float = 10.0
    requests_limit: int | None = None
    also: tuple[Request, ...] = ()
    data_file: str = ""
    stream: StreamSettings | None = None
    websocket: SocketSettings | None = None

    @property
    def requests(self) -> tuple[Request, ...]:
        """Every request that may be drawn."""
        return (self.request, *self.also)


@dataclass(frozen=True, slots=True)
class Tls:
    """Whom to trust and who to be. Files are absolute paths in PEM; "" leaves a part at its default.

    ca_file: authorities to trust in place of the system's. cert_file, key_file: the client's own certificate; the key
    may be in the certificate's file. server_name: the name to ask for and to verify, in place of the host's.
    """

    insecure: bool = False
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    server_name: str = ""


@dataclass(frozen=True, slots=True)
class Client:
    """What sends the requests: our own HTTP/1.1 client, or httpx with all that it can do.

    Everything but the name needs httpx. credentials: `user:password`; may hold references to secrets.
    """

    name: ClientName = "fast"
    http2: bool = False
    proxy: str = ""
    redirects: bool = False
    cookies: bool = False
    auth: AuthScheme = "none"
    credentials: str = ""


@dataclass(frozen=True, slots=True)
class GeneratorSettings:
    """How traffic is generated on this machine. `cpus` None means: decide from affinity, topology and quota.

    on_worker_lost: whether the others go on when a worker process dies, or the run ends there and then.
    """

    engine: EngineName = "workers"
    workers: int | None = None
    cpus: tuple[int, ...] | None = None
    pacing: Pacing = "auto"
    client: Client = Client()
    tls: Tls = Tls()
    on_worker_lost: WhenLost = "continue"


@dataclass(frozen=True, slots=True)
class Load:
    """One workload against one target: the unit that is cut into shards and measured as one run."""

    target: Target
    workload: Workload
    seed: int = 0
    tls: Tls = Tls()
    pacing: Pacing = "auto"
    client: Client = Client()


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
    """Limits that make a run fail. Latencies are scheduled, in microseconds; `error_rate` is a fraction.

    Limits on what a workload's protocol does not have (gaps of a plain answer) do not concern it.
    """

    p50_us: float | None = None
    p90_us: float | None = None
    p99_us: float | None = None
    p99_9_us: float | None = None
    error_rate: float | None = None
    throughput_rps: float | None = None
    first_event_p50_us: float | None = None
    gap_p99_us: float | None = None
    rtt_p50_us: float | None = None
    rtt_p99_us: float | None = None
    fanout_p99_us: float | None = None
    fanout_p50_us: float | None = None


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
        """Return delta for `metric`: its own, else its family's (`rtt_p99` -> `p99`, `memory_peak` -> `memory`)."""
        table = dict(self.thresholds)
        for name in (metric, metric.removeprefix("service_"), metric.rpartition("_")[2], metric.split("_")[0]):
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

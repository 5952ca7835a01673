"""Profile schema 1: every key, its type and its default.

The models mirror the file table by table and hold values in the plan's units; what spans several keys is checked
in `references`, on the document itself, so that those problems show beside the field errors.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import ConfigDict, Field

from loadbench_gui.core.plan import (
    Arrival,
    AuthScheme,
    ClientName,
    EngineName,
    Pacing,
    Protocol,
    Thinking,
    WhenBusy,
    WhenLost,
)
from loadbench_gui.profile.event_tables import SocketTable, StreamTable
from loadbench_gui.profile.fields import (
    Body,
    Cpus,
    Credentials,
    FilePath,
    Headers,
    Method,
    Microseconds,
    Name,
    PositiveSeconds,
    ProxyUrl,
    Rate,
    RequestPath,
    Seconds,
    ServerName,
    Share,
    Weight,
    WorkerCount,
)  # fmt: skip
from loadbench_gui.profile.table import Table, key_names

__all__ = [
    "SCHEMA_NUMBER", "SECTIONS", "AlsoTable", "ComparisonTable", "Defaults", "DeploymentTable", "ExpectTable",
    "GeneratorTable", "LoadTable", "MetricName", "MetricsTable", "ProfileTable", "ReadyTable", "RequestTable",
    "SloTable", "SocketTable", "StageTable", "StopTable", "StreamTable", "Table", "WorkloadTable", "key_names",
]  # fmt: skip

SCHEMA_NUMBER = 1

MetricName: TypeAlias = Literal[
    "throughput", "p50", "p90", "p99", "p99_9", "service_p50", "service_p99", "first_event_p50", "gap_p99", "rtt_p50",
    "rtt_p99", "fanout_p50", "fanout_p99", "memory", "memory_peak", "memory_idle", "memory_per_connection",
    "cpu_per_1k", "startup",
]  # fmt: skip


class ReadyTable(Table):
    """How to tell that a launched server answers."""

    path: RequestPath = Field(default="/", description="Path that answers once the server is ready.")
    timeout: PositiveSeconds = Field(default=20.0, description="How long it may take until it does.")


class StopTable(Table):
    """How a launched server is asked to end."""

    signal: Literal["TERM", "INT"] = Field(default="TERM", description="Signal that asks it to end.")
    grace: Seconds = Field(default=10.0, description="How long it may take before its processes are killed.")


class MetricsTable(Table):
    """Where the memory and CPU of a server that runs elsewhere can be read."""

    prometheus: str = Field(description="URL of a Prometheus metrics page.")


class Defaults(Table):
    """Keys that every deployment takes unless it has its own."""

    framework: str | None = Field(default=None, description="What is compared: the declared factor.")
    command: Annotated[list[str], Field(min_length=1)] | None = Field(
        default=None, description="What starts the server, with placeholders."
    )
    cwd: str | None = Field(default=None, description="Folder to start it in.")
    python: str | None = Field(default=None, description='Interpreter for {python}: a path, or "auto" for our own.')
    workers: Annotated[int, Field(ge=1, le=1024)] | None = Field(default=None, description="Server processes.")
    env: dict[str, str] | None = Field(default=None, description="Environment variables to add.")
    ready: ReadyTable | None = Field(default=None, description="How to tell that it answers.")
    stop: StopTable | None = Field(default=None, description="How it is asked to end.")
    cpus: Cpus = Field(default=None, description="CPUs it may run on.")
    metrics: MetricsTable | None = Field(default=None, description="Where to read the memory of a server elsewhere.")


class DeploymentTable(Defaults):
    """A server under test: launched here (`command`) or running already (`url`)."""

    name: Name = Field(description="What it is called on charts and in sentences.")
    url: str | None = Field(default=None, description="Address of a server that runs already.")


class RequestTable(Table):
    """What is sent."""

    method: Method = Field(default="GET", description="HTTP method.")
    path: RequestPath = Field(default="/", description="Path and query.")
    headers: Headers = Field(default=(), description="Headers; a list of texts sends one header several times.")
    body: Body | None = Field(default=None, description="Body as text.")
    json_: object = Field(default=None, alias="json", description="Body as JSON; adds the content type.")
    body_file: FilePath = Field(default="", description="File that is streamed as the body.")
    weight: Weight = Field(default=1.0, description="How often it is drawn, relative to the workload's others.")


class ExpectTable(Table):
    """What counts as a right answer."""

    status: Annotated[int, Field(ge=100, le=599)] | None = Field(default=None, description="Exact status code.")
    body: Body | None = Field(default=None, description="Text that the answer must contain.")
    json_: object = Field(default=None, alias="json", description="JSON that the answer must equal.")
    json_text: str | None = Field(default=None, description="The same as JSON text, where TOML cannot say it (null).")


class AlsoTable(RequestTable):
    """A further request of the same workload, drawn by its weight."""

    expect: ExpectTable | None = Field(default=None, description="What counts as a right answer to this request.")


class StageTable(Table):
    """A stretch of an open load: the rate moves in a straight line to `rate`."""

    duration: Seconds = Field(description="How long the move takes; 0 is a step.")
    rate: Rate = Field(description="Requests per second at its end.")


class LoadTable(Table):
    """How hard the server is asked."""

    model: Literal["open", "closed"] = Field(description="Requests at a rate, or as fast as answers come.")
    connections: Annotated[int, Field(ge=1, le=100_000)] = Field(description="Connections kept open.")
    rate: Rate | None = Field(default=None, description="Requests per second; with stages, at the start.")
    arrival: Arrival = Field(default="constant", description="Evenly spaced or random (Poisson) arrivals.")
    stages: Annotated[list[StageTable], Field(min_length=1)] | None = Field(default=None, description="Ramps, steps.")
    when_busy: WhenBusy = Field(default="queue", description="What happens to a request when no connection is free.")
    queue_limit: Annotated[int, Field(ge=0)] | None = Field(default=None, description="How many may wait.")
    think: Seconds = Field(default=0.0, description="Mean pause between an answer and the next request.")
    thinking: Thinking = Field(default="constant", description="Always that long, or at random.")


class WorkloadTable(Table):
    """One kind of request under one load."""

    name: Name = Field(description="What it is called on charts and in sentences.")
    kind: Protocol = Field(default="http", description="Protocol.")
    request: RequestTable = Field(default_factory=RequestTable, description="What is sent.")
    also: list[AlsoTable] = Field(default=[], description="Further requests that are drawn beside it.")
    stream: StreamTable | None = Field(default=None, description="How the answer is read as a stream.")
    websocket: SocketTable | None = Field(default=None, description="What is done on the WebSockets.")
    data: FilePath = Field(default="", description="CSV file that ${row:COLUMN} takes its values from.")
    expect: ExpectTable = Field(default_factory=ExpectTable, description="What counts as a right answer.")
    load: LoadTable = Field(description="How hard the server is asked.")
    warmup: Seconds = Field(default=0.0, description="Load before measuring starts.")
    duration: PositiveSeconds | None = Field(default=None, description="How long is measured.")
    timeout: PositiveSeconds = Field(default=10.0, description="How long an answer may take, or a stream be silent.")
    requests: Annotated[int, Field(ge=1)] | None = Field(default=None, description="Stop after so many requests.")


class SloTable(Table):
    """Limits that make a run fail."""

    p50: Microseconds | None = Field(default=None, description="Longest acceptable median latency.")
    p90: Microseconds | None = Field(default=None, description="Longest acceptable 90th percentile.")
    p99: Microseconds | None = Field(default=None, description="Longest acceptable 99th percentile.")
    p99_9: Microseconds | None = Field(default=None, description="Longest acceptable 99.9th percentile.")
    first_event_p50: Microseconds | None = Field(default=None, description="Longest median wait for the first event.")
    gap_p99: Microseconds | None = Field(default=None, description="Longest 99th percentile between two events.")
    rtt_p50: Microseconds | None = Field(default=None, description="Longest acceptable median round trip.")
    rtt_p99: Microseconds | None = Field(default=None, description="Longest 99th percentile of round trips.")
    fanout_p50: Microseconds | None = Field(default=None, description="Longest median until a subscriber.")
    fanout_p99: Microseconds | None = Field(default=None, description="Longest 99th percentile until a subscriber.")
    error_rate: Share | None = Field(default=None, description="Largest acceptable part of failed requests.")
    throughput: Rate | None = Field(default=None, description="Smallest acceptable number of answers per second.")


class ComparisonTable(Table):
    """What is decided before the first run."""

    baseline: str | None = Field(default=None, description="Deployment that the others are compared with.")
    primary: MetricName = Field(default="p99", description="Metric that the main sentence is about.")
    rounds: Annotated[int, Field(ge=1, le=1000)] = Field(default=10, description="Runs per deployment and workload.")
    threshold: dict[str, Share] = Field(default={}, description="Relative difference that matters, per metric.")


class GeneratorTable(Table):
    """How traffic is generated on this machine."""

    engine: EngineName = Field(default="workers", description="Where the load comes from.")
    workers: WorkerCount = Field(default=None, description="Processes that generate it.")
    cpus: Cpus = Field(default=None, description="CPUs they may run on.")
    pacing: Pacing = Field(default="auto", description="How the sending moment is met.")
    client: ClientName = Field(default="fast", description="HTTP client: our own, or httpx.")
    http2: bool = Field(default=False, description="Speak HTTP/2 and nothing else (httpx).")
    proxy: ProxyUrl = Field(default="", description="URL of a proxy that everything goes through.")
    redirects: bool = Field(default=False, description="Follow redirects.")
    cookies: bool = Field(default=False, description="Keep the cookies that the server sets.")
    auth: AuthScheme = Field(default="none", description="How to log in.")
    credentials: Credentials = Field(default="", description="user:password, or a reference to a secret.")
    insecure: bool = Field(default=False, description="Accept any TLS certificate.")
    ca_file: FilePath = Field(default="", description="Authorities to trust in place of the system's.")
    cert_file: FilePath = Field(default="", description="Certificate to show to the server.")
    key_file: FilePath = Field(default="", description="Its key, where it is not in the same file.")
    server_name: ServerName = Field(default="", description="Name to ask for and to verify in place of the host's.")
    on_worker_lost: WhenLost = Field(default="continue", description="What happens when a worker process dies.")


class ProfileTable(Table):
    """The whole file."""

    model_config = ConfigDict(title="loadbench profile", extra="forbid", frozen=True, strict=True)

    schema_: Literal[1] = Field(alias="schema", description="Version of the format.")
    name: Name | None = Field(default=None, description="Title of the comparison.")
    defaults: Defaults = Field(default_factory=Defaults, description="Keys for every deployment.")
    deployment: list[DeploymentTable] = Field(min_length=1, description="Servers under test.")
    workload: list[WorkloadTable] = Field(min_length=1, description="What is asked of each of them.")
    slo: SloTable = Field(default_factory=SloTable, description="Limits that make a run fail.")
    comparison: ComparisonTable = Field(
        default_factory=ComparisonTable, description="What is decided before the first run."
    )
    generator: GeneratorTable = Field(default_factory=GeneratorTable, description="How traffic is generated.")


SECTIONS: tuple[tuple[tuple[str, ...], type[Table]], ...] = (
    ((), ProfileTable),
    (("defaults",), Defaults),
    (("defaults", "ready"), ReadyTable),
    (("defaults", "stop"), StopTable),
    (("defaults", "metrics"), MetricsTable),
    (("deployment", "*"), DeploymentTable),
    (("deployment", "*", "ready"), ReadyTable),
    (("deployment", "*", "stop"), StopTable),
    (("deployment", "*", "metrics"), MetricsTable),
    (("workload", "*"), WorkloadTable),
    (("workload", "*", "request"), RequestTable),
    (("workload", "*", "also", "*"), AlsoTable),
    (("workload", "*", "also", "*", "expect"), ExpectTable),
    (("workload", "*", "stream"), StreamTable),
    (("workload", "*", "websocket"), SocketTable),
    (("workload", "*", "expect"), ExpectTable),
    (("workload", "*", "load"), LoadTable),
    (("workload", "*", "load", "stages", "*"), StageTable),
    (("slo",), SloTable),
    (("comparison",), ComparisonTable),
    (("generator",), GeneratorTable),
)
"""Every table of the file and its model; "*" stands for a position in an array."""

"""The options that several commands share, as groups with their defaults, and what each group makes of the plan."""

from __future__ import annotations

from dataclasses import dataclass

from loadbench_gui.cli.common import DataDir, JsonTo, Quiet
from loadbench_gui.cli.options import load, message, sender, tls, values
from loadbench_gui.cli.options.load import shape
from loadbench_gui.core.plan import Client, GeneratorSettings, Tls
from loadbench_gui.core.request import Header, Request
from loadbench_gui.core.shape import LoadShape, Stage

# Typer parses defaults that are texts as it parses what people type, hence the types that do not match.


@dataclass(frozen=True, slots=True)
class Pace:
    """How many at a time, and for how long."""

    connections: load.Connections = "50"  # type: ignore[assignment]
    duration_s: load.Duration = None
    requests: load.Requests = None
    think_s: load.Think = "0s"  # type: ignore[assignment]
    thinking: load.ThinkingTime = "constant"
    warmup_s: load.Warmup = "0s"  # type: ignore[assignment]
    timeout_s: load.Timeout = "10s"  # type: ignore[assignment]

    def length_s(self, stages: list[Stage] | None) -> float:
        """Return the measured seconds. Raises `UserError`."""
        return load.length_s(self.duration_s, self.requests, stages or (), self.warmup_s)


@dataclass(frozen=True, slots=True)
class StreamPace(Pace):
    """The pace of streams: one may last for ever, and be silent for so long."""

    timeout_s: load.Silence = "10s"  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class SocketPace(Pace):
    """The pace of WebSockets."""

    timeout_s: load.Unanswered = "10s"  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class OpenLoop:
    """When requests are due, in an open loop."""

    rate_rps: load.Rate = None
    stages: load.Stages = None
    arrival: load.Arrivals = "constant"
    when_busy: load.WhenAllBusy = "queue"
    queue_limit: load.QueueLimit = None

    def shape(self, pace: Pace) -> LoadShape:
        """Return an open loop where there is a rate or a stage, else a closed one. Raises `UserError`."""
        return shape(
            pace.connections, rate_rps=self.rate_rps, stages=self.stages or (), arrival=self.arrival,
            when_busy=self.when_busy, queue_limit=self.queue_limit, think_s=pace.think_s, thinking=pace.thinking,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class OpenLoopEach:
    """When messages are due on each connection that sends, in an open loop."""

    rate_rps: load.RateEach = None
    stages: load.StagesEach = None
    arrival: load.Arrivals = "constant"

    def shape(self, pace: Pace, senders: int) -> LoadShape:
        """Return the load of all `senders` together. Raises `UserError`."""
        return shape(
            pace.connections, rate_rps=None if self.rate_rps is None else self.rate_rps * senders,
            stages=[Stage(stage.duration_s, stage.rate_rps * senders) for stage in self.stages or ()],
            arrival=self.arrival, when_busy="queue", queue_limit=None, think_s=pace.think_s, thinking=pace.thinking,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Message:
    """What is asked for, over HTTP."""

    method: message.Method = "GET"
    headers: message.Headers = None
    body: message.Body = None
    body_file: message.BodyFile = None
    also: message.Also = None
    data_file: message.DataFile = None
    expect_status: message.ExpectStatus = None

    def first(self, path: str, *, more: tuple[Header, ...] = ()) -> Request:
        """Return the request of the URL; more: headers that are added where none of that name is given.

        Raises `UserError`.
        """
        headers = tuple(map(values.header, self.headers or ()))
        return message.first(self.method, path, headers, self.body, self.body_file or "", more=more)


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom to trust, and who to be."""

    insecure: tls.Insecure = False
    ca_file: tls.CaFile = None
    cert_file: tls.CertFile = None
    key_file: tls.KeyFile = None
    server_name: tls.ServerName = None

    def settings(self) -> Tls:
        """Return the TLS settings."""
        files = (self.ca_file, self.cert_file, self.key_file, self.server_name)
        return Tls(self.insecure, *(given or "" for given in files))


@dataclass(frozen=True, slots=True)
class Login:
    """Whom to log in as, with the header of basic authentication."""

    user: sender.BasicUser = None

    def client(self) -> Client:
        """Return the fast client, which streams and WebSockets are fired with. Raises `UserError`."""
        return sender.client("fast", sender.Abilities(), self.user or "")


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends: processes, their CPUs, their timers."""

    engine: sender.Engine = "workers"
    workers: sender.Workers = "auto"  # type: ignore[assignment]
    cpus: sender.Cpus = "auto"
    pacing: sender.PacedBy = "auto"

    def generator(self, client: Client, trust: Trust) -> GeneratorSettings:
        """Return how traffic is made on this machine. Raises `UserError`."""
        return sender.generator(self.engine, self.workers, self.cpus, self.pacing, client, trust.settings())


@dataclass(frozen=True, slots=True)
class Output:
    """Where results go, and whether words do."""

    json_to: JsonTo = None
    quiet: Quiet = False
    data_dir: DataDir = None

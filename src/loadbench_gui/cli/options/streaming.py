"""How the body of an answer is read as a stream, and what counts as its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final, TypeAlias, cast

import typer

from loadbench_gui.cli.options import values
from loadbench_gui.cli.options.refusing import refuse
from loadbench_gui.core.request import Header
from loadbench_gui.core.streaming import StreamKind, StreamSettings

MOST_EVENTS: Final = 1_000_000_000
EVENT_STREAM: Final[Header] = ("Accept", "text/event-stream")

Kind: TypeAlias = Annotated[
    str,
    typer.Option(
        "--kind", parser=values.one_of("sse", "ndjson", "chunked"), metavar="sse|ndjson|chunked",
        help="What an event is: a server-sent event, a line of JSON, or a piece of the body as the server framed it.",
    ),
]  # fmt: skip
Events: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--events", parser=values.whole(1, MOST_EVENTS), metavar="N", help="A complete stream has so many events."
    ),
]
Until: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--until",
        metavar="TEXT",
        help="The data of the event that ends a complete stream, as in [DONE], or a part of it.",
    ),
]
Content: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--content", metavar="PATH",
        help="Where an event's JSON holds its content, as in choices.0.delta.content; without it, any data is.",
    ),
]  # fmt: skip
Endless: TypeAlias = Annotated[
    bool, typer.Option("--endless", help="Streams do not end by themselves; when the time is over, they are left.")
]
Reconnects: TypeAlias = Annotated[
    int,
    typer.Option(
        "--reconnect", parser=values.whole(0, 1_000), metavar="N",
        help="Take a stream that was cut up again, so many times, with Last-Event-ID.",
    ),
]  # fmt: skip
UploadChunk: TypeAlias = Annotated[
    int,
    typer.Option(
        "--upload-chunk", parser=values.size, metavar="BYTES",
        help="Send the body in chunks of this size (512, '4 KiB'), without saying its length.",
    ),
]  # fmt: skip
UploadEvery: TypeAlias = Annotated[
    float,
    typer.Option("--upload-every", parser=values.duration, metavar="TIME", help="Pause between two of those chunks."),
]


@dataclass(frozen=True, slots=True)
class Streams:
    """What a stream is, and how it ends."""

    kind: Kind = "sse"
    events: Events = None
    until: Until = None
    content: Content = None
    endless: Endless = False
    reconnects: Reconnects = "0"  # type: ignore[assignment] # as typed: see groups
    upload_chunk_bytes: UploadChunk = "0"  # type: ignore[assignment]
    upload_every_s: UploadEvery = "0s"  # type: ignore[assignment]

    def headers(self) -> tuple[Header, ...]:
        """Return what an EventSource would ask with."""
        return (EVENT_STREAM,) if self.kind == "sse" else ()

    def settings(self, *, has_body: bool) -> StreamSettings:
        """Return the settings; has_body: something is uploaded. Raises `UserError` for what does not go together."""
        self._must_matter(has_body=has_body)
        return StreamSettings(
            kind=cast("StreamKind", self.kind),
            events=self.events,
            until=self.until or "",
            content=self.content or "",
            endless=self.endless,
            reconnects=self.reconnects,
            upload_chunk_bytes=self.upload_chunk_bytes,
            upload_every_s=self.upload_every_s,
        )

    def _must_matter(self, *, has_body: bool) -> None:
        refuse(
            {"--events": self.endless and self.events is not None, "--until": self.endless and bool(self.until)},
            "says how a stream ends, and --endless that it does not", "Leave one of the two out.",
        )  # fmt: skip
        refuse(
            {"--content": bool(self.content) and self.kind == "chunked"},
            "looks into the JSON of an event, and a piece of a body need not be any",
            "Choose --kind sse or --kind ndjson, or leave it out.",
        )
        refuse(
            {"--upload-every": self.upload_every_s > 0 and not self.upload_chunk_bytes},
            "is the pause between chunks, and there is no --upload-chunk", "Add for example --upload-chunk '4 KiB'.",
        )  # fmt: skip
        refuse(
            {"--upload-chunk": self.upload_chunk_bytes > 0 and not has_body},
            "cuts a body up, and there is none", "Give one with --body or --body-file.",
        )  # fmt: skip
        refuse({"--until": self.until == ""}, "names no text", "Write what ends a stream, as in --until '[DONE]'.")


def must_end(streams: Streams, requests: int | None, duration_s: float | None) -> None:
    """Raise `UserError` for a number of streams that could never be reached."""
    refuse(
        {"-n": streams.endless and requests is not None and duration_s is None},
        "waits for streams to end, and with --endless none does", "Say how long to measure: -d 30s.",
    )  # fmt: skip

"""Profile schema 1, the tables of a workload that is no plain HTTP: streams of events and WebSockets."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from loadbench_gui.core.streaming import StreamKind
from loadbench_gui.core.websocket import SocketMode
from loadbench_gui.profile.fields import Body, ContentPath, PositiveSeconds, Seconds, Size, Subprotocols, Text
from loadbench_gui.profile.table import Table


class StreamTable(Table):
    """How the body of an answer is read as a stream of events."""

    kind: StreamKind = Field(description="What an event is: a chunk, a server-sent event, or a line of JSON.")
    events: Annotated[int, Field(ge=1)] | None = Field(default=None, description="How many a complete stream has.")
    until: Text | None = Field(default=None, description="Data of the event that ends the stream.")
    content: ContentPath = Field(default="", description="Where an event's JSON holds its content.")
    endless: bool = Field(default=False, description="It does not end by itself, and is left when the load ends.")
    reconnects: Annotated[int, Field(ge=0, le=1000)] = Field(
        default=0, description="How often a stream that was cut is taken up again."
    )
    upload_chunk: Size = Field(default=0, description="The request's body is sent in chunks of this size.")
    upload_every: Seconds = Field(default=0.0, description="Pause between two of those chunks.")


class SocketTable(Table):
    """What is done on the WebSockets of a load."""

    mode: SocketMode = Field(description="Messages come back, are pushed, go to everybody; or nothing is sent.")
    message: Body | None = Field(default=None, description="What is sent, in a fan-out after an identifier.")
    size: Size = Field(default=32, description="Bytes of a message that is made up instead.")
    binary: bool = Field(default=False, description="As a binary message, not as text.")
    fragments: Annotated[int, Field(ge=1, le=10_000)] = Field(
        default=1, description="How many frames a message is cut into."
    )
    compress: bool = Field(default=False, description="Offer compression (permessage-deflate).")
    subprotocols: Subprotocols = Field(default=(), description="Subprotocols to offer, the preferred one first.")
    hello: Body | None = Field(default=None, description="What is sent once on each connection when it is open.")
    ping_every: PositiveSeconds | None = Field(default=None, description="Each connection is pinged this often.")
    publishers: Annotated[int, Field(ge=1)] = Field(default=1, description="Fan-out: how many connections publish.")

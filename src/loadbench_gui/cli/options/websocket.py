"""What is done on the WebSockets of a load: which messages, by whom, and what else keeps them busy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final, TypeAlias, cast

import typer

from loadbench_gui.cli.options import values
from loadbench_gui.cli.options.groups import OpenLoopEach, SocketPace
from loadbench_gui.cli.options.refusing import refuse
from loadbench_gui.core.plan import GeneratorSettings
from loadbench_gui.core.request import Header
from loadbench_gui.core.shape import LoadShape
from loadbench_gui.core.template.syntax import marks
from loadbench_gui.core.websocket import SocketMode, SocketSettings
from loadbench_gui.errors import UserError
from loadbench_gui.profile.secrets import check_references, is_reference

SIZE_BYTES: Final = 32
SMALLEST_PUBLICATION_BYTES: Final = 16
"""What the identifier of a publication takes: without it nobody knows which one came."""
OF_THE_HANDSHAKE: Final = ("upgrade", "connection", "sec-websocket-")
SILENT: Final = ("push", "hold")
"""Modes in which we send no messages."""

Mode: TypeAlias = Annotated[
    str,
    typer.Option(
        "--mode", parser=values.one_of("echo", "push", "fanout", "hold"), metavar="echo|push|fanout|hold",
        help="Each message comes back; the server sends; what one publishes comes to all; or connections are held.",
    ),
]  # fmt: skip
Size: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--size", parser=values.size, metavar="BYTES",
        help=f"Make messages of this size up (0 to 64 MiB, as in '4 KiB'); without it {SIZE_BYTES}. Those of 16 bytes "
        "or more (8 where binary) carry an identifier; a connection has one shorter one under way at a time.",
    ),
]  # fmt: skip
MessageText: TypeAlias = Annotated[
    bytes | None,
    typer.Option(
        "--message", parser=values.body, metavar="TEXT|@FILE",
        help="Send exactly this, so without an identifier: one at a time on each connection, and a late echo ends the "
        "connection; in a fan-out an identifier stands in front of it.",
    ),
]  # fmt: skip
Binary: TypeAlias = Annotated[bool, typer.Option("--binary", help="Send binary messages, not text.")]
Fragments: TypeAlias = Annotated[
    int,
    typer.Option(
        "--fragments", parser=values.whole(1, 10_000), metavar="N", help="Cut each message into so many frames."
    ),
]
Compress: TypeAlias = Annotated[bool, typer.Option("--compress", help="Offer compression (permessage-deflate).")]
Subprotocols: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--subprotocol", parser=values.token, metavar="NAME", help="Offer this subprotocol; repeat it, best first."
    ),
]
Hello: TypeAlias = Annotated[
    bytes | None,
    typer.Option(
        "--hello", parser=values.body, metavar="TEXT|@FILE",
        help="Send this once on each connection as soon as it is open, as to subscribe.",
    ),
]  # fmt: skip
PingEvery: TypeAlias = Annotated[
    float | None,
    typer.Option(
        "--ping-every", parser=values.positive_duration, metavar="TIME",
        help="Ping each connection this often, time the pongs, and count those that do not come within --timeout: a "
        "connection that is held has failed then.",
    ),
]  # fmt: skip
Publishers: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--publishers", parser=values.whole(1), metavar="N",
        help="With --mode fanout: how many connections publish; 1 without it.",
    ),
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Messages:
    """What is sent over the WebSockets."""

    mode: Mode = "echo"
    size_bytes: Size = None
    message: MessageText = None
    binary: Binary = False
    fragments: Fragments = "1"  # type: ignore[assignment] # as typed: see groups
    compress: Compress = False
    subprotocols: Subprotocols = None
    hello: Hello = None
    ping_every_s: PingEvery = None
    publishers: Publishers = None

    def settings(self) -> SocketSettings:
        """Return the settings. Raises `UserError` for what does not go together."""
        self._must_matter()
        self._must_be_sendable()
        return SocketSettings(
            mode=cast("SocketMode", self.mode),
            message=self.message or b"",
            size_bytes=SIZE_BYTES if self.size_bytes is None else self.size_bytes,
            binary=self.binary,
            fragments=self.fragments,
            compress=self.compress,
            subprotocols=tuple(self.subprotocols or ()),
            hello=self.hello or b"",
            ping_every_s=self.ping_every_s or 0.0,
            publishers=self.publishers or 1,
        )

    def shape(self, pace: SocketPace, loop: OpenLoopEach) -> LoadShape:
        """Return the load of all connections together. Raises `UserError`."""
        self._must_be_paced(pace, loop)
        return loop.shape(pace, (self.publishers or 1) if self.mode == "fanout" else pace.connections)

    def _must_matter(self) -> None:
        given = {
            "--size": self.size_bytes is not None, "--message": self.message is not None, "--binary": self.binary,
            "--fragments": self.fragments > 1,
        }  # fmt: skip
        said = self.hello is not None
        refuse(
            {option: is_given and self.mode in SILENT and not (option == "--binary" and said)
             for option, is_given in given.items()},
            f"is about messages of ours, and with --mode {self.mode} none is sent",
            "Leave it out, or choose --mode echo or --mode fanout.",
        )  # fmt: skip
        refuse(
            {"--size": self.size_bytes is not None and self.message is not None},
            "says how long a message we make up, and --message gives one", "Leave one of the two out.",
        )  # fmt: skip
        refuse(
            {"--publishers": self.publishers is not None and self.mode != "fanout"},
            "says how many publish, and that is for --mode fanout", "Leave it out, or choose --mode fanout.",
        )  # fmt: skip
        refuse(
            {"--subprotocol": len(set(self.subprotocols or ())) < len(self.subprotocols or ())},
            "names the same one twice", "Leave one of them out.",
        )  # fmt: skip

    def _must_be_sendable(self) -> None:
        refuse(
            {"--message": self.message == b"", "--hello": self.hello == b""},
            "is empty", "For empty messages write --size 0; to send nothing, leave it out.",
        )  # fmt: skip
        for option, data in (("--message", self.message), ("--hello", self.hello)):
            _must_mean_something(option, _latin(data))
        length = len(self.message) if self.message else SIZE_BYTES if self.size_bytes is None else self.size_bytes
        refuse(
            {"--fragments": self.fragments > max(1, length)},
            f"asks for {self.fragments} frames, and {length} bytes cannot be cut into as many",
            f"Write --fragments {max(1, length)} or less, or give a longer message.",
        )
        too_small = self.size_bytes is not None and self.size_bytes < SMALLEST_PUBLICATION_BYTES
        refuse(
            {"--size": self.mode == "fanout" and too_small},
            f"is below {SMALLEST_PUBLICATION_BYTES} bytes, and each publication carries an identifier of that length",
            f"Write --size {SMALLEST_PUBLICATION_BYTES} or more.",
        )
        if not self.binary:
            refuse(
                {"--message": not _is_text(self.message), "--hello": not _is_text(self.hello)},
                "is no text in UTF-8, and only that goes into a text message", "Add --binary.",
            )  # fmt: skip

    def _must_be_paced(self, pace: SocketPace, loop: OpenLoopEach) -> None:
        if self.mode in SILENT:
            ours = {"-r": loop.rate_rps is not None, "--stage": bool(loop.stages), "-n": pace.requests is not None,
                    "--think": pace.think_s > 0, "--arrival": loop.arrival != "constant"}  # fmt: skip
            why = "the server decides when to send" if self.mode == "push" else "connections are only held"
            hint = "Leave it out, and say with -d how long; -c says how many connections."
            refuse(ours, f"means nothing with --mode {self.mode}: {why}", hint)
        refuse(
            {"--think": self.mode == "fanout" and pace.think_s > 0},
            "means nothing with --mode fanout: a publisher goes on as soon as all have its last publication",
            "Leave it out, or give a --rate.",
        )
        if self.mode == "fanout" and (self.publishers or 1) > pace.connections:
            raise UserError(
                f"--publishers {self.publishers} is more than the {pace.connections} connections there are",
                f"Publishers are connections too: write -c {self.publishers} or more.",
            )


def handshake_headers(given: list[str] | None) -> tuple[Header, ...]:
    """Return the headers of the handshake, beside its own. Raises `UserError` for those."""
    headers = tuple(map(values.header, given or ()))
    for name, _ in headers:
        if name.casefold().startswith(OF_THE_HANDSHAKE):
            raise UserError(
                f"the header {name} belongs to the handshake of a WebSocket, and is worked out",
                "Leave it out; there are --subprotocol and --compress for what can be chosen.",
            )
    return headers


def one_clock(messages: Messages, generator: GeneratorSettings) -> None:
    """Raise `UserError` for a fan-out from several processes."""
    refuse(
        {"-w": messages.mode == "fanout" and (generator.workers or 1) > 1},
        "asks for several processes, and a fan-out is timed by the clock of one", "Write -w 1, or leave it out.",
    )  # fmt: skip


def _must_mean_something(option: str, text: str) -> None:
    """Raise `UserError` for what looks like a placeholder, of which messages have none, or a secret nobody resolves."""
    for mark in marks(text):
        if not is_reference(mark):
            refuse(
                {option: True}, f"holds {mark.text}, and messages are sent the same each time",
                f"For the text itself write ${mark.text}.",
            )  # fmt: skip
    # As a profile is checked, where the key has the option's name.
    for wrong in check_references({option.removeprefix("--"): text}):
        raise UserError(f"{option} holds a secret: {wrong.message}", wrong.hint)


def _latin(data: bytes | None) -> str:
    """Return the bytes as characters, one each: what looks like a placeholder is ASCII."""
    return (data or b"").decode("latin-1")


def _is_text(data: bytes | None) -> bool:
    try:
        (data or b"").decode()
    except UnicodeDecodeError:
        return False
    return True

"""The answer to the request under way: what has come of it, whether it is whole, and whether it is right.

One object serves all the answers of a connection, one after the other. llhttp reads them; the few cases in which it
cannot say where an answer ends are decided here.
"""

from __future__ import annotations

from typing import Final, cast

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.engine.transport.check import LONGEST_BODY
from loadbench_gui.engine.transport.circuit import Circuit
from loadbench_gui.engine.transport.framing import codings, final_head, is_framed, says_close

LONGEST_HEAD: Final = 64 << 10
"""Heads beyond this (interim responses included) are a protocol error; servers stop at 8 to 32 KiB."""
_VERSION: Final = b"HTTP/1."


class Malformed(Exception):
    """The bytes that came are not one HTTP/1.1 answer."""


class _Sink:
    """What the parser calls when bodies are looked at; `Reply` itself has no `on_body`, which saves the copies."""

    def __init__(self, reply: Reply) -> None:
        self.on_message_begin = reply.on_message_begin
        self.on_headers_complete = reply.on_headers_complete
        self.on_message_complete = reply.on_message_complete
        self.on_body = reply.take_body


class Reply:
    """Bytes in by `feed`, until it says that the answer is complete; `reset` makes it ready for the next one.

    reads: how many reads it has come in. first_ns: when its first byte was read. status: 0 until the head is there.
    query: the request that it answers. keep: whether the connection can carry another request after it.
    continued: the server has said `100 Continue`.
    """

    __slots__ = (
        "_body",
        "_body_size",
        "_circuit",
        "_complete",
        "_had_interim",
        "_head",
        "_head_done",
        "_head_size",
        "_parser",
        "_unlike",
        "continued",
        "first_ns",
        "keep",
        "query",
        "reads",
        "status",
    )

    def __init__(self, circuit: Circuit) -> None:
        self._circuit = circuit
        self.query = circuit.queries[0]
        self._parser: HttpResponseParser | None = None
        self.reset()

    def reset(self) -> None:
        """Forget the answer; the parser stands at the start of the next."""
        self._head: list[bytes] = []
        self._head_size = self._body_size = self.reads = self.status = self.first_ns = 0
        self._head_done = self._had_interim = self.continued = self._complete = self._unlike = False
        self.keep = True
        self._body: bytearray | None = None

    def forget(self) -> None:
        """Forget the parser too, which holds on to this object."""
        self._parser = None
        self.reset()

    @property
    def head(self) -> bytes:
        """What has come of it until its head was complete: the beginning of a body may follow."""
        return b"".join(self._head)

    @property
    def is_checked(self) -> bool:
        """Whether its body was looked at, or never is."""
        return self._body is not None or not self.query.check.looks_inside

    def feed(self, data: bytes, now_ns: int, *, is_first: bool) -> bool:
        """Take bytes in and return whether the answer is complete now. Raises `Malformed`.

        is_first: no other was completed on this connection; its body is looked at where samples of bodies are.
        """
        self.reads += 1
        if self.reads == 1:
            self.first_ns = now_ns
            self._body = self._wants_body(is_first=is_first)
        reads_head = not self._head_done
        if reads_head:
            self._head.append(data)
            self._head_size += len(data)
        if self._parser is None:
            self._parser = HttpResponseParser(_Sink(self) if self._circuit.looks_inside else self)
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as problem:
            raise Malformed from problem
        if self._unlike or (reads_head and self._head_is_wrong()):
            raise Malformed
        if self._complete and self.query.bodiless:
            self._end_with_head()
        return self._complete

    def end(self) -> bool:
        """Return whether the end of the connection completes the answer: it does where nothing else delimits it."""
        if not self._head_done or self._complete or is_framed(final_head(self._head)[0]):
            return False
        self._complete = True
        self.keep = False
        return True

    def judge(self) -> ErrorKind | None:
        """Return what is wrong with the complete answer, or None."""
        check = self.query.check
        if check.status_is_wrong(self.status):
            return ErrorKind.BAD_STATUS
        if self._body is None or self.query.bodiless:
            return None
        wrong = check.body_is_wrong(bytes(self._body), codings(final_head(self._head)[0]))
        return ErrorKind.BAD_BODY if wrong else None

    # The parser's calls

    def on_message_begin(self) -> None:
        """Notice a second response where one was asked for."""
        self._unlike = self._unlike or self._complete

    def on_headers_complete(self) -> None:
        """Read the status; the body is yet to come unless the request was a HEAD."""
        parser = cast("HttpResponseParser", self._parser)
        status = parser.get_status_code()
        if status < 200 or self._complete:
            self._had_interim = True
            self.continued = self.continued or status == 100
            # Nobody asked for another protocol, and below 100 there is no status (RFC 9110, section 15).
            self._unlike = self._unlike or status == 101 or status < 100
            return
        self.status = status
        self._head_done = True
        self.keep = parser.should_keep_alive()
        if self.query.bodiless:
            self._complete = True

    def on_message_complete(self) -> None:
        """Note the end; interim responses do not count."""
        if self._head_done:
            self._complete = True
            # Once more: the trailer of a chunked body may end the connection as well.
            self.keep = self.keep and cast("HttpResponseParser", self._parser).should_keep_alive()

    def take_body(self, data: bytes) -> None:
        """Keep a piece of a body that is to be checked."""
        if self._body is not None and not self.query.bodiless and self._body_size < LONGEST_BODY:
            self._body += data
            self._body_size += len(data)

    # Inside

    def _wants_body(self, *, is_first: bool) -> bytearray | None:
        query = self.query
        if query.check.reads_body:
            return bytearray()
        if query.check.samples_body and (query.sample_due or is_first):
            query.sample_due = False
            return bytearray()
        return None

    def _head_is_wrong(self) -> bool:
        """Whether the head is too long, or its end is here and it is one of the other protocols that llhttp reads.

        The answer must not depend on how the bytes were cut into reads, so what lies behind the head does not count.
        """
        if not self._head_done:
            return self._head_size > LONGEST_HEAD
        if self._head_size <= LONGEST_HEAD and not self._had_interim and self._head[0].startswith(_VERSION):
            return False
        head, rest = final_head(self._head)
        return self._head_size - len(rest) > LONGEST_HEAD or not head.startswith(_VERSION)

    def _end_with_head(self) -> None:
        """A response to HEAD is over with its head. llhttp waits for the body that is announced: start it afresh."""
        self._parser = None
        head, rest = final_head(self._head)
        self.keep = self.keep or (head.startswith(b"HTTP/1.1") and not says_close(head))
        # Empty lines after a message are passed over, as the parser does.
        if rest.strip(b"\r\n"):
            raise Malformed

"""A server that writes prepared bytes as fast as they are taken: server-sent events, one stream a request.

    event_server.py plain|chunks|each|single [--events 20000] [--cpu N]

plain: the body's length is announced. chunks: 32 events in each chunk. each: every event is a chunk of its own, as web
frameworks write it. single: the same, and every chunk is a write of its own, to one connection after the other. One
thread, one epoll loop. It prints its port, then, for every line on its standard input, how many events have left it; it
ends with it.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import select
import socket
import sys
from bisect import bisect_right
from itertools import accumulate

PIECE = 256 << 10
PER_CHUNK = {"chunks": 32, "each": 1, "single": 1}


def prepared(form: str, events: int) -> tuple[bytes, list[int]]:
    """Return a whole answer, and how far each write of it goes."""
    made = [b'data: {"index": %d, "message": "Hello, World!"}\n\n' % index for index in range(events)]
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
    if form == "plain":
        return cut(head + b"Content-Length: %d\r\n\r\n" % sum(map(len, made)) + b"".join(made))
    size = PER_CHUNK[form]
    chunks = [b"".join(made[at : at + size]) for at in range(0, events, size)]
    framed = [b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks]
    head += b"Transfer-Encoding: chunked\r\n\r\n"
    answer = head + b"".join(framed) + b"0\r\n\r\n"
    if form != "single":
        return cut(answer)
    return answer, [*accumulate(map(len, framed), initial=len(head)), len(answer)]


def cut(answer: bytes) -> tuple[bytes, list[int]]:
    """Return it with writes as long as a socket takes at once."""
    return answer, [*range(PIECE, len(answer), PIECE), len(answer)]


class Server:
    """The loop. Every connection is somewhere in the same answer."""

    def __init__(self, answer: bytes, ends: list[int], events: int) -> None:
        self._answer, self._ends, self._events = memoryview(answer), ends, events
        self._whole = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self._listener.setblocking(False)
        self._epoll = select.epoll()
        self._epoll.register(self._listener.fileno(), select.EPOLLIN)
        self._epoll.register(sys.stdin.fileno(), select.EPOLLIN)
        self._clients: dict[int, socket.socket] = {}
        self._at: dict[int, int] = {}

    @property
    def port(self) -> int:
        """Where it listens on 127.0.0.1."""
        return int(self._listener.getsockname()[1])

    @property
    def left(self) -> int:
        """How many events have left: of streams under way by their share of the bytes."""
        under_way = sum(self._at.values()) * self._events // len(self._answer)
        return self._whole * self._events + under_way

    def serve(self) -> None:
        """Write until standard input ends."""
        stdin, listener = sys.stdin.fileno(), self._listener.fileno()
        while True:
            for fd, event in self._epoll.poll():
                if fd == listener:
                    self._accept()
                elif fd == stdin:
                    if not (asked := os.read(stdin, 4096)):
                        return
                    print(f"{self.left}\n" * asked.count(b"\n"), end="", flush=True)
                elif event & ~select.EPOLLOUT:
                    self._read(fd)
                else:
                    self._write(fd)

    def _accept(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                client = self._listener.accept()[0]
                client.setblocking(False)
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._clients[client.fileno()] = client
                self._epoll.register(client.fileno(), select.EPOLLIN)

    def _read(self, fd: int) -> None:
        try:
            data = self._clients[fd].recv(65_536)
        except OSError:
            data = b""
        if data:
            self._at[fd] = 0
            self._epoll.modify(fd, select.EPOLLIN | select.EPOLLOUT)
        else:
            self._forget(fd)

    def _write(self, fd: int) -> None:
        at = self._at[fd]
        try:
            at += self._clients[fd].send(self._answer[at : self._ends[bisect_right(self._ends, at)]])
        except BlockingIOError:
            return
        except OSError:
            self._forget(fd)
            return
        self._at[fd] = at
        if at == len(self._answer):
            self._whole += 1
            del self._at[fd]
            self._epoll.modify(fd, select.EPOLLIN)

    def _forget(self, fd: int) -> None:
        self._at.pop(fd, None)
        self._clients.pop(fd).close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("form", choices=("plain", "chunks", "each", "single"))
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--cpu", type=int)
    asked = parser.parse_args()
    if asked.cpu is not None:
        os.sched_setaffinity(0, {asked.cpu})
    server = Server(*prepared(asked.form, asked.events), asked.events)
    print(server.port, flush=True)
    gc.disable()
    server.serve()


if __name__ == "__main__":
    main()

"""A server that knows the truth: it draws each answer's delay from a known distribution and logs what really happened.

Its log has, for every request, when its bytes were there to be read and when its answer was written, in nanoseconds of
the machine's monotonic clock. One thread, one epoll loop, nothing imported that could pause it; it spins through the
last millisecond before an answer is due, so that delays are right to microseconds.

    truth_server.py LOG [--delay constant:5] [--seed 1] [--stall AT:LENGTH] [--cpu N]

It prints its port, ends when its standard input does, and writes LOG (numpy's .npz). --stall: so many seconds after
the first request it stands still for so many seconds: it sleeps, reads nothing, answers nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import heapq
import os
import select
import socket
import sys
import time
from array import array
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter_ns

import numpy as np

BODY = b'{"message":"Hello, World!"}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY)
DRAWN = 1 << 17
SPIN_NS = 2_000_000
"""Before an answer is due, epoll must not sleep any more: its waits are whole milliseconds and may end late."""


def delays_ns(text: str, seed: int) -> list[int]:
    """Draw delays: `instant`, `constant:MS`, `exponential:MS`, `lognormal:MS:SIGMA`, `bimodal:MS:MS:SHARE`.

    MS is the mean, but for bimodal: first and second delay, and the share of the second.
    """
    kind, *words = text.split(":")
    number = [float(word) for word in words]
    rng = np.random.default_rng(seed)
    match kind:
        case "instant":
            ms = np.zeros(DRAWN)
        case "constant":
            ms = np.full(DRAWN, number[0])
        case "exponential":
            ms = rng.exponential(number[0], DRAWN)
        case "lognormal":
            ms = rng.lognormal(np.log(number[0]) - number[1] ** 2 / 2, number[1], DRAWN)
        case "bimodal":
            ms = np.where(rng.random(DRAWN) < number[2], number[1], number[0])
        case _:
            sys.exit(f"there is no distribution {kind!r}")
    drawn: list[int] = np.rint(ms * 1e6).astype(np.int64).tolist()
    return drawn


@dataclass
class Log:
    """What happened. Ports tell connections apart; times are perf_counter_ns."""

    port: array[int] = field(default_factory=lambda: array("q"))
    arrived_ns: array[int] = field(default_factory=lambda: array("q"))
    written_ns: array[int] = field(default_factory=lambda: array("q"))
    stall_ns: tuple[int, int] = (0, 0)

    def save(self, path: str) -> None:
        """Write it whole: to a file beside it first, so that nobody reads half of it."""
        port, arrived_ns, written_ns = (np.array(column, np.int64) for column in self._columns)
        part = Path(path + ".part")
        with part.open("wb") as out:
            np.savez(out, port=port, arrived_ns=arrived_ns, written_ns=written_ns, stall_ns=np.array(self.stall_ns))
        part.replace(path)

    @property
    def _columns(self) -> tuple[array[int], ...]:
        return self.port, self.arrived_ns, self.written_ns


class Server:
    """The loop. stall_s: (when after the first request, how long), or None."""

    def __init__(self, delays: list[int], stall_s: tuple[float, float] | None) -> None:
        self.log = Log()
        self._delays, self._stall_s = delays, stall_s
        self._stall_at_ns: int | None = None
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self._listener.setblocking(False)
        self._epoll = select.epoll()
        self._epoll.register(self._listener.fileno(), select.EPOLLIN)
        self._epoll.register(sys.stdin.fileno(), select.EPOLLIN)
        self._clients: dict[int, tuple[socket.socket, int]] = {}
        self._rest: dict[int, bytes] = {}
        self._waiting: list[tuple[int, int, int, int]] = []
        self._drawn = 0

    @property
    def port(self) -> int:
        """Where it listens on 127.0.0.1."""
        return int(self._listener.getsockname()[1])

    def serve(self) -> None:
        """Answer until standard input ends."""
        stdin, listener = sys.stdin.fileno(), self._listener.fileno()
        while True:
            events = self._epoll.poll(self._timeout_s())
            now_ns = perf_counter_ns()
            for fd, _ in events:
                if fd == listener:
                    self._accept()
                elif fd == stdin:
                    if not os.read(stdin, 4096):
                        return
                else:
                    self._read(fd, now_ns)
            if self._waiting:
                self._answer_due()
            if self._stall_at_ns is not None and perf_counter_ns() >= self._stall_at_ns:
                self._stand_still()

    def _timeout_s(self) -> float | None:
        """How long epoll may wait: never into the last stretch before something is due."""
        due_ns = self._waiting[0][0] if self._waiting else None
        if self._stall_at_ns is not None:
            due_ns = self._stall_at_ns if due_ns is None else min(due_ns, self._stall_at_ns)
        if due_ns is None:
            return None
        return max(0, (due_ns - perf_counter_ns() - SPIN_NS) // 1_000_000) / 1e3

    def _accept(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                client, address = self._listener.accept()
                client.setblocking(False)
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._clients[client.fileno()] = client, address[1]
                self._epoll.register(client.fileno(), select.EPOLLIN)

    def _read(self, fd: int, now_ns: int) -> None:
        """Take up what is there; its arrival is the moment at which epoll told of it."""
        client, _ = self._clients[fd]
        try:
            data = client.recv(65_536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._forget(fd)
            return
        if fd in self._rest:
            data = self._rest.pop(fd) + data
        requests = data.count(b"\r\n\r\n")
        if not data.endswith(b"\r\n\r\n"):
            self._rest[fd] = data.rpartition(b"\r\n\r\n")[2]
        for _ in range(requests):
            self._take(fd, now_ns)

    def _take(self, fd: int, now_ns: int) -> None:
        if self._stall_s is not None and not self._drawn:
            self._stall_at_ns = now_ns + round(self._stall_s[0] * 1e9)
        delay_ns = self._delays[self._drawn % DRAWN]
        self._drawn += 1
        if delay_ns:
            heapq.heappush(self._waiting, (now_ns + delay_ns, self._drawn, fd, now_ns))
        else:
            self._answer(fd, now_ns)

    def _answer_due(self) -> None:
        waiting = self._waiting
        while waiting and waiting[0][0] <= perf_counter_ns():
            _, _, fd, arrived_ns = heapq.heappop(waiting)
            self._answer(fd, arrived_ns)

    def _answer(self, fd: int, arrived_ns: int) -> None:
        if (known := self._clients.get(fd)) is None:
            return
        try:
            known[0].send(ANSWER)
        except OSError:
            self._forget(fd)
            return
        log = self.log
        log.written_ns.append(perf_counter_ns())
        log.arrived_ns.append(arrived_ns)
        log.port.append(known[1])

    def _stand_still(self) -> None:
        assert self._stall_s is not None
        begin_ns = perf_counter_ns()
        end_ns = begin_ns + round(self._stall_s[1] * 1e9)
        while (left_ns := end_ns - perf_counter_ns()) > 0:
            time.sleep(left_ns / 1e9)
        self.log.stall_ns = begin_ns, perf_counter_ns()
        self._stall_at_ns = None

    def _forget(self, fd: int) -> None:
        client, _ = self._clients.pop(fd)
        self._rest.pop(fd, None)
        client.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("log")
    parser.add_argument("--delay", default="instant")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--stall")
    parser.add_argument("--cpu", type=int)
    asked = parser.parse_args()
    if asked.cpu is not None:
        os.sched_setaffinity(0, {asked.cpu})
    stall = tuple(float(part) for part in asked.stall.split(":")) if asked.stall else None
    server = Server(delays_ns(asked.delay, asked.seed), (stall[0], stall[1]) if stall else None)
    print(server.port, flush=True)
    gc.collect()
    gc.freeze()
    gc.disable()
    server.serve()
    server.log.save(asked.log)


if __name__ == "__main__":
    main()

"""A server that knows the truth: it draws each answer's delay from a known distribution and logs what really happened.

Its log has, for every request, when its bytes were there to be read and when its answer was written. It spins through
the last milliseconds before an answer is due, so that delays are right to microseconds.

    python -m benchmarks.programs.truth_server LOG [--delay constant:5] [--seed 1] [--stall AT:LENGTH] [--cpu N]

--stall: so many seconds after the first request it stands still for so many seconds: it sleeps, reads nothing, answers
nothing. What else such servers do: `witnessing`.
"""

from __future__ import annotations

import argparse
import heapq
import time
from collections.abc import Iterator, Mapping
from time import perf_counter_ns
from typing import Any

from benchmarks.programs.drawn import delays_ns
from benchmarks.programs.witnessing import Client, Rows, Sockets, run

BODY = b'{"message":"Hello, World!"}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY)
END = b"\r\n\r\n"


class Server:
    """The loop. stall_s: (when after the first request, how long), or None."""

    def __init__(self, delays: Iterator[int], stall_s: tuple[float, float] | None) -> None:
        self._delays, self._stall_s = delays, stall_s
        self._sockets = Sockets(Client)
        self._rows = Rows(3)
        self._waiting: list[tuple[int, int, int, int]] = []
        self._taken = 0
        self._stall_at_ns: int | None = None
        self._stall_ns = (0, 0)

    @property
    def port(self) -> int:
        """Where it listens on 127.0.0.1."""
        return self._sockets.port

    def log(self) -> Mapping[str, Any]:
        """Return ports, arrivals and answers as rows, and when it stood still."""
        return {"rows": self._rows.arrays(), "stall_ns": self._stall_ns}

    def serve(self) -> None:
        """Answer until standard input ends."""
        while (ready := self._sockets.wait(self._next_ns())) is not None:
            for fd in ready:
                self._read(fd)
            while self._waiting and self._waiting[0][0] <= perf_counter_ns():
                _, _, fd, arrived_ns = heapq.heappop(self._waiting)
                self._answer(fd, arrived_ns)
            if self._stall_at_ns is not None and perf_counter_ns() >= self._stall_at_ns:
                self._stand_still()

    def _next_ns(self) -> int | None:
        """When something is due next."""
        due_ns = self._waiting[0][0] if self._waiting else None
        known = [at_ns for at_ns in (due_ns, self._stall_at_ns) if at_ns is not None]
        return min(known, default=None)

    def _read(self, fd: int) -> None:
        """Take up what is there; its arrival is the moment at which epoll told of it."""
        if (client := self._sockets.read(fd)) is None:
            return
        requests = client.rest.count(END)
        client.rest = client.rest.rpartition(END)[2]
        for _ in range(requests):
            self._take(fd, self._sockets.now_ns)

    def _take(self, fd: int, now_ns: int) -> None:
        if self._stall_s is not None and not self._taken:
            self._stall_at_ns = now_ns + round(self._stall_s[0] * 1e9)
        self._taken += 1
        if delay_ns := next(self._delays):
            heapq.heappush(self._waiting, (now_ns + delay_ns, self._taken, fd, now_ns))
        else:
            self._answer(fd, now_ns)

    def _answer(self, fd: int, arrived_ns: int) -> None:
        if (client := self._sockets.clients.get(fd)) is not None and self._sockets.send(fd, ANSWER):
            self._rows.add(client.port, arrived_ns, perf_counter_ns())

    def _stand_still(self) -> None:
        assert self._stall_s is not None
        begin_ns = perf_counter_ns()
        end_ns = begin_ns + round(self._stall_s[1] * 1e9)
        while (left_ns := end_ns - perf_counter_ns()) > 0:
            time.sleep(left_ns / 1e9)
        self._stall_ns = begin_ns, perf_counter_ns()
        self._stall_at_ns = None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("log")
    parser.add_argument("--delay", default="instant")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--stall")
    parser.add_argument("--cpu", type=int)
    asked = parser.parse_args()
    stall = tuple(float(part) for part in asked.stall.split(":")) if asked.stall else None
    run(Server(delays_ns(asked.delay, asked.seed), (stall[0], stall[1]) if stall else None), asked.log, asked.cpu)


if __name__ == "__main__":
    main()

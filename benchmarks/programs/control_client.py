"""The bare control: sends on schedule, stamps, and does nothing else. What it sees is what can be seen from outside.

    control_client.py PORT --rate 1000 --seconds 10 --connections 64

Blocking neither on sockets nor on timers: it spins, on a core of its own. Requests go out at absolute times, over the
connection that was free longest. It prints JSON: quantiles of both latencies in microseconds, and the count.
"""

from __future__ import annotations

import argparse
import gc
import json
import select
import socket
import sys
from collections import deque
from time import perf_counter_ns

import numpy as np

REQUEST = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
LEAD_NS = 50_000_000
PATIENCE_NS = 10_000_000_000


def fire(port: int, rate: float, seconds: float, connections: int) -> tuple[list[int], list[int]]:
    """Return service and scheduled latencies in nanoseconds. An answer is over when its last byte is there."""
    sockets = {s.fileno(): s for s in (socket.create_connection(("127.0.0.1", port)) for _ in range(connections))}
    epoll = select.epoll()
    for fd, s in sockets.items():
        s.setblocking(False)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        epoll.register(fd, select.EPOLLIN)
    free, total = deque(sockets), round(rate * seconds)
    flying: dict[int, tuple[int, int]] = {}
    service: list[int] = []
    scheduled: list[int] = []
    step_ns, sent, start_ns = 1e9 / rate, 0, perf_counter_ns() + LEAD_NS
    end_ns = start_ns + round(seconds * 1e9) + PATIENCE_NS
    while sent < total or flying:
        now_ns = perf_counter_ns()
        while sent < total and free and start_ns + round(sent * step_ns) <= now_ns:
            fd = free.popleft()
            flying[fd] = start_ns + round(sent * step_ns), perf_counter_ns()
            sockets[fd].send(REQUEST)
            sent += 1
        for fd, _ in epoll.poll(0):
            data = sockets[fd].recv(65_536)
            if not data:
                sys.exit("the server closed a connection")
            if data.endswith(b"}"):
                now_ns = perf_counter_ns()
                due_ns, sent_ns = flying.pop(fd)
                service.append(now_ns - sent_ns)
                scheduled.append(now_ns - due_ns)
                free.append(fd)
        if now_ns > end_ns:
            sys.exit(f"{len(flying)} requests were never answered")
    return service, scheduled


def quantiles(values_ns: list[int]) -> dict[str, float]:
    """Return p50, p90, p99 and p99.9 in microseconds."""
    names = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p99_9": 0.999}
    return {name: float(np.quantile(values_ns, q, method="inverted_cdf")) / 1e3 for name, q in names.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("port", type=int)
    parser.add_argument("--rate", type=float, default=1000.0)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--connections", type=int, default=64)
    asked = parser.parse_args()
    gc.disable()
    service, scheduled = fire(asked.port, asked.rate, asked.seconds, asked.connections)
    print(json.dumps({"count": len(service), "service": quantiles(service), "scheduled": quantiles(scheduled)}))


if __name__ == "__main__":
    main()

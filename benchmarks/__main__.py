"""Measures loadbench, side by side with what people would use instead, and writes RESULTS.md: `make bench`.

http    requests a second and CPU a request, against seven other generators
hotpath where the CPU of a request goes, by the kernel's samples
truth   quantiles against the server's own log, delays drawn from known distributions
stall   a server that freezes for a second: does the scheduled latency say what arithmetic says?
memory  the worker's memory over ten million requests
streams server-sent events a second, and gaps beside a server that draws and logs them
websockets  echo round trips beside other clients, held connections, planted faults, three frameworks on fan-out
window  throughput and p99 with the window open and charting, against headless
pacing  CPU and dispatch lag of the kernel timer and of spinning

    python -m benchmarks [SECTION...] [--quick] [--only wrk,k6] [--no-write]

A part (--quick, --only) is printed and not written: the file holds whole sections.
"""

from __future__ import annotations

import importlib
import sys
import time
from typing import cast

from benchmarks import document, machine
from benchmarks.options import Options, options, parser

ORDER = ("http", "hotpath", "truth", "stall", "pacing", "memory", "streams", "websockets", "window")


def measure(name: str, asked: Options) -> document.Section:
    """Run one section; its module is called as it is."""
    module = importlib.import_module(f"benchmarks.sections.{name}")
    return cast("document.Section", module.measure(asked))


def main() -> None:
    parsed = parser(ORDER, __doc__).parse_args()
    if unknown := [name for name in parsed.section if name not in ORDER]:
        sys.exit(f"there is no section {', '.join(unknown)}: {', '.join(ORDER)}")
    asked = options(parsed)
    machine.prepare()
    for name in parsed.section or ORDER:
        start_s = time.monotonic()
        section = measure(name, asked)
        print(f"\n{section.text()}\n({name} took {time.monotonic() - start_s:.0f} s)\n", flush=True)
        if parsed.no_write or asked.partial:
            print("RESULTS.md was left alone.", flush=True)
        else:
            document.write(section, ORDER)


if __name__ == "__main__":
    main()

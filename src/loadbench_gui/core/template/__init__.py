"""Requests that differ from one to the next: `/users/${counter}`, a name from a CSV file, one of several requests.

Who calls what:

- engine: `RequestSource(workload, target, seed, index, count, inputs)`, one per shard, and its `next()` for every
  request that goes out as bytes. `rendered(...)` gives the same sequence as `Request` values for a client that writes
  the bytes itself. `inputs` is what `engine.inputs.read_inputs(workload)` read from the disk: nothing here does I/O.
- services (`probe`): `first_requests(workload, read_inputs(workload))` before anything is sent. It raises every
  `UserError` that the workers would raise, and its requests are concrete: `deploy.verify` sends one as it is.
- profile: `syntax` alone, to point at what is wrong while nothing runs yet.

What is drawn for the load's n-th request depends on the seed and n alone, so shards agree without talking.
"""

from __future__ import annotations

from loadbench_gui.core.template.head import basic_auth, encode
from loadbench_gui.core.template.inputs import NO_INPUTS, Inputs, Rows
from loadbench_gui.core.template.source import Compiled, RequestSource, first_requests, rendered
from loadbench_gui.core.template.syntax import KNOWN, TemplateError, escape

__all__ = [
    "KNOWN", "NO_INPUTS", "Compiled", "Inputs", "RequestSource", "Rows", "TemplateError", "basic_auth", "encode",
    "escape", "first_requests", "rendered",
]  # fmt: skip

"""Plausible measured values for tests, drawn from seeded random latencies: no test invents a run field by field.

`make_run` and `make_comparison` give complete, consistent values (counts add up, intervals sum to the run); keyword
arguments change what a test is about. Import as `from builders import make_comparison`.
"""

from builders.comparisons import FAILED_GATE, GATES, make_comparison, make_schedule, make_verdict, value_of
from builders.events import make_socket_run, make_socket_workload, make_stream_run, make_stream_workload
from builders.runs import (
    ARMS,
    MIB,
    OPEN,
    Arm,
    make_interval,
    make_latencies,
    make_launch,
    make_run,
    make_sample,
    make_tally,
    make_target,
    make_target_samples,
    make_workload,
    round_up,
)

__all__ = [
    "ARMS",
    "FAILED_GATE",
    "GATES",
    "MIB",
    "OPEN",
    "Arm",
    "make_comparison",
    "make_interval",
    "make_latencies",
    "make_launch",
    "make_run",
    "make_sample",
    "make_schedule",
    "make_socket_run",
    "make_socket_workload",
    "make_stream_run",
    "make_stream_workload",
    "make_tally",
    "make_target",
    "make_target_samples",
    "make_verdict",
    "make_workload",
    "round_up",
    "value_of",
]

"""What `http`, `stream` and `ws` do once their options are understood: one workload at an address."""

from __future__ import annotations

from loadbench_gui.cli.measuring import measure_one
from loadbench_gui.cli.options.groups import Output
from loadbench_gui.cli.session import Terminal, run_async
from loadbench_gui.core.plan import Attach, ComparisonSettings, Deployment, GeneratorSettings, Plan, Workload


def fire(output: Output, base: str, workload: Workload, generator: GeneratorSettings, remark: str = "") -> int:
    """Measure one workload, nothing sent but the load; return the exit code.

    base: scheme://authority. remark: said before.
    """
    terminal = Terminal(output.json_to, output.quiet, output.data_dir)
    if remark:
        terminal.remark(remark)
    deployment = Deployment(base, Attach(base))
    plan = Plan(base, (deployment,), (workload,), ComparisonSettings(base), generator=generator)
    return run_async(
        lambda interrupts: measure_one(terminal, interrupts, plan, deployment, (workload,), check_answer=False)
    )

"""The machine's own books over the measured window: opened when it begins, closed when it ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set

from loadbench_gui.core.lifecycle import RunEvent
from loadbench_gui.services.cpu_time import CpuTime, read_cpu_times, steal_fraction


class WindowWatch:
    """Stands between a load and whoever hears its states; `state` takes each and passes it on.

    cpus: those that server and generator run on; None: any.
    """

    def __init__(self, cpus: Set[int] | None, on_state: Callable[[RunEvent], None]) -> None:
        self._cpus = cpus
        self._on_state = on_state
        self._before: Mapping[int, CpuTime] = {}
        self._after: Mapping[int, CpuTime] = {}

    def state(self, event: RunEvent) -> None:
        """Take a state and pass it on."""
        if event is RunEvent.WARM:
            self._before = read_cpu_times()
        elif event is RunEvent.WINDOW_END:
            self._after = read_cpu_times()
        self._on_state(event)

    def steal_fraction(self) -> float | None:
        """Return what the hypervisor took of the CPU that lost most; a run cut short is read now."""
        return steal_fraction(self._before, self._after or read_cpu_times(), self._cpus)

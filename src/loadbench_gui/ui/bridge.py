"""Between the services and the pages: events go into the model as they come, pages are told on one timer.

However fast events arrive, nothing is drawn more often than the timer says; while the window is hidden, nothing is.
"""

from __future__ import annotations

import os
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from loadbench_gui.core.plan import Plan
from loadbench_gui.services.events import ComparisonEnded, Event
from loadbench_gui.ui.models.live import LiveModel

FULL_HZ: Final = 10
SPARING_HZ: Final = 2
"""With fewer CPUs drawing competes with server and generator: it would show in the figures."""
ROOMY_CPUS: Final = 3


def available_cpus() -> int:
    """Return how many CPUs this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def default_hz(cpus: int) -> int:
    """Return how often charts are drawn during a measured run on a machine with `cpus` CPUs."""
    return FULL_HZ if cpus >= ROOMY_CPUS else SPARING_HZ


class Bridge(QObject):
    """Owns the model and the one timer."""

    tick = Signal()
    """Draw everything as it is now: a comparison begins or ends, or somebody asked."""
    beat = Signal()
    """Something has changed, or the clock has moved on: draw it when there is time."""
    ended = Signal(object)
    """A `ComparisonEnded`."""

    def __init__(self, model: LiveModel, hz: int) -> None:
        super().__init__()
        self.model = model
        self._drawn_version = -1
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._on_timer)
        self.set_hz(hz)

    @property
    def hz(self) -> int:
        """How often pages are told."""
        return self._hz

    @property
    def running(self) -> bool:
        """Whether a comparison is on."""
        return self._timer.isActive()

    def set_hz(self, hz: int) -> None:
        """Draw this often a second at most."""
        self._hz = hz
        self._timer.setInterval(1000 // hz)

    def start(self, plan: Plan | None = None) -> None:
        """Begin a comparison, of `plan` where that is known: forget the last one and let the timer run."""
        self.model.reset(plan)
        self._timer.start()
        self.flush()

    def stop(self, why: str = "") -> None:
        """End it: draw what came last, say why there is no verdict where there is none, and let the timer rest."""
        self._timer.stop()
        self.model.close(why)
        self.flush()

    def receive(self, event: Event) -> None:
        """Take one event; this is the `emit` that services are given."""
        self.model.receive(event)
        if isinstance(event, ComparisonEnded):
            self.ended.emit(event)

    def flush(self) -> None:
        """Tell the pages now."""
        self._drawn_version = self.model.version
        self.tick.emit()

    def _on_timer(self) -> None:
        # Time left and the current segment move without events, so pages are told on every tick of a running model.
        if self.model.version != self._drawn_version or self.model.active:
            self._drawn_version = self.model.version
            self.beat.emit()

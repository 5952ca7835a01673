"""A wake-up at an absolute nanosecond: event-loop timers are a millisecond coarse, the kernel's are not.

On Linux a timerfd on CLOCK_MONOTONIC, which is what `perf_counter_ns` reads; Python 3.11 has no binding, hence
ctypes. Elsewhere the loop's own timer, with a short spin where it fires early. Never early, as late as the
system makes it.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import sys
from collections.abc import Callable
from time import perf_counter_ns
from typing import Final, Protocol

_CLOCK_MONOTONIC: Final = 1
_TFD_TIMER_ABSTIME: Final = 1
_COARSE_NS: Final = 1_500_000
_IDLE_TURN_NS: Final = 10_000
"""A turn of the loop that takes longer than this did something else as well."""
LONGEST_LEAD_NS: Final = 100_000
"""Longer than a sleeping processor takes to wake up; at 1,000 wake-ups a second, a tenth of one."""


class _Timespec(ctypes.Structure):
    _fields_ = (("sec", ctypes.c_long), ("nsec", ctypes.c_long))


class _Itimerspec(ctypes.Structure):
    _fields_ = (("interval", _Timespec), ("value", _Timespec))


class Alarm(Protocol):
    """Calls back once at the nanosecond it was set to; setting it again replaces what was set."""

    def set(self, at_ns: int) -> None:
        """Call back at `at_ns` (perf_counter_ns), or at once if that has passed."""

    def close(self) -> None:
        """Never call back again."""

    @property
    def spun_ns(self) -> int:
        """Time spent looking at the clock so far, when there was nothing else to do."""


class KernelAlarm:
    """An `Alarm` on a Linux timerfd. Raises `OSError` where the kernel has none to give.

    lead_ns: how long before its moment it wakes up, to look at the clock once per turn of the loop. Waking takes a
    sleeping processor some tens of microseconds, and that is what this hides.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, ring: Callable[[], None], lead_ns: int = 0) -> None:
        self._loop = loop
        self._ring = ring
        self._lead_ns = lead_ns
        self._at_ns = self._looked_ns = 0
        self._looking: asyncio.Handle | None = None
        self.spun_ns = 0
        libc = ctypes.CDLL(None, use_errno=True)
        self._settime = libc.timerfd_settime
        self._settime.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
        self._fd: int = libc.timerfd_create(_CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        self._spec = _Itimerspec()
        self._value = self._spec.value
        self._pointer = ctypes.addressof(self._spec)
        loop.add_reader(self._fd, self._fired)

    def set(self, at_ns: int) -> None:
        """Call back at `at_ns`. Setting clears what has expired, so the descriptor need not be read as well."""
        self._at_ns = at_ns
        self._value.sec, self._value.nsec = divmod(at_ns - self._lead_ns, 1_000_000_000)
        self._settime(self._fd, _TFD_TIMER_ABSTIME, self._pointer, None)

    def close(self) -> None:
        """Stop listening and give the descriptor back."""
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None
        if self._fd >= 0:
            self._loop.remove_reader(self._fd)
            os.close(self._fd)
            self._fd = -1

    def _fired(self) -> None:
        try:
            os.read(self._fd, 8)
        except BlockingIOError:
            return  # set again since it expired
        self._looked_ns = perf_counter_ns()
        if self._looking is None:
            self._look()

    def _look(self) -> None:
        self._looking = None
        now = perf_counter_ns()
        left_ns = self._at_ns - now
        if left_ns <= 0:
            self._ring()
        elif left_ns <= self._lead_ns:  # else set to later meanwhile: the timer will call
            self.spun_ns += min(now - self._looked_ns, _IDLE_TURN_NS)
            self._looked_ns = now
            self._looking = self._loop.call_soon(self._look)


class LoopAlarm:
    """An `Alarm` on the loop's timer; what it is short of at the end is spun away."""

    def __init__(self, loop: asyncio.AbstractEventLoop, ring: Callable[[], None]) -> None:
        self._loop = loop
        self._ring = ring
        self._at_ns = 0
        self._handle: asyncio.Handle | None = None
        self.spun_ns = 0

    def set(self, at_ns: int) -> None:
        """Call back at `at_ns`."""
        self.close()
        self._at_ns = at_ns
        self._handle = self._loop.call_soon(self._wait)

    def close(self) -> None:
        """Forget what was set."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _wait(self) -> None:
        left_ns = self._at_ns - perf_counter_ns()
        if left_ns <= 0:
            self._handle = None
            self._ring()
        elif left_ns < _COARSE_NS:
            self._handle = self._loop.call_soon(self._wait)
        else:
            self._handle = self._loop.call_later((left_ns - _COARSE_NS) / 1e9, self._wait)


def lead_ns(rate_hz: float) -> int:
    """Return how long before its moment to wake up and look at the clock: at most a quarter of the gap between two."""
    return min(LONGEST_LEAD_NS, round(0.25e9 / rate_hz)) if rate_hz > 0 else 0


def alarm(loop: asyncio.AbstractEventLoop, ring: Callable[[], None], lead_ns: int = 0) -> Alarm:
    """Return the finest `Alarm` this system and loop offer; lead_ns as in `KernelAlarm`."""
    if sys.platform == "linux":
        try:
            return KernelAlarm(loop, ring, lead_ns)
        except (OSError, AttributeError, NotImplementedError):
            pass
    return LoopAlarm(loop, ring)

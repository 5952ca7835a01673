"""The tally of one population of requests while it is being gathered: dense builders in, a frozen `Tally` out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from loadbench_gui.core.histogram import Histogram, HistogramBuilder
from loadbench_gui.core.snapshot import TIMEOUT_KINDS, ErrorKind, Tally

Ints = NDArray[np.int64]


def to_us(ns: Ints) -> Ints:
    """Round nanoseconds to whole microseconds."""
    return (ns + 500) // 1000


class Population:
    """Counts of either the measured or the other requests since the last `take`. All times come in nanoseconds."""

    def __init__(self) -> None:
        self._service = HistogramBuilder()
        self._scheduled = HistogramBuilder()
        self._lag = HistogramBuilder()
        self._wait = HistogramBuilder()
        self._first = HistogramBuilder()
        self._download = HistogramBuilder()
        self._censored = HistogramBuilder()
        self._touched = False
        # What both clocks read the same is added once and shared out when the tally is taken: a closed loop has no
        # schedule, and a response that came in one read has its first and last byte at the same moment.
        self._everywhere = HistogramBuilder()
        self._undelayed = 0
        self._status_codes: dict[int, int] = {}
        self._errors: dict[ErrorKind, int] = {}
        self._succeeded = self._failed = self._timed_out = self._dropped = self._cut_off = self._unsent = 0
        self._issued = 0
        self.ended = 0

    def add_direct(self, service_ns: Ints) -> None:
        """Count successes of a closed loop that came in one read: every clock but the lags is the service time."""
        count = len(service_ns)
        self._touched = True
        self._everywhere.add(to_us(service_ns))
        self._undelayed += count
        self._succeed(count)

    def add(self, due: Ints, taken: Ints, sent: Ints, first: Ints, last: Ints, answered: Ints | None = None) -> None:
        """Count successes by all five stamps. answered: what the latency ends with where that is not the last byte."""
        answered = last if answered is None else answered
        self._touched = True
        self._service.add(to_us(answered - sent))
        self._scheduled.add(to_us(answered - due))
        self._first.add(to_us(first - sent))
        self._download.add(to_us(last - first))
        self._add_lags(due, taken, sent)
        self._succeed(len(due))

    def succeed(self, count: int) -> None:
        """Count successes that have no latency."""
        self._touched = True
        self._succeed(count)

    def add_status(self, status: int, count: int) -> None:
        """Count `count` answers with `status`; 0: where answers have none."""
        self._touched = True
        if status:
            self._status_codes[status] = self._status_codes.get(status, 0) + count

    def fail(self, kind: ErrorKind, status: int) -> None:
        """Count one request that ended without success. status: 0 where none was read."""
        self._touched = True
        self._errors[kind] = self._errors.get(kind, 0) + 1
        if kind in TIMEOUT_KINDS:
            self._timed_out += 1
        else:
            self._failed += 1
        self.ended += 1
        if status:
            self._status_codes[status] = self._status_codes.get(status, 0) + 1

    def add_lags_of_failed(self, due: Ints, taken: Ints, sent: Ints) -> None:
        """Count how long requests that failed waited on our side. `sent` 0: never written, so no connection wait."""
        self._touched = True
        self._lag.add(to_us(taken - due))
        written = sent > 0
        self._wait.add(to_us(sent[written] - taken[written]))

    def drop(self, count: int) -> None:
        """Count arrivals that found neither a connection nor room to wait."""
        self._touched = True
        self._dropped += count
        self.ended += count

    def censor(self, waited_ns: list[int], *, sent: bool) -> None:
        """Count requests that we stopped waiting for, `waited_ns` after they were due. sent: they were written."""
        self._touched = True
        self._censored.add(to_us(np.array(waited_ns, np.int64)))
        self._cut_off += len(waited_ns)
        self._unsent += 0 if sent else len(waited_ns)
        self.ended += len(waited_ns)

    def issue(self, count: int) -> None:
        """Count `count` requests that were drawn."""
        self._touched = self._touched or count > 0
        self._issued += count

    def take(self) -> Tally:
        """Return what has gathered since the last call."""
        if not self._touched:
            return Tally()
        everywhere = self._everywhere.take()
        undelayed = Histogram(np.zeros(1, np.int64), np.array([self._undelayed], np.int64))
        direct = undelayed if self._undelayed else Histogram()
        tally = Tally(
            service=self._service.take() + everywhere,
            scheduled=self._scheduled.take() + everywhere,
            dispatch_lag=self._lag.take() + direct,
            connection_wait=self._wait.take() + direct,
            first_byte=self._first.take() + everywhere,
            download=self._download.take() + direct,
            censored_at=self._censored.take(),
            issued=self._issued,
            succeeded=self._succeeded,
            failed=self._failed,
            timed_out=self._timed_out,
            censored=self._cut_off,
            dropped=self._dropped,
            unsent=self._unsent,
            errors=self._errors,
            status_codes=self._status_codes,
        )
        self._reset_counts()
        return tally

    def _succeed(self, count: int) -> None:
        self._succeeded += count
        self.ended += count

    def _add_lags(self, due: Ints, taken: Ints, sent: Ints) -> None:
        self._lag.add(to_us(taken - due))
        self._wait.add(to_us(sent - taken))

    def _reset_counts(self) -> None:
        self._touched = False
        self._undelayed = 0
        self._status_codes, self._errors = {}, {}
        self._succeeded = self._failed = self._timed_out = self._dropped = self._cut_off = self._unsent = 0
        self._issued = 0

"""What a load of one protocol records beside its requests: the events of streams, the messages of WebSockets."""

from __future__ import annotations

from typing import Protocol

from loadbench_gui.core.snapshot import Tally


class Side(Protocol):
    """Appended to by connections, folded in slices and taken at each swap, like the recorder that it belongs to."""

    def rebase(self, begin_ns: int, end_ns: int, start_ns: int = 0) -> None:
        """Set the measured window, once the common start is known. start_ns: when that is; nothing is before."""

    def stop(self, end_ns: int) -> None:
        """End the window earlier, for what comes. Requests belong to when they were due, by the window as planned."""

    def fold_some(self) -> bool:
        """Fold one slice; return whether there is more to fold."""

    def fold_all(self) -> None:
        """Fold what there is."""

    def attach(self, measured: Tally, others: Tally) -> tuple[Tally, Tally]:
        """Return both with what has gathered since the last call; call `fold_all` first."""

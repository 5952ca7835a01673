"""What a load of one protocol records beside its requests: the events of streams, the messages of WebSockets."""

from __future__ import annotations

from typing import Protocol

from loadbench_gui.core.snapshot import Tally


class Side(Protocol):
    """Appended to by connections, folded in slices and taken at each swap, like the recorder that it belongs to."""

    def rebase(self, begin_ns: int, end_ns: int) -> None:
        """Set the measured window, once the common start is known."""

    def fold_some(self) -> bool:
        """Fold one slice; return whether there is more to fold."""

    def fold_all(self) -> None:
        """Fold what there is."""

    def attach(self, measured: Tally, others: Tally) -> tuple[Tally, Tally]:
        """Return both with what has gathered since the last call; call `fold_all` first."""

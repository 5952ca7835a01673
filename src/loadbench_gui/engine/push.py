"""Listening: the server sends when it likes, and each message is a request that succeeded as it came."""

from __future__ import annotations

from typing import cast

from loadbench_gui.core.plan import Shard
from loadbench_gui.engine.assembly import Assembly
from loadbench_gui.engine.recorder import Recorder
from loadbench_gui.engine.transport.circuit import Circuit
from loadbench_gui.engine.transport.websocket.push import Listener


class PushIssuer(Assembly):
    """Counts what its connections do not: those that could not be opened, and those that were lost."""

    def __init__(self, shard: Shard, circuit: Circuit, recorder: Recorder) -> None:
        super().__init__(shard, circuit, recorder)
        self._gather()
        self._has_ended = False

    @property
    def idle(self) -> bool:
        """Whether the messages are counted, and no pong is waited for."""
        return self._has_ended and not any(member.waits_since_ns for member in self._members())

    def conclude(self, now_ns: int) -> None:
        """What was leapt over and has not come by now is lost."""
        if not self._has_ended:
            self._has_ended = True
            self._stop_pinging()
            for connection in self.connections:
                cast("Listener", connection).conclude(now_ns)

    def give_up(self, now_ns: int) -> None:
        """Nothing is waited for."""
        self.conclude(now_ns)

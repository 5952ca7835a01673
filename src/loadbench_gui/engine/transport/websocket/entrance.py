"""The way to an open WebSocket: dialled, then upgraded, by one task that ends with it."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from dataclasses import replace
from time import perf_counter_ns

from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.engine.transport.carrier import Cargo, Owner
from loadbench_gui.engine.transport.line import Line
from loadbench_gui.engine.transport.query import Query
from loadbench_gui.engine.transport.supply import Payload
from loadbench_gui.engine.transport.websocket.kit import Kit
from loadbench_gui.engine.transport.websocket.upgrade import Acceptance, Refusal, Upgrade


class _Answer:
    """What is waited for while the handshake is under way."""

    __slots__ = ("arrived", "upgrade")

    def __init__(self, upgrade: Upgrade, arrived: asyncio.Future[None]) -> None:
        self.upgrade = upgrade
        self.arrived = arrived


class Entrance(Line):
    """A connection until it is a WebSocket, and what its owner knows of it: the `carrier.Carrier` in it."""

    __slots__ = (
        "_answer",
        "due_ns",
        "kit",
        "owner",
        "place",
        "resent",
        "sent_ns",
        "served",
        "taken_ns",
        "wanted",
    )

    def __init__(self, kit: Kit, owner: Owner, place: int) -> None:
        super().__init__(kit.circuit)
        self.kit = kit
        self.owner = owner
        self.place = place
        self.due_ns = self.taken_ns = self.sent_ns = self.served = 0
        self.resent = self.wanted = False
        self._answer: _Answer | None = None

    # What subclasses say

    def on_open(self, now: int) -> None:
        """It is open."""

    def on_refused(self, refusal: Refusal) -> None:
        """It could not be opened."""

    # What owners ask for

    @property
    def cargo(self) -> Cargo:
        """The handshake; messages are not drawn."""
        return self.circuit.queries[0], b""

    def load(self, query: Query, payload: Payload) -> None:
        """Never asked for: messages are not drawn."""

    def want(self, due_ns: int, taken_ns: int) -> None:
        """Carry a request as soon as it is open; start to connect if that has not begun."""
        self.due_ns, self.taken_ns = due_ns, taken_ns
        self.wanted = True
        if self._opening is None:
            self.open()

    def send(self, due_ns: int, taken_ns: int, sent_ns: int) -> None:
        """Send a request, in modes that have them."""

    def expire(self, now_ns: int) -> None:
        """Give a request up, in modes that have them."""

    def write_frame(self, frame: bytes) -> None:
        """Write bytes of ours and count them."""
        self.circuit.recorder.bytes_sent += len(frame)
        try:
            write = self.write
            write(frame)
        except (RuntimeError, OSError):
            # The transport knows that it is closed before we were told: nothing was written.
            self.circuit.loop.call_soon(self._is_lost, ConnectionResetError())

    def close(self) -> None:
        """End it without a word."""
        self.settle()
        self.cut()
        self._answer = None

    def settle(self) -> None:
        """Report how many requests it has answered, once: when it ends or when the run does."""
        self.circuit.recorder.connections.serve(self.port, self.served)
        self.port = 0

    # Inside

    async def _dial(self) -> None:
        """Connect, then wait for the answer to the handshake."""
        await super()._dial()
        answer = self._answer
        if answer is None:
            return
        timeout_s = self.circuit.timeout_s
        try:
            async with asyncio.timeout(timeout_s):
                await answer.arrived
        except TimeoutError:
            why = f"no answer to the handshake within {timeout_s:g} s"
            if not self.over:
                self._refuse(Refusal(ErrorKind.CONNECT_TIMEOUT, why, head=answer.upgrade.head))

    def _is_open_now(self) -> None:
        upgrade = Upgrade(self.kit.handshake(), self.kit.settings)
        # It is still on the way to being open: the same task goes on.
        self._opening = asyncio.current_task()
        self._answer = _Answer(upgrade, self.circuit.loop.create_future())
        upgrade.sent_ns = perf_counter_ns()
        self.write_frame(upgrade.request)

    def _is_not_opened(self, kind: ErrorKind, why: str) -> None:
        self.over = True
        self.on_refused(Refusal(kind, why))

    def _shake_hands(self, data: bytes, now: int) -> None:
        if self._answer is None:
            self._refuse(Refusal(ErrorKind.PROTOCOL, "the server spoke before it was asked", body=data))
            return
        upgrade = self._answer.upgrade
        match upgrade.feed(data):
            case Acceptance() as acceptance:
                self.circuit.recorder.connections.upgrade_took(now - upgrade.sent_ns)
                self._end_opening()
                self._enter(acceptance, now)
            case Refusal() as refusal:
                self._refuse(refusal)
            case None:
                pass

    def _refuse(self, refusal: Refusal) -> None:
        if self._answer is not None:
            refusal = replace(refusal, request=self._answer.upgrade.request)
        self._end_opening()
        self.close()
        self.on_refused(refusal)

    def _end_opening(self) -> None:
        answer, self._answer = self._answer, None
        self._opening = None
        if answer is not None and not answer.arrived.done():
            answer.arrived.set_result(None)

    @abstractmethod
    def _enter(self, acceptance: Acceptance, now: int) -> None:
        """It is a WebSocket from now on."""

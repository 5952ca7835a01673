"""What one request comes to: its redirects, its login, the answer in the end, and the times of all that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import httpx

from loadbench_gui.core.plan import Client
from loadbench_gui.engine.transport.check import LONGEST_BODY
from loadbench_gui.engine.transport.httpx_line import HttpxLine
from loadbench_gui.engine.transport.httpx_request import answer_as_text

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_START_BYTES: Final = 2048


class Exchange:
    """One request on its way, and the answer.

    on_written: is told when the first bytes of the first request were written (perf_counter nanoseconds).
    keeps: the whole body of the answer is kept, to be checked. body: as much of it as is kept; its start always is.
    first_ns: when the first bytes of the last answer were read. status: of the last answer so far, 0 before there is.
    was_heard: some bytes of an answer came. unasked: an answer was there before anything was asked.
    """

    def __init__(self, line: HttpxLine, settings: Client, *, keeps: bool, on_written: Callable[[int], None]) -> None:
        self._line = line
        self._settings = settings
        self.keeps = keeps
        self._on_written = on_written
        self._target = b""
        self._first_url: httpx.URL | None = None
        self._is_tunnelling = self._was_challenged = self._is_written = False
        self._answers = 0
        self._kept_bytes = 0
        self.body: list[bytes] = []
        self.first_ns = self.status = 0
        self.response: httpx.Response | None = None
        self.unasked = False

    async def run(self, client: httpx.AsyncClient, request: httpx.Request, path: str) -> None:
        """Send `request` and read the answer to its end. Raises what httpx raises.

        path: as it is to be written, which may not be as httpx would.
        """
        self._first_url, self._target = request.url, path.encode("latin-1")
        request.extensions = {**request.extensions, "trace": self._trace, "send": self._send}
        if self._settings.cookies:
            client.cookies.set_cookie_header(request)
        self.response = await client.send(request, stream=True)
        async for piece in self.response.aiter_raw():
            self._keep(piece)

    @property
    def is_written(self) -> bool:
        """Whether anything of it was written."""
        return self._is_written

    @property
    def was_heard(self) -> bool:
        """Whether a part of any answer has come."""
        if self._answers or not self._is_written:
            return self._answers > 0
        return not self._line.multiplexed and self._line.clock.first_ns > 0

    def as_text(self) -> tuple[bytes, bytes]:
        """Return head and body of the answer for people to look at; as far as it came where it is not complete."""
        if self.response is not None:
            return answer_as_text(self.response), b"".join(self.body)
        seen = b"" if self._line.multiplexed else self._line.clock.seen
        head, _, body = seen.partition(b"\r\n\r\n")
        return head, body

    # What httpx calls

    async def _send(self, request: httpx.Request) -> httpx.Response:
        target = self._target if request.url is self._first_url else request.url.raw_path
        return await self._line.send(request, target, goes_on=self._goes_on)

    async def _trace(self, event: str, info: dict[str, Any]) -> None:
        """Take httpcore's notes. Those on opening a tunnel through a proxy are no part of the exchange."""
        match event.partition(".")[2]:
            case "send_request_headers.started":
                self._is_tunnelling = info["request"].method == b"CONNECT"
                if not self._line.multiplexed:
                    self._line.clock.rewind()
                if not (self._is_tunnelling or self._is_written):
                    self._line.clock.waiting.append(self._written)
            case "receive_response_headers.complete" if not self._is_tunnelling:
                clock = self._line.clock
                self.first_ns = clock.read_ns if self._line.multiplexed else clock.first_ns
                self.unasked = self.unasked or not self.first_ns

    def _written(self, at_ns: int) -> None:
        self._is_written = True
        self._on_written(at_ns)

    def _goes_on(self, status: int, headers: httpx.Headers) -> bool:
        """Whether httpx will answer this answer with another request."""
        self._answers += 1
        self.status = status
        if self._settings.redirects and status in _REDIRECTS:
            return "location" in headers
        if self._settings.auth == "digest" and status == 401 and not self._was_challenged:
            schemes = headers.get_list("www-authenticate")
            self._was_challenged = any(scheme.lower().startswith("digest ") for scheme in schemes)
            return self._was_challenged
        return False

    def _keep(self, piece: bytes) -> None:
        most = LONGEST_BODY if self.keeps else _START_BYTES
        if self._kept_bytes < most:
            self.body.append(piece if self.keeps else piece[: most - self._kept_bytes])
            self._kept_bytes += len(self.body[-1])

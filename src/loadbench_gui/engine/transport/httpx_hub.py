"""What the places of a shard share when httpx sends for them: where to connect, whom to trust, and the clients.

Every place has an httpx client of its own, and with it a jar of cookies and an authentication. Connections are kept
apart from clients, in lines. HTTP/1.1: a line for every place, because a pool that all places share has to look through
all of its connections for every request. HTTP/2: `PLACES_PER_LINE` places share a line and their requests are streams
of one connection. Over TLS it is agreed on by ALPN, and nothing else is offered; without TLS it is spoken from the
first byte on (prior knowledge), since httpx knows no upgrade.
"""

from __future__ import annotations

import ssl
import sys
from dataclasses import replace
from http.client import HTTPResponse
from http.cookiejar import CookieJar
from importlib.util import find_spec
from typing import Final, cast
from urllib.request import Request as UrlRequest

import httpcore
import httpx

from loadbench_gui import trust
from loadbench_gui.core.plan import Client, Load, Target, Tls
from loadbench_gui.engine.transport.circuit import Circuit
from loadbench_gui.engine.transport.dial import Route

PLACES_PER_LINE: Final = 10
"""Well below the 100 streams that servers commonly allow and httpx asks for. Fewer connections would be cheaper for us,
but all requests of one go to the same process of the server."""
REDIRECTED_ORIGINS: Final = 10
"""How many connections a line may hold where redirects lead to other servers; otherwise it needs one."""
MOST_REDIRECTS: Final = 20
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class Hub:
    """Settings of a load, as lines need them.

    entrance: where every line connects first: the target, or the proxy. door: the same as httpx names it.
    contexts: TLS contexts by the marks that httpx is given in their place: it would set their ALPN as it thinks right.
    """

    def __init__(self, load: Load, circuit: Circuit) -> None:
        _remember_what_is_missing()
        self.circuit = circuit
        self.settings = load.client
        self.multiplexed = load.client.http2
        self.target_mark, self.proxy_mark = (ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) for _ in range(2))
        self.proxy = httpx.Proxy(load.client.proxy) if load.client.proxy else None
        self.origin = httpx.URL(base_url(load.target))
        self.server_name = load.tls.server_name
        self.contexts = self._contexts(load.tls, is_encrypted=load.target.scheme == "https")
        self.entrance, self.door = self._entrance(load)
        self._clients: dict[int, httpx.AsyncClient] = {}

    @property
    def is_tunnelled(self) -> bool:
        """Whether TLS with the target begins behind a proxy, so after the connection was opened."""
        return self.proxy is not None and self.origin.scheme == "https"

    def client(self, place: int) -> httpx.AsyncClient:
        """Return the client of a place, which keeps its cookies and its authentication when connections end."""
        if place not in self._clients:
            self._clients[place] = httpx.AsyncClient(
                transport=Dispatch(),
                auth=_auth(self.settings),
                cookies=CookieJar() if self.settings.cookies else _NoJar(),
                follow_redirects=self.settings.redirects,
                max_redirects=MOST_REDIRECTS,
                timeout=None,  # noqa: S113 - the issuer gives up whole exchanges
                trust_env=False,
            )
        return self._clients[place]

    def elsewhere(self, host: str, port: int) -> Route:
        """Return how to reach where a redirect leads; the target's own name is not looked up again."""
        target = self.circuit.target
        address = target.address if host == self.origin.raw_host.decode("ascii") else host
        return Route(address, port, "", self.circuit.timeout_s)

    def pool(self, backend: httpcore.AsyncNetworkBackend) -> httpcore.AsyncConnectionPool:
        """Return a pool of connections for one line."""
        most = REDIRECTED_ORIGINS if self.settings.redirects else 1
        http1, http2 = not self.multiplexed, self.multiplexed
        if self.proxy is None:
            return httpcore.AsyncConnectionPool(
                ssl_context=self.target_mark,
                max_connections=most,
                http1=http1,
                http2=http2,
                uds=self.circuit.target.unix_path or None,
                network_backend=backend,
            )
        url = self.proxy.url
        return httpcore.AsyncHTTPProxy(
            proxy_url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            proxy_auth=self.proxy.raw_auth,
            ssl_context=self.target_mark,
            proxy_ssl_context=self.proxy_mark if url.scheme == "https" else None,
            max_connections=most,
            http1=http1,
            http2=http2,
            network_backend=backend,
        )

    def _contexts(self, tls: Tls, *, is_encrypted: bool) -> dict[ssl.SSLContext, ssl.SSLContext]:
        contexts = {}
        # A redirect may lead from http to https.
        if is_encrypted or self.settings.redirects:
            context = self.circuit.route.context or trust.client_context(
                insecure=tls.insecure, ca_file=tls.ca_file, cert_file=tls.cert_file, key_file=tls.key_file
            )
            context.set_alpn_protocols(["h2" if self.multiplexed else "http/1.1"])
            contexts[self.target_mark] = context
        if self.proxy is not None and self.proxy.url.scheme == "https":
            context = trust.client_context(insecure=tls.insecure, ca_file=tls.ca_file)
            context.set_alpn_protocols(["http/1.1"])
            contexts[self.proxy_mark] = context
        return contexts

    def _entrance(self, load: Load) -> tuple[Route, tuple[str, int]]:
        if self.proxy is None:
            return self.circuit.route, (self.origin.raw_host.decode("ascii"), load.target.port)
        url = self.proxy.url
        host, port = url.raw_host.decode("ascii"), url.port or _DEFAULT_PORTS[url.scheme]
        way = Route(host, port, "", self.circuit.timeout_s)
        if self.proxy_mark in self.contexts:
            way = replace(way, context=self.contexts[self.proxy_mark], server_name=host)
        return way, (host, port)


def base_url(target: Target) -> str:
    """Return scheme and authority as httpx knows them: it takes the name of a Unix socket's target for a host's."""
    return f"{target.scheme}://{target.authority}"


def _remember_what_is_missing() -> None:
    """Spare httpx the search for a module that is not installed.

    It tries to import sniffio with every lock it makes, several times a request, and Python remembers only imports that
    have succeeded: a third of all CPU time went into looking through folders. None says that there is no such module.
    """
    if "sniffio" not in sys.modules and find_spec("sniffio") is None:
        cast("dict[str, object]", sys.modules)["sniffio"] = None


class Dispatch(httpx.AsyncBaseTransport):
    """Hands the requests of a client to the line that their connection is on at the time."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request of an exchange: the first, one to where it was redirected, or one with credentials."""
        handle = request.extensions["send"]
        response: httpx.Response = await handle(request)
        return response


class _NoJar(CookieJar):
    """Keeps no cookies and sends none."""

    def extract_cookies(self, response: HTTPResponse, request: UrlRequest) -> None:
        """Keep none."""

    def add_cookie_header(self, request: UrlRequest) -> None:
        """Send none."""


def _auth(settings: Client) -> httpx.Auth | None:
    user, _, password = settings.credentials.partition(":")
    match settings.auth:
        case "basic":
            return httpx.BasicAuth(user, password)
        case "digest":
            return httpx.DigestAuth(user, password)
        case "none":
            return None

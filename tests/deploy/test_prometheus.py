from __future__ import annotations

import asyncio
import http.server
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from certificates import Certificate, make_certificate
from loadbench_gui.core.run import TargetSample
from loadbench_gui.deploy.prometheus import MetricNames, PrometheusWatcher, check, parse
from loadbench_gui.errors import TargetFault


def exposition(*names: str) -> str:
    registry = CollectorRegistry()
    for name in names:
        gauge = Gauge(name, "A figure.", ["worker"], registry=registry)
        gauge.labels("1").set(1000)
        gauge.labels("2").set(500)
    return generate_latest(registry).decode()


GOOD = exposition("process_resident_memory_bytes", "process_cpu_seconds_total", "process_open_fds")


@contextmanager
def endpoint(text: str, certificate: Certificate | None = None) -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *args: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        scheme, host = "http", "127.0.0.1"
        if certificate is not None:
            scheme, host = "https", "localhost"
            server.socket = certificate.server.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"{scheme}://{host}:{server.server_port}/metrics"
        finally:
            server.shutdown()
            thread.join()


def test_workers_are_added_up_and_memory_is_called_resident() -> None:
    sample = parse(GOOD, MetricNames(), 2.0)

    assert sample == TargetSample(2.0, 1500, None, None, 1500.0, processes=2, threads=0, open_files=1500)
    assert sample.kind == "rss"


def test_other_names_can_be_asked_for() -> None:
    names = MetricNames("container_memory_rss", "container_cpu")

    assert parse(exposition("container_memory_rss", "container_cpu"), names, 0.0) is not None
    assert parse(GOOD, names, 0.0) is None


def test_samples_arrive_on_the_time_axis_of_the_run() -> None:
    async def watch(url: str) -> list[TargetSample]:
        samples: asyncio.Queue[TargetSample] = asyncio.Queue()
        origin_ns = time.perf_counter_ns()
        watcher = PrometheusWatcher(url, lambda: origin_ns, samples.put_nowait, period_s=0.02)
        watcher.start()
        taken = [await samples.get(), await samples.get()]
        watcher.stop()
        return taken

    with endpoint(GOOD) as url:
        first, second = asyncio.run(watch(url))

    assert 0 <= first.t_s < second.t_s
    assert first.rss_bytes == 1500


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (exposition("something_else"), "exports neither process_resident_memory_bytes nor process_cpu_seconds_total"),
        ("<html>{", "does not answer in Prometheus' text format"),
    ],
)
def test_an_endpoint_without_the_figures_is_named(text: str, message: str) -> None:
    with endpoint(text) as url, pytest.raises(TargetFault, match=message) as caught:
        asyncio.run(check(url))

    assert caught.value.hint


def test_the_authorities_are_those_that_the_load_trusts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = make_certificate(tmp_path)
    with endpoint(GOOD, certificate) as url:
        with pytest.raises(TargetFault, match="CERTIFICATE_VERIFY_FAILED"):
            asyncio.run(check(url))
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.path))
        asyncio.run(check(url))


def test_an_endpoint_that_is_down_is_named() -> None:
    with endpoint(GOOD) as url:
        asyncio.run(check(url))
    with pytest.raises(TargetFault) as caught:
        asyncio.run(check(url))

    assert caught.value.message.startswith(f"no metrics from {url}: ")
    assert caught.value.hint == "Check metrics.prometheus in the profile."

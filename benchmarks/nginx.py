"""A private nginx: one worker on one core, 27 bytes of JSON, its own request counter; nothing outside a temp folder."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

BODY = '{"message":"Hello, World!"}'

CONFIG = """
daemon off;
worker_processes 1;
pid {prefix}/nginx.pid;
error_log {prefix}/error.log warn;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 3600s;
  client_body_temp_path {prefix}/body;
  proxy_temp_path {prefix}/proxy;
  fastcgi_temp_path {prefix}/fastcgi;
  uwsgi_temp_path {prefix}/uwsgi;
  scgi_temp_path {prefix}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location = / {{ default_type application/json; return 200 '{body}'; }}
    location = /status {{ stub_status; }}
  }}
}}
"""


@dataclass(frozen=True)
class Nginx:
    """A running server and its own count."""

    port: int
    version: str

    @property
    def url(self) -> str:
        """Where the JSON is."""
        return f"http://127.0.0.1:{self.port}/"

    def requests(self) -> int:
        """Requests it has answered, this question included."""
        with urllib.request.urlopen(f"{self.url}status", timeout=5) as answer:
            numbers = re.findall(r"^ (\d+) (\d+) (\d+)", answer.read().decode(), re.M)
        return int(numbers[0][2])


@contextmanager
def nginx(cpu: int) -> Iterator[Nginx]:
    """Run it pinned to `cpu`, and stop it."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin:/opt/homebrew/bin")
    if program is None:
        sys.exit("nginx is not installed: apt install nginx-light")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    version = subprocess.run([program, "-v"], capture_output=True, text=True, check=True).stderr.strip()
    with TemporaryDirectory(prefix="loadbench-nginx-") as prefix:
        config = Path(prefix, "nginx.conf")
        config.write_text(CONFIG.format(prefix=prefix, port=port, body=BODY))
        command = ["taskset", "-c", str(cpu), program, "-p", prefix, "-c", str(config), "-e", f"{prefix}/error.log"]
        with subprocess.Popen(command) as process:
            server = Nginx(port, version.removeprefix("nginx version: "))
            try:
                _wait(server, process)
                yield server
            finally:
                process.terminate()
                process.wait()


def _wait(server: Nginx, process: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        try:
            server.requests()
            return
        except OSError:
            if process.poll() is not None:
                sys.exit("nginx ended at once; see its words above")
            time.sleep(0.05)
    sys.exit("nginx does not answer")

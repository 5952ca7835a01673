"""A small HTTP server on the standard library that misbehaves on request: serve.py PORT [WAY...]."""

import http.server
import os
import signal
import socket
import subprocess
import sys
import threading
import time

PORT, WAYS = int(sys.argv[1]), set(sys.argv[2:])


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = b'{"message": "Hello, World!", "port": %d}' % PORT
        self.send_response(503 if "unavailable" in WAYS else 404 if self.path == "/missing" else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


def children() -> None:
    """A worker, a worker's child, a child in a session of its own, and an orphan that detached twice."""
    idle = "import time; time.sleep(600)"
    stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
    nested = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {idle!r}]); time.sleep(600)"
    detached = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {stubborn!r}], start_new_session=True)"
    subprocess.Popen([sys.executable, "-c", nested])
    subprocess.Popen([sys.executable, "-c", idle], start_new_session=True)
    subprocess.run([sys.executable, "-c", detached], check=True)


def daemonise() -> None:
    if os.fork():
        os._exit(0)
    os.setsid()
    if os.fork():
        os._exit(0)


def stop() -> None:
    """Shut down from another thread, because this one is in the serving loop."""
    threading.Thread(target=server.shutdown).start()


if "silent" in WAYS:
    time.sleep(600)
if "crash" in WAYS:
    sys.exit("first line\nthe database is not there")
if "chatty" in WAYS:
    for number in range(5000):
        sys.stderr.write(f"line {number} " + "x" * 80 + "\n")
    sys.exit(3)
if "mute" in WAYS:
    listener = socket.create_server(("127.0.0.1", PORT))
    sys.stderr.write("accepting, never answering" + "\n")
    time.sleep(600)
if "stubborn" in WAYS:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
else:
    signal.signal(signal.SIGTERM, lambda *_: stop())
if "daemon" in WAYS:
    daemonise()
server = Server(("127.0.0.1", PORT), Handler)
if "children" in WAYS:
    children()
if "fork" in WAYS:
    for _ in range(2):
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            break
sys.stderr.write("serving" + "\n")
server.serve_forever()

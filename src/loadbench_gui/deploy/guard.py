"""The app's end of the pipe to a guardian: start it, hear what it reports, ask it to stop."""

from __future__ import annotations

import contextlib
import json
import secrets
import subprocess
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from loadbench_gui import interpreter
from loadbench_gui.deploy.standing import standing
from loadbench_gui.deploy.sweep import TOKEN_VARIABLE, record_path, sweep
from loadbench_gui.errors import EnvironmentFault

TAIL_BYTES = 64 * 1024
SPARE_S = 15.0


@dataclass(frozen=True, slots=True)
class Command:
    """What the guardian is to run, all placeholders filled in. cpus empty: unpinned. grace_s: between TERM and KILL."""

    argv: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str]
    cpus: tuple[int, ...] = ()
    stop_signal: str = "TERM"
    grace_s: float = 10.0


@dataclass(frozen=True, slots=True)
class ExecFailure:
    """The command could not be started. stage: cpus, cwd or exec; errno and reason from the system."""

    stage: str
    errno: int
    reason: str


class Guard:
    """One guardian and the command below it. All methods may be called from any thread; none needs a loop."""

    def __init__(self, command: Command, directory: Path) -> None:
        self._command = command
        self._directory = directory
        self._on_exit: Callable[[], None] = lambda: None
        self._token = secrets.token_hex(8)
        self._tail = bytearray()
        self._lock = threading.Lock()
        self._write_lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._settled = threading.Event()
        self._ended = threading.Event()
        self.pid: int | None = None
        self.spawned_ns = 0
        self.returncode: int | None = None
        self.failure: ExecFailure | None = None
        self.exited = threading.Event()
        self.left: tuple[int, ...] = ()

    @property
    def guardian_pid(self) -> int:
        """The guardian's own pid; 0 before `start`."""
        return self._process.pid if self._process else 0

    def start(self) -> None:
        """Start guardian and command; returns once the command runs or `failure` says why not.

        Raises `EnvironmentFault` when the guardian itself does not start.
        """
        spec = {
            "command": self._command.argv,
            "cwd": str(self._command.cwd),
            "env": {**self._command.env, TOKEN_VARIABLE: self._token},
            "cpus": self._command.cpus,
            "stop_signal": self._command.stop_signal,
            "grace_s": self._command.grace_s,
            "token": self._token,
            "record": str(record_path(self._directory, self._token)),
        }
        self._process = standing.start_process(_start_guardian)
        self._write(json.dumps(spec))
        threading.Thread(target=self._read, name="loadbench guardian", daemon=True).start()
        self._settled.wait()
        if self.pid is None and self.failure is None:
            raise EnvironmentFault(
                "the process that watches over servers under test did not start",
                f"It said: {self.tail() or 'nothing'}. Reinstall loadbench, or report this.",
            )

    def stop(self) -> None:
        """Ask for the whole tree to be stopped; returns at once. A guardian that is gone already is no error."""
        self._write('"stop"')

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until the guardian is gone, and with it the tree; False when the time is over first."""
        return self._ended.wait(timeout_s)

    def stop_and_wait(self) -> None:
        """Stop the tree and wait until nobody is left; a guardian that hangs is killed and swept up after."""
        self.stop()
        if not self.wait(self._command.grace_s + SPARE_S) and self._process is not None:
            self._process.kill()
            self.wait(SPARE_S)

    def tail(self) -> str:
        """Return the end of what the server wrote to standard error."""
        with self._lock:
            return self._tail.decode(errors="replace").strip()

    def _write(self, line: str) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        # The reader closes the pipe when the guardian has ended, hence ValueError.
        with contextlib.suppress(OSError, ValueError), self._write_lock:
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()

    def _read(self) -> None:
        """On a thread: hear the guardian out, then clear what a killed one left."""
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        for line in process.stdout:
            self._hear(line)
        process.stdout.close()
        process.wait()
        with self._write_lock, contextlib.suppress(OSError):
            process.stdin.close()
        with contextlib.suppress(OSError):
            sweep(self._directory)
        self._settled.set()
        self._leave()
        self._ended.set()

    def _hear(self, line: bytes) -> None:
        try:
            event = json.loads(line)
            kind = event["event"]
        except (ValueError, TypeError, KeyError):
            # Not an event: a traceback of the guardian's own.
            self._keep(line)
            return
        match kind:
            case "started":
                self.pid, self.spawned_ns = int(event["pid"]), int(event["spawned_ns"])
                self._settled.set()
            case "failed":
                self.failure = ExecFailure(str(event["stage"]), int(event["errno"]), str(event["reason"]))
                self._settled.set()
            case "stderr":
                self._keep(str(event["text"]).encode())
            case "exited":
                self._server_ended(int(event["returncode"]), tuple(map(int, event["left"])))
            case "gone":
                self._leave()
            case _:
                pass

    def _server_ended(self, returncode: int, left: tuple[int, ...]) -> None:
        """A command that ends well but leaves processes behind has detached itself: it serves on."""
        self.returncode = returncode
        self.left = left
        if returncode == 0 and left:
            self.pid = left[0]
        else:
            self._leave()

    def when_exited(self, call: Callable[[], None]) -> None:
        """Have `call` called once, on some thread, when the server or its guardian has ended; now if it has already."""
        with self._lock:
            self._on_exit = call
            late = self.exited.is_set()
        if late:
            call()

    def _leave(self) -> None:
        with self._lock:
            first = not self.exited.is_set()
            self.exited.set()
            call = self._on_exit
        if first:
            call()

    def _keep(self, text: bytes) -> None:
        with self._lock:
            self._tail += text
            del self._tail[:-TAIL_BYTES]


def _start_guardian() -> subprocess.Popen[bytes]:
    # The folder that loadbench was started in must not lend its modules to the guardian.
    return subprocess.Popen(  # noqa: S603 - our own module
        interpreter.own_module("loadbench_gui.deploy.guardian"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        creationflags=interpreter.NO_CONSOLE,
    )

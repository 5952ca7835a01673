"""The small process between the app and a server under test, which lets nothing outlive the app.

The app keeps a pipe to it. When that pipe ends - the app closed, crashed or was killed - the guardian asks the server
to stop, waits, and kills whatever is left of its tree: workers, managers that detached, children in sessions of their
own. On Linux it is a *subreaper*: orphans below it become its children, so nobody can slip out of its sight. Its own
child dies with it (a parent-death signal), and a record on disk lets the next start clear what that misses.

Standard library only, and little of it: a server's start is a metric, and this process starts before it.

Input, one JSON document a line: the `Spec` fields first, then `"stop"`. Output, likewise: `started`, `failed`,
`stderr`, `exited`, `gone`, each an object with the key `event`.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import sys
import time

from loadbench_gui.deploy import proctree
from loadbench_gui.deploy.guardian_pipe import emit, read_spec
from loadbench_gui.deploy.spawn import adopt_orphans, spawn

STRAGGLER_GRACE_S = 2.0
KILL_LIMIT_S = 10.0
TICK_S = 1.0
STOPPING_TICK_S = 0.02
STDERR_FLUSH_S = 0.1
RELAY_LIMIT_BYTES = 16 * 1024


class Guardian:
    """Runs one command and answers for its whole tree."""

    def __init__(self, spec: dict[str, object], inbox: bytes) -> None:
        self._command = [str(word) for word in _as_list(spec["command"])]
        self._env = {str(k): str(v) for k, v in _as_dict(spec["env"]).items()}
        self._cwd = str(spec["cwd"])
        self._cpus = {int(str(cpu)) for cpu in _as_list(spec["cpus"])}
        self._stop_signal = signal.SIGINT if spec["stop_signal"] == "INT" else signal.SIGTERM
        self._grace_s = float(str(spec["grace_s"]))
        self._token = str(spec["token"])
        self._record_path = str(spec["record"])
        self._pid = 0
        self._start = ""
        self._status: int | None = None
        self._announced = False
        self._asked_until: float | None = None
        self._stragglers_asked = False
        self._stderr = bytearray()
        self._recorded: list[tuple[int, str]] | None = None
        self._record_at = 0.0
        self._inbox = inbox

    def run(self) -> int:
        """Start the command and stay until its tree is gone. Returns this process's exit code."""
        adopt_orphans()
        self._make_room()
        wake, wake_end = os.pipe()
        os.set_blocking(wake_end, False)
        signal.set_wakeup_fd(wake_end, warn_on_full_buffer=False)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: None)
        self._record()
        errors = self._spawn()
        if errors is None:
            self._forget()
            return 0
        self._watch(wake, errors)
        return 0

    def _make_room(self) -> None:
        """Leave the server's CPUs to the server, where there are others."""
        if self._cpus and hasattr(os, "sched_setaffinity"):
            others = os.sched_getaffinity(0) - self._cpus
            if others:
                os.sched_setaffinity(0, others)

    def _spawn(self) -> int | None:
        """Start the command. Returns the reading end of its standard error, or None when it could not be started."""
        spawned = spawn(self._command, self._cwd, self._env, self._cpus)
        if spawned.failure is not None:
            emit({"event": "failed", **spawned.failure})
            return None
        self._pid = spawned.pid
        proc = proctree.read_process(self._pid)
        self._start = proc.start if proc else ""
        self._record()
        emit({"event": "started", "pid": self._pid, "spawned_ns": spawned.spawned_ns})
        return spawned.errors

    # -- watching

    def _watch(self, wake: int, errors: int) -> None:
        """Relay, reap, stop on request; return when nobody is left."""
        poll = select.poll()
        for fd in (0, wake, errors):
            poll.register(fd, select.POLLIN | select.POLLHUP)
        flush_at = 0.0
        self._obey()
        while True:
            ready = {fd for fd, _ in poll.poll(self._patience_ms())}
            if wake in ready and set(os.read(wake, 512)) & {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}:
                self._ask()
            if 0 in ready and not self._read_messages():
                poll.unregister(0)
                self._ask()
            if errors in ready and not self._read_stderr(errors):
                poll.unregister(errors)
            if time.monotonic() >= flush_at:
                self._flush_stderr()
                flush_at = time.monotonic() + STDERR_FLUSH_S
            if self._advance():
                os.set_blocking(errors, False)
                with contextlib.suppress(OSError):
                    while self._read_stderr(errors):
                        pass
                self._finish()
                return

    def _patience_ms(self) -> float:
        """How long to wait for news: shortly while stopping or while lines are waiting to be relayed."""
        if self._asked_until is not None:
            return STOPPING_TICK_S * 1000
        return (STDERR_FLUSH_S if self._stderr else TICK_S) * 1000

    def _read_messages(self) -> bool:
        """Read the app's pipe; False at its end."""
        data = os.read(0, 65536)
        self._inbox += data
        self._obey()
        return bool(data)

    def _obey(self) -> None:
        *lines, self._inbox = self._inbox.split(b"\n")
        if b'"stop"' in lines:
            self._ask()

    def _read_stderr(self, errors: int) -> bool:
        """Take what the server wrote, keeping only the end of a flood; False when every writer has closed it."""
        data = os.read(errors, 65536)
        self._stderr += data
        del self._stderr[:-RELAY_LIMIT_BYTES]
        return bool(data)

    def _flush_stderr(self) -> None:
        if self._stderr:
            emit({"event": "stderr", "text": self._stderr.decode(errors="replace")})
            self._stderr.clear()

    def _reap(self) -> bool:
        """Collect every child that ended, adopted ones too. Returns False when no child is left."""
        try:
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return True
                if pid == self._pid:
                    self._status = os.waitstatus_to_exitcode(status)
        except ChildProcessError:
            return False

    def _tree(self) -> list[proctree.Proc]:
        """Everybody below this process, surely: a look at /proc can miss one that is forking, the kernel cannot.

        Orphans become children of a subreaper, so there is somebody below as long as there is a child.
        """
        found = self._look()
        while not found and self._reap() and sys.platform.startswith("linux"):
            time.sleep(0.001)
            found = self._look()
        return found

    def _look(self) -> list[proctree.Proc]:
        """Everybody below this process; without a subreaper, also whoever is left in the server's group."""
        processes = proctree.all_processes()
        found = {proc.pid: proc for proc in proctree.descendants(os.getpid(), processes)}
        if not sys.platform.startswith("linux"):
            found |= {p.pid: p for p in processes if p.session == self._pid and not p.zombie}
        return list(found.values())

    def _advance(self) -> bool:
        """Do what is due now; True when the tree is gone."""
        self._reap()
        if self._asked_until is None and self._status is None:
            if time.monotonic() >= self._record_at:
                self._record_at = time.monotonic() + TICK_S
                self._record()
            return False
        tree = self._tree()
        if self._status is not None and not self._announced:
            self._announced = True
            self._flush_stderr()
            emit({"event": "exited", "returncode": self._status, "left": [proc.pid for proc in tree]})
        if not tree:
            return True
        if self._asked_until is None:
            return False
        if time.monotonic() >= self._asked_until:
            killed = proctree.kill_until_none(self._tree, KILL_LIMIT_S)
            emit({"event": "killed", "pids": sorted(killed)})
            return self._advance_after_kill()
        if self._status is not None and not self._stragglers_asked:
            # The server is gone but left somebody behind: a detached manager, a helper. They get their own chance.
            self._stragglers_asked = True
            proctree.send([proc.pid for proc in tree], self._stop_signal)
            self._asked_until = min(self._asked_until, time.monotonic() + STRAGGLER_GRACE_S)
        return False

    def _advance_after_kill(self) -> bool:
        """Tell the server's exit status if the kill ended it; the guardian ends even if somebody cannot be killed."""
        self._reap()
        if self._status is not None and not self._announced:
            self._announced = True
            self._flush_stderr()
            emit({"event": "exited", "returncode": self._status, "left": []})
        return True

    def _ask(self) -> None:
        """Ask the server to stop, once."""
        if self._asked_until is None:
            self._asked_until = time.monotonic() + self._grace_s
            if self._status is None:
                proctree.send([self._pid], self._stop_signal)

    # -- the record that the next start reads

    def _record(self) -> None:
        """Write who belongs to this guardian, when that has changed."""
        tree = sorted(proc.identity for proc in proctree.quick_descendants(os.getpid())) if self._pid else []
        if tree == self._recorded:
            return
        self._recorded = tree
        me = proctree.read_process(os.getpid())
        record = {
            "token": self._token,
            "guardian": [os.getpid(), me.start if me else ""],
            "server": [self._pid, self._start],
            "tree": tree,
        }
        partial = f"{self._record_path}.{os.getpid()}"
        with contextlib.suppress(OSError):
            with open(partial, "w", encoding="utf-8") as file:  # noqa: PTH123 - pathlib buys nothing here
                json.dump(record, file)
            os.replace(partial, self._record_path)  # noqa: PTH105

    def _forget(self) -> None:
        with contextlib.suppress(OSError):
            os.unlink(self._record_path)  # noqa: PTH108

    def _finish(self) -> None:
        self._flush_stderr()
        left = self._tree()
        if not left:
            self._forget()
        emit({"event": "gone", "left": [proc.pid for proc in left]})


def _as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _as_dict(value: object) -> dict[object, object]:
    return value if isinstance(value, dict) else {}


def main() -> int:
    """Entry point of `python -m loadbench_gui.deploy.guardian`."""
    first = read_spec()
    if first is None:
        return 0
    spec, rest = first
    if sys.platform == "win32":
        from loadbench_gui.deploy import guardian_windows  # noqa: PLC0415, RUF100 - loads what only Windows has

        return guardian_windows.run(spec, rest)
    return Guardian(spec, rest).run()


if __name__ == "__main__":
    sys.exit(main())

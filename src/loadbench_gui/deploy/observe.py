"""What was loaded, rather than what was asked for: facts read off a running server and its answers.

Server defaults differ silently (loops, parsers, keep-alive, compression), and a package that happens to be installed
can change them. The fingerprint of a deployment is therefore taken from its memory map and its answers.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterable
from pathlib import Path

from loadbench_gui.deploy.packages import installed
from loadbench_gui.deploy.probe import ask, connect, read_answer
from loadbench_gui.interpreter import bundled_modules

ANSWER_S = 5.0
# What a mapped extension module says about a server. Only the first path component below site-packages is looked at.
LOOPS = ("uvloop", "winloop", "rloop")
PARSERS = ("httptools", "granian", "_granian", "httparse")
JSON = ("ujson", "orjson", "msgspec", "rapidjson", "simdjson")
_MODULE = r"([A-Za-z0-9_]+)[/.]\S*\.(?:so|pyd)"
_EXTENSION = re.compile(r"(?:site|dist)-packages/" + _MODULE)


def observe(
    address: str,
    port: int,
    path: str,
    *,
    pids: Iterable[int],
    interpreter: str | None,
    names: Iterable[str],
    unix_path: str = "",
) -> dict[str, str]:
    """Return facts about the server at `address`:`port`, whose processes are `pids` (none if it is not ours).

    interpreter: the Python whose packages it uses, or None. names: the packages it is named after; what they depend
    on is listed with them. unix_path: the socket to ask at instead of address and port.
    Blocks for some milliseconds; asks `path` four times.
    """
    answers = _answers(address, port, path, unix_path)
    pids = tuple(pids)
    loaded = {name for pid in pids for name in extensions(pid)}
    return {
        **answers,
        **_processes(pids, loaded),
        **(installed(interpreter, frozenset({*names, *loaded})) if interpreter else {}),
    }


def _answers(address: str, port: int, path: str, unix_path: str) -> dict[str, str]:
    every = (("Accept-Encoding", "gzip, deflate, br, zstd"),)
    plain = ask(address, port, path, timeout_s=ANSWER_S, unix_path=unix_path)
    packed = ask(address, port, path, timeout_s=ANSWER_S, unix_path=unix_path, headers=every)
    if plain is None:
        return {}
    return {
        "server header": plain.get("server") or "none",
        "headers": ", ".join(sorted({name for name, _ in plain.headers})),
        "keep-alive": _keep_alive(address, port, path, unix_path),
        "compression": (packed.get("content-encoding") if packed else "") or "none",
    }


def _keep_alive(address: str, port: int, path: str, unix_path: str) -> str:
    """Send two requests over one connection and say whether the second was answered, and what was announced."""
    host = "localhost" if unix_path else f"{address}:{port}"
    request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode("latin-1")
    announced = ""
    with contextlib.suppress(OSError, ValueError), connect(address, port, unix_path, ANSWER_S) as sock:
        deadline = time.monotonic() + ANSWER_S
        sock.sendall(request)
        head = read_answer(sock, deadline, lambda: False)
        announced = head.get("keep-alive") if head else ""
        if head is None or "close" in head.get("connection").lower():
            return "closed after each answer"
        sock.sendall(request)
        if read_answer(sock, deadline, lambda: False) is not None:
            return f"kept open ({announced})" if announced else "kept open"
    return "closed after each answer"


def _processes(pids: tuple[int, ...], loaded: set[str]) -> dict[str, str]:
    if not pids:
        return {}
    facts = {"processes": str(len(pids))}
    if hasattr(os, "sched_getaffinity"):
        cpus: set[int] = set()
        for pid in pids:
            with contextlib.suppress(OSError):
                cpus |= os.sched_getaffinity(pid)
        facts["cpus"] = ", ".join(map(str, sorted(cpus)))
    if Path(f"/proc/{pids[0]}/maps").exists():
        facts["event loop"] = _among(LOOPS, loaded) or "no extension loaded"
        facts["http parser"] = _among(PARSERS, loaded) or "no extension loaded"
        facts["json"] = _among(JSON, loaded) or "no extension loaded"
        facts["extensions"] = ", ".join(sorted(loaded)) or "none"
    return facts


def _among(names: Iterable[str], loaded: set[str]) -> str:
    return ", ".join(name for name in names if name in loaded)


def extensions(pid: int) -> set[str]:
    """Return the packages whose compiled modules are mapped into process `pid`."""
    with contextlib.suppress(OSError):
        maps = Path(f"/proc/{pid}/maps").read_text(errors="replace")
        found = set(_EXTENSION.findall(maps))
        if bundle := bundled_modules():
            # Packages lie at its top; the standard library's modules and Python itself are nobody's package.
            found |= set(re.findall(rf"{re.escape(bundle)}/(?!python3|lib){_MODULE}", maps))
        return found
    return set()

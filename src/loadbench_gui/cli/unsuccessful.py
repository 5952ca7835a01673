"""What to say of a run in which nothing succeeded."""

from __future__ import annotations

import re
from typing import Final

from loadbench_gui.cli.terminal.exchanges import printable
from loadbench_gui.cli.terminal.head import address
from loadbench_gui.core.run import Run
from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.errors import TargetFault
from loadbench_gui.stats.kinds import kind_of

NOT_SECURED: Final = (
    "Use the name that is on the certificate, name the file of its authority with --cacert, "
    "or accept any with --insecure (in a profile ca_file and insecure, under [generator])."
)
PLAIN: Final = ("wrong version number", "record layer failure", "packet length too long", "unknown protocol")
"""What OpenSSL says of bytes that are no TLS, as an HTTP server answers a handshake."""
_REASON: Final = re.compile(r"\((?:no answer: )?(?:no TLS: )?(.+)\)")
NOT_CONNECTED: Final = {ErrorKind.DNS, ErrorKind.CONNECT_REFUSED, ErrorKind.CONNECT_TIMEOUT}
NO_PROXY: Final = (
    "Every connection leads to the proxy, and none came about: check the name and the port in --proxy (in a profile "
    "`proxy`, under [generator]), and that it runs."
)


def nothing_succeeded(run: Run) -> TargetFault:
    """Return the fault of a run without a single success: what failed how often, and what to look at."""
    workload = run.workload
    kinds = ", ".join(f"{count:,} × {kind.value}" for kind, count in run.measured.errors.items())
    one = kind_of(run.workload).counted.removesuffix("s")
    by_hand = {
        "http": "Open the address by hand (curl -v), check path, expectations and time-out, then run again.",
        "stream": "Open the address by hand (curl -N -v); check its path, what kind of stream it is and how it ends.",
        "ws": "Check that the server takes WebSockets at this path, and that it does there what --mode expects of it.",
    }
    where, hint = address(run.url, workload), by_hand[workload.kind]
    if set(run.measured.errors) == {ErrorKind.TLS}:
        why = _why_not_secured(run)
        kinds += why and f": {why}"
        hint = _plain(run) if any(sign in why for sign in PLAIN) else NOT_SECURED
    elif _is_proxied(run) and set(run.measured.errors) <= NOT_CONNECTED and kinds:
        hint = NO_PROXY
    if workload.websocket is not None and workload.websocket.mode == "push":
        return TargetFault(f"not one {one} from {where} came{kinds and f' ({kinds})'}", hint)
    if not kinds and workload.stream is not None and not workload.stream.endless:
        hint = (
            "If the streams are to end, measure for longer than one lives (-d); if they are not, say so: --endless, "
            "in a profile `endless = true`."
        )
    return TargetFault(f"not one {one} to {where} succeeded ({kinds or 'none ended in time'})", hint)


def _why_not_secured(run: Run) -> str:
    """Return the reason in the first sample of a handshake that failed, "" where there is none."""
    told = next((sample.response_head for sample in run.samples if sample.kind is ErrorKind.TLS), b"")
    found = _REASON.fullmatch(printable(told))
    return found[1] if found else ""


def _is_proxied(run: Run) -> bool:
    return run.sender is not None and run.sender.proxy


def _plain(run: Run) -> str:
    who = "The server, or the proxy," if _is_proxied(run) else "The server"
    return f"{who} speaks no TLS there. If it is to be so, write {'ws' if run.workload.kind == 'ws' else 'http'}://."

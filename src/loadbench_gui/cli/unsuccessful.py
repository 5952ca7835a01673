"""What to say of a run in which nothing succeeded."""

from __future__ import annotations

from typing import Final

from loadbench_gui.cli.terminal.head import address
from loadbench_gui.core.run import Run
from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.errors import TargetFault
from loadbench_gui.stats.kinds import kind_of

NOT_SECURED: Final = (
    "The reason stands above. Use the name that is on the certificate, name the file of its authority with --cacert, "
    "or accept any with --insecure (in a profile ca_file and insecure, under [generator])."
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
        hint = NOT_SECURED
    if workload.websocket is not None and workload.websocket.mode == "push":
        return TargetFault(f"not one {one} from {where} came{kinds and f' ({kinds})'}", hint)
    if not kinds and workload.stream is not None and not workload.stream.endless:
        hint = (
            "If the streams are to end, measure for longer than one lives (-d); if they are not, say so: --endless, "
            "in a profile `endless = true`."
        )
    return TargetFault(f"not one {one} to {where} succeeded ({kinds or 'none ended in time'})", hint)

"""The calibrations that are kept: one small JSON file in the data folder, one entry a machine and client.

What cannot be read is as good as not there: a run is then judged by its own CPU, and a new calibration replaces it.
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
from pathlib import Path
from typing import Any, Final

from loadbench_gui.core.plan import ClientName
from loadbench_gui.deploy.environment import Environment
from loadbench_gui.errors import EnvironmentFault
from loadbench_gui.services.calibration.result import Calibration, Fingerprint

SCHEMA: Final = "loadbench.calibration/1"
FILE: Final = "calibration.json"
MOST_KEPT: Final = 20
"""Kernels and versions come and go; the oldest entries are dropped."""


def calibrated_cost_us(folder: Path, environment: Environment, client: ClientName) -> float | None:
    """Return what a request costs a worker of this very machine and version; None where that was not calibrated."""
    wanted = dataclasses.asdict(Fingerprint.of(environment, client))
    found = next((entry for entry in reversed(_entries(folder)) if entry.get("fingerprint") == wanted), None)
    match found:
        case {"cpu_us_per_request": float() | int() as cost_us} if not isinstance(cost_us, bool):
            return float(cost_us) if math.isfinite(cost_us) and cost_us > 0 else None
        case _:
            return None


def keep(folder: Path, calibration: Calibration) -> Path:
    """Write `calibration` in place of an older one of the same machine and client; return the file.

    Raises `EnvironmentFault` when the folder cannot be written to.
    """
    path = folder / FILE
    entry = as_json(calibration)
    others = [known for known in _entries(folder) if known.get("fingerprint") != entry["fingerprint"]]
    text = json.dumps({"schema": SCHEMA, "calibrations": [*others, entry][-MOST_KEPT:]}, indent=2)
    fresh = path.with_suffix(f".{os.getpid()}.new")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # In one step, so that a run that starts meanwhile reads either the old text or the new one.
        fresh.write_text(text + "\n", encoding="utf-8")
        fresh.replace(path)
    except OSError as problem:
        raise EnvironmentFault(
            f"the calibration could not be kept in {path}: {problem.strerror}",
            "Make room or give permission, or choose another folder with --data-dir.",
        ) from problem
    return path


def as_json(calibration: Calibration) -> dict[str, Any]:
    """Return a calibration as other programs read it."""
    cost = calibration.cost
    return {
        "fingerprint": dataclasses.asdict(calibration.fingerprint),
        "made_at": calibration.made_at,
        "connections": calibration.connections,
        "seconds": calibration.seconds,
        "cpu_us_per_request": cost.median_us,
        "cpu_us_per_request_runs": list(cost.runs_us),
        "spread": cost.spread,
        "ceiling_rps_per_worker": cost.ceiling_rps,
        "pacing": [dataclasses.asdict(pace) for pace in calibration.paces],
        "trusted": calibration.trusted,
        "caveats": [dataclasses.asdict(caveat) for caveat in calibration.caveats],
    }


def _entries(folder: Path) -> list[dict[str, Any]]:
    try:
        document = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        return []
    entries = document.get("calibrations")
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []

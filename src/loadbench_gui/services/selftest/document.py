"""The document of a self-test (`loadbench.self-test/1`), and the way back from it."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from loadbench_gui import __version__, interpreter
from loadbench_gui.deploy.environment import Environment
from loadbench_gui.errors import EnvironmentFault
from loadbench_gui.services.selftest.outcome import Check, Outcome
from loadbench_gui.services.selftest.suite import Findings

SCHEMA: Final = "loadbench.self-test/1"


def document(findings: Findings, environment: Environment) -> dict[str, Any]:
    """Return the findings as other programs read them."""
    return {
        "schema": SCHEMA,
        "tool": {"version": __version__, "packaged": interpreter.is_frozen()},
        "environment": dataclasses.asdict(environment),
        "passed": findings.complete and all(outcome.status != "failed" for outcome in findings.outcomes),
        "complete": findings.complete,
        "checks": [_entry(outcome) for outcome in findings.outcomes],
    }


def findings_of(read: Mapping[str, Any]) -> Findings:
    """Return the findings in a document that this version has written. Raises `KeyError`, `TypeError`."""
    outcomes = tuple(
        Outcome(
            Check(entry["name"], entry["title"], entry["proves"]),
            entry["status"],
            entry["detail"],
            entry["hint"],
            entry["duration_s"],
            entry["culprit"],
            entry["evidence"],
        )
        for entry in read["checks"]
    )
    return Findings(outcomes, read["complete"])


def write(path: Path, written: Mapping[str, Any]) -> None:
    """Write a document; whoever reads meanwhile sees the one before. Raises `EnvironmentFault`."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(json.dumps(written, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        partial.replace(path)
    except OSError as problem:
        partial.unlink(missing_ok=True)
        raise EnvironmentFault(
            f"{path} cannot be written: {problem.strerror}", "Name another place, make room, or mend its permissions."
        ) from problem


def _entry(outcome: Outcome) -> dict[str, Any]:
    return {
        "name": outcome.check.name,
        "title": outcome.check.title,
        "proves": outcome.check.proves,
        "status": outcome.status,
        "detail": outcome.detail,
        "hint": outcome.hint,
        "culprit": outcome.culprit,
        "duration_s": round(outcome.duration_s, 4),
        "evidence": outcome.evidence,
    }

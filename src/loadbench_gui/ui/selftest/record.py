"""What the window's self-test says and leaves behind: lines for people, and a document that is always up to date.

The document lists every check from the beginning, those that are still to come as failed: when Qt aborts, it stands as
it is, and tells the truth.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TextIO

from loadbench_gui.deploy.environment import read_environment
from loadbench_gui.services.selftest.document import document, write
from loadbench_gui.services.selftest.outcome import Check, Outcome
from loadbench_gui.services.selftest.suite import Findings
from loadbench_gui.services.selftest.window import unreached
from loadbench_gui.services.selftest.words import line

STANDARD_OUTPUT: Final = "-"


class Record:
    """Follows a self-test. json_to: a file, "-" for standard output, or None. Words go where the document does not."""

    def __init__(self, checks: Sequence[Check], json_to: str | None) -> None:
        self._outcomes = {check.name: unreached(check) for check in checks}
        self._json_to = json_to
        self._environment = read_environment()
        # A windowed program on Windows has neither stream.
        self._words: TextIO | None = sys.stderr if json_to == STANDARD_OUTPUT else sys.stdout
        self._save(Findings(tuple(self._outcomes.values()), complete=False))

    def begun(self, check: Check) -> None:
        """Nothing is said before a check is over."""

    def told(self, outcome: Outcome) -> None:
        """Keep the outcome, and say it."""
        self._outcomes[outcome.check.name] = outcome
        self._save(Findings(tuple(self._outcomes.values()), complete=False))
        self.say(line(outcome))

    def close(self, findings: Findings) -> None:
        """Leave the document as it stays."""
        if self._json_to == STANDARD_OUTPUT:
            _print(document(findings, self._environment))
        else:
            self._save(findings)

    def say(self, text: str) -> None:
        """Say something to whoever reads."""
        if self._words is not None:
            self._words.write(f"{text}\n")
            self._words.flush()

    def _save(self, findings: Findings) -> None:
        if self._json_to not in (None, STANDARD_OUTPUT):
            write(Path(str(self._json_to)), document(findings, self._environment))


def _print(written: Mapping[str, Any]) -> None:
    if sys.stdout is not None:
        sys.stdout.write(json.dumps(written, ensure_ascii=False, indent=2) + "\n")
        sys.stdout.flush()

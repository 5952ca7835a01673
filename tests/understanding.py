"""Commands that fire, run as far as the plan: what they would measure, and nothing is sent."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import pytest
import typer

from loadbench_gui.core.plan import GeneratorSettings, Workload

DOCUMENTED = Path(__file__).parents[1] / "docs" / "command-line.md"


@dataclass
class Understood:
    """One command, and what it understood each time that it was called."""

    module: ModuleType
    found: list[tuple[str, Workload, GeneratorSettings]] = field(default_factory=list)

    def __call__(self, *arguments: str) -> Workload:
        """Call the command; return the workload that it would fire."""
        typer.main.get_command(self.module.app).main(list(arguments), standalone_mode=False)
        return self.found[-1][1]

    @property
    def options(self) -> set[str]:
        """The long names of all options."""
        params = typer.main.get_command(self.module.app).params
        return {name for param in params for name in param.opts if name.startswith("--")} - {"--help", "--data-dir"}


def understanding(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Understood:
    """Have the command in `module` tell its plan in place of firing."""
    understood = Understood(module)

    def fire(_: object, base: str, workload: Workload, generator: GeneratorSettings, remark: str = "") -> int:
        understood.found.append((base, workload, generator))
        print(remark, end="")
        return 0

    monkeypatch.setattr(module, "fire", fire)
    return understood


def documented_examples(command: str) -> list[list[str]]:
    """Return the arguments of each example of `loadbench COMMAND` in the documentation."""
    lines = DOCUMENTED.read_text(encoding="utf-8").splitlines()
    return [shlex.split(line, comments=True)[2:] for line in lines if line.startswith(f"loadbench {command} ")]

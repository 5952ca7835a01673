"""What a part of the section says."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.document import Limit


@dataclass(frozen=True)
class Part:
    """Its heading, its text with tables, and its limits."""

    title: str
    body: str
    limits: tuple[Limit, ...] = ()

    def text(self) -> str:
        """Return it as Markdown."""
        return f"### {self.title}\n\n{self.body.strip()}"

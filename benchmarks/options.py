"""What a person may ask of the benchmark: how long, how often, which part."""

from __future__ import annotations

import argparse
from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """None means: what the section thinks right. only: names of peers, empty for all of them."""

    quick: bool
    only: tuple[str, ...]
    rounds: int | None
    seconds: float | None
    requests: int | None
    connections: int

    def pick_rounds(self, full: int, quick: int) -> int:
        """Return how many rounds to make."""
        return self.rounds or (quick if self.quick else full)

    def pick_seconds(self, full: float, quick: float) -> float:
        """Return how long one measurement takes."""
        return self.seconds or (quick if self.quick else full)

    def wants(self, name: str) -> bool:
        """Tell whether this peer takes part."""
        return not self.only or name in self.only

    @property
    def partial(self) -> bool:
        """Whether the figures are not worth keeping."""
        return self.quick or bool(self.only)

    def command(self, section: str) -> str:
        """Return the command that asks for the same again."""
        named = (("--rounds", self.rounds), ("--seconds", self.seconds), ("--requests", self.requests))
        words = [f"{name} {value}" for name, value in named if value is not None]
        only = [f"--only '{','.join(self.only)}'"] if self.only else []
        return " ".join(["python -m benchmarks", section, *(["--quick"] if self.quick else []), *only, *words])


def parser(sections: tuple[str, ...], description: str | None) -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        "benchmarks", description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("section", nargs="*", help=f"{', '.join(sections)}; all of them without one")
    parser.add_argument("--quick", action="store_true", help="short and few: to see that everything runs")
    parser.add_argument("--only", metavar="A,B", default="", help="of the peers only these: wrk,k6; or none")
    parser.add_argument("--rounds", type=int, help="how often the generators take turns")
    parser.add_argument("--seconds", type=float, help="length of one measurement")
    parser.add_argument("--requests", type=int, help="of the memory section; 10 million otherwise")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--no-write", action="store_true", help="print the section and leave RESULTS.md alone")
    return parser


def options(parsed: argparse.Namespace) -> Options:
    """Return what was asked for."""
    only = tuple(name.strip() for name in parsed.only.split(",") if name.strip())
    return Options(parsed.quick, only, parsed.rounds, parsed.seconds, parsed.requests, parsed.connections)

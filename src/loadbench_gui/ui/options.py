"""The window's command line. Imports nothing of Qt: it is read before anybody knows whether Qt can be loaded."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from loadbench_gui import __version__

SELF_TEST = "--self-test"


def asks_for_self_test(argv: Sequence[str]) -> bool:
    """Whether the window is to test itself instead of opening."""
    return any(argument.partition("=")[0] == SELF_TEST for argument in argv)


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Read the command line; ends the process with a message where it is wrong."""
    parser = options_parser()
    options = parser.parse_args(argv)
    if options.json is not None and options.self_test is None:
        parser.error(f"--json goes with {SELF_TEST}")
    return options


def options_parser() -> argparse.ArgumentParser:
    """Return what `loadbench-gui` takes; its man page and completions are written from this too."""
    parser = argparse.ArgumentParser(
        prog="loadbench-gui", description="Compare HTTP deployments in a window.", allow_abbrev=False
    )
    parser.add_argument("profile", nargs="?", type=Path, metavar="PROFILE", help="a .toml file or a bundled name")
    parser.add_argument("--data-dir", type=Path, metavar="DIR", help="where history and settings are kept")
    parser.add_argument("--version", action="version", version=f"loadbench {__version__}")
    parser.add_argument(
        SELF_TEST,
        nargs="?",
        const="all",
        choices=("all", "window"),
        metavar="all|window",
        help="try everything that loadbench needs on this machine (window: what needs Qt only), then end: with 0 when "
        "all passed, 5 when something outside loadbench failed, 70 when loadbench itself did",
    )
    parser.add_argument("--json", metavar="FILE|-", help="where a self-test writes its findings; - is standard output")
    return parser

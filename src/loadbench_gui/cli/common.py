"""Options that all commands share, declared once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

JsonTo: TypeAlias = Annotated[
    str | None,
    typer.Option("--json", metavar="FILE|-", help="Write the result document; - is standard output, pure JSON."),
]
Quiet: TypeAlias = Annotated[bool, typer.Option("--quiet", "-q", help="No words, only results and errors.")]
DataDir: TypeAlias = Annotated[
    Path | None, typer.Option("--data-dir", metavar="DIR", help="Where history and settings live.")
]
OutDir: TypeAlias = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help="Leave report.html and result.json in this folder.")
]
ProfileArg: TypeAlias = Annotated[
    str, typer.Argument(metavar="PROFILE", help="A profile file, or the name of a bundled one.")
]
EntryId: TypeAlias = Annotated[
    str, typer.Argument(metavar="ID", help="The id of a run or a comparison; its beginning is enough.")
]

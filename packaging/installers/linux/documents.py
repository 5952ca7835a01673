"""The copyright file of the Debian package, in the form that programs read (DEP-5)."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from installers import project
from installers.licensing.notices import NAME
from installers.licensing.origins import NOTICES
from installers.places import ROOT

FORMAT: Final = "https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/"


def copyright_file(app: Path, installed: str) -> str:
    """Return the text. app: the frozen app with its notices; installed: where they lie on the machine of the user.

    Raises `SystemExit` when the app has no notices.
    """
    notices = app / NOTICES / NAME
    if not notices.is_file():
        raise SystemExit(f"The frozen app has no notices of what it is made of ({notices}): make freeze")
    licence = (ROOT / "LICENSE").read_text(encoding="utf-8")
    holder = next(line for line in licence.splitlines() if line.startswith("Copyright"))
    terms = licence.partition(holder)[2].strip()
    others = notices.read_text(encoding="utf-8").strip()
    return f"""Format: {FORMAT}
Upstream-Name: {project.NAME}
Upstream-Contact: {project.MAINTAINER}
Source: the source distribution of loadbench of the same version
Comment:
 This package is built by the project itself and carries the Python packages and Qt libraries that it was tested with.
 What they are, whose they are and on what terms is below. The texts of their licences lie in
 {installed}/{NOTICES}; those of the GPL and the LGPL also in /usr/share/common-licenses/GPL-3 and
 /usr/share/common-licenses/LGPL-3.

Files: *
Copyright: {holder.removeprefix("Copyright").replace("(c)", "").strip()}
License: Expat

Files: {installed.lstrip("/")}/_internal/*
Copyright: those who are named under the licence
License: third-party

License: Expat
{_indented(terms)}

License: third-party
{_indented(others)}
"""


def _indented(text: str) -> str:
    return "\n".join(f" {line}" if line.strip() else " ." for line in text.splitlines())

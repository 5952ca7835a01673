"""The notices that ship with the app: who made what is in it, on what terms, and the texts of those terms.

`THIRD-PARTY.txt` is for reading; the texts lie in `licences/`, one folder for each component, those that many share
at its top.
"""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from installers.licensing import spdx
from installers.licensing.component import TEXTS, Component, Kind, Text
from installers.licensing.origins import NOTICES

NAME: Final = "THIRD-PARTY.txt"
FOLDER: Final = "licences"
WIDTH: Final = 100

QT_STATEMENT: Final = """\
Qt, PySide6 and Shiboken are used under the GNU Lesser General Public License, version 3 (licences/LGPL-3.0-only.txt; it
reads on the GNU General Public License, version 3: licences/GPL-3.0-only.txt). They are Copyright The Qt Company Ltd.
and other contributors.

You may change them and use the changed ones with loadbench. Nothing of them is linked into loadbench: they are shared
libraries, loaded from files of their own when loadbench starts, unmodified as their project distributes them.
{where} To use others, put libraries of the same names, built from Qt {qt} and PySide {pyside} or versions that are
binary compatible with them, in their place and start loadbench again. loadbench does not check them; a system that
insists on signatures (macOS) wants the app signed anew. You may take loadbench apart to find mistakes in such changes.

Their corresponding source is what the Qt Project publishes as Qt {qt} (modules qtbase, qtsvg and qtwayland; {qt_home})
and as pyside-setup {pyside} ({pyside_home})."""

WHERE: Final = "They lie in _internal/PySide6 and _internal/shiboken6 beside the loadbench executable."


def document(components: Sequence[Component]) -> str:
    """Return the notices as text."""
    program = next(component for component in components if component.kind is Kind.PROGRAM)
    others = [component for component in components if not component.inside and component is not program]
    title = f"loadbench {program.version}: what it is made of"
    blocks = [
        f"{title}\n{'=' * len(title)}",
        _filled(
            "loadbench itself is under the MIT licence (licences/loadbench/LICENSE.txt). It comes with the work of "
            "others, listed below, each with its licence as an SPDX identifier and where its text lies. Where a work "
            "may be had under several licences, the one named first under “used under” is the one that holds here. "
            "The same list for programs is in sbom.cdx.json."
        ),
        *_qt(components),
        *(_block(component, components) for component in others),
    ]
    return "\n\n".join(blocks) + "\n"


def place(text: Text, component: Component) -> str:
    """Return where among the notices a text goes: shared ones at the top, others in their component's folder."""
    if text.path.parent == TEXTS:
        return f"{FOLDER}/{text.name}"
    return f"{FOLDER}/{_folder(component.inside or component.name)}/{text.name}"


def write(folder: Path, components: Sequence[Component]) -> Path:
    """Write the notices and all texts into the frozen app; return the folder. What was there before goes."""
    notices = folder / NOTICES
    shutil.rmtree(notices, ignore_errors=True)
    for component in components:
        for text in component.texts:
            target = notices / place(text, component)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text.path.read_bytes())
            target.chmod(0o644)
    (notices / NAME).write_text(document(components), encoding="utf-8", newline="\n")
    return notices


def _qt(components: Sequence[Component]) -> list[str]:
    versions = {component.name.lower(): component for component in components if not component.inside}
    qt, pyside = versions.get("qt"), versions.get("pyside6_essentials")
    if qt is None or pyside is None:
        return []
    words = QT_STATEMENT.format(
        where=WHERE, qt=qt.version, pyside=pyside.version, qt_home=qt.homepage, pyside_home=pyside.homepage
    )
    return ["Qt, and how to replace it\n-------------------------", *(_filled(part) for part in words.split("\n\n"))]


def _block(component: Component, components: Sequence[Component]) -> str:
    lines = [f"{component.name} {component.version}".strip(), *_terms(component)]
    parts = [part for part in components if part.inside == component.name]
    for part in parts:
        lines += ["", f"  with {part.name} {part.version}".rstrip(), *(f"  {line}" for line in _terms(part))]
    return "\n".join(lines)


def _terms(component: Component) -> list[str]:
    chosen = " and ".join(dict.fromkeys(spdx.chosen(component.licence) or ()))
    lines = [f"  licence: {component.licence}"]
    if chosen != component.licence and " OR " in component.licence:
        lines.append(f"  used under: {chosen}")
    if component.copyright:
        lines += textwrap.wrap(component.copyright, WIDTH, initial_indent="  ", subsequent_indent="  ")
    if component.homepage:
        lines.append(f"  source: {component.homepage}")
    texts = sorted({place(text, component) for text in component.texts})
    return [*lines, *(f"  text: {text}" for text in texts)]


def _folder(name: str) -> str:
    return name.lower().replace(" ", "-").replace("(", "").replace(")", "")


def _filled(words: str) -> str:
    return textwrap.fill(" ".join(words.split()), WIDTH)

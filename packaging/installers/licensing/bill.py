"""The bill of materials: everything that ships, in CycloneDX 1.6, beside the notices.

Two builds of the same thing give the same file: sorted, dated by the commit, its serial number made from what it says.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, XsUri
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component as Entry
from cyclonedx.model.component import ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from installers import changelog
from installers.licensing.component import Component, Kind
from installers.licensing.origins import NOTICES

NAME: Final = "sbom.cdx.json"


def document(components: Sequence[Component], moment: datetime) -> str:
    """Return the bill as JSON; one of the components is the program itself."""
    top = [component for component in components if not component.inside]
    entries = {component: _entry(component, _within(component, components)) for component in top}
    program = next(entry for component, entry in entries.items() if component.kind is Kind.PROGRAM)
    shipped = [entry for entry in entries.values() if entry is not program]
    said = "\n".join(f"{component.key} {component.licence}" for component in components)
    bill = Bom(
        components=shipped,
        metadata=BomMetaData(component=program, timestamp=moment),
        serial_number=uuid5(NAMESPACE_URL, f"{program.purl}\n{said}"),
    )
    bill.register_dependency(program, shipped)
    return JsonV1Dot6(bill).output_as_string(indent=2) + "\n"


def write(folder: Path, components: Sequence[Component]) -> Path:
    """Write the bill into the frozen app's notices; return its path."""
    path = folder / NOTICES / NAME
    path.parent.mkdir(exist_ok=True)
    moment = datetime.fromtimestamp(changelog.epoch(), UTC)
    path.write_text(document(components, moment), encoding="utf-8", newline="\n")
    return path


def _within(around: Component, components: Iterable[Component]) -> list[Component]:
    return [component for component in components if component.inside == around.name]


def _entry(component: Component, parts: Sequence[Component] = ()) -> Entry:
    reference = ":".join(part for part in (component.inside, component.name, component.version) if part)
    return Entry(
        name=component.name,
        version=component.version or None,
        type=ComponentType(component.kind.value),
        bom_ref=reference,
        purl=PackageURL.from_string(component.purl) if component.purl else None,
        licenses=[LicenseFactory().make_from_string(component.licence)],
        copyright=component.copyright or None,
        external_references=(
            [ExternalReference(type=ExternalReferenceType.WEBSITE, url=XsUri(component.homepage))]
            if component.homepage
            else None
        ),
        components=[_entry(part) for part in parts],
    )

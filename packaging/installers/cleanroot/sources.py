"""Where the new root gets its packages: what this machine's apt uses for its own release, and nothing else."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from installers.cleanroot.record import Failed

# What apt knows of each list of packages: address, suite, component, key.
_FORMAT: Final = "$(CREATED_BY)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(SIGNED_BY)"
# The suites that belong to a release; others of similar names are somebody else's.
_BELONGING: Final = ("", "-updates", "-security")
# Settings of apt that say how servers are reached.
_REACHING: Final = re.compile(r'^Acquire::(?:http|https|ftp|Retries|ForceIPv\d)\b.*"[^"]+";$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Source:
    """One archive of a release; `key` is a file, or empty where apt's own keys serve."""

    address: str
    suite: str
    components: tuple[str, ...]
    key: str = ""

    def line(self) -> str:
        """Return the line of `sources.list`."""
        option = f"[signed-by={self.key}] " if self.key else ""
        return f"deb {option}{self.address} {self.suite} {' '.join(self.components)}"


def parse(targets: str, codename: str) -> tuple[Source, ...]:
    """Return the sources of the release `codename` among the lines that `apt-get indextargets` gave, main one first."""
    suites = [codename + ending for ending in _BELONGING]
    found: dict[tuple[str, str, str], list[str]] = {}
    for line in targets.splitlines():
        made_by, address, suite, component, key = line.split("|")
        if made_by == "Packages" and suite in suites:
            # apt repeats the name of what it does not know.
            components = found.setdefault((suite, address, key if key.startswith("/") else ""), [])
            if component not in components:
                components.append(component)
    ordered = sorted(found.items(), key=lambda entry: suites.index(entry[0][0]))
    return tuple(Source(address, suite, tuple(names), key) for (suite, address, key), names in ordered)


def moved(sources: Sequence[Source], codename: str, other: str) -> tuple[Source, ...]:
    """Return the same archives for another release."""
    return tuple(Source(s.address, s.suite.replace(codename, other), s.components, s.key) for s in sources)


def here(codename: str) -> tuple[Source, ...]:
    """Return what this machine uses. Raises `Failed` where apt knows no archive of its own release."""
    targets = subprocess.run(
        ["apt-get", "indextargets", "--format", _FORMAT], capture_output=True, text=True, check=True
    ).stdout
    found = parse(targets, codename)
    if not found or found[0].suite != codename:
        raise Failed(f"apt has no archive of {codename} among its sources. See /etc/apt/sources.list.")
    return found


def codename() -> str:
    """Return the name of this machine's release. Raises `Failed` where it has none."""
    found = re.search(r"^VERSION_CODENAME=(\w+)$", Path("/etc/os-release").read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise Failed("/etc/os-release names no release that debootstrap could make.")
    return found[1]


def reaching() -> str:
    """Return this machine's settings for reaching archives (proxies, retries), as lines of `apt.conf`."""
    dump = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=True).stdout
    return "\n".join(_REACHING.findall(dump))


def hand_over(root: Path, sources: Sequence[Source]) -> None:
    """Give the root in `root` the archives, their keys, and how to reach them."""
    for source in sources:
        if source.key and not (inside := root / source.key.lstrip("/")).exists():
            inside.parent.mkdir(parents=True, exist_ok=True)
            inside.write_bytes(Path(source.key).read_bytes())
    settings = reaching()
    bundle = Path("/etc/ssl/certs/ca-certificates.crt")
    if any(source.address.startswith("https:") for source in sources) and bundle.exists():
        # A minimal root trusts nobody yet.
        (root / "etc/apt/certificates.crt").write_bytes(bundle.read_bytes())
        settings += '\nAcquire::https::CAInfo "/etc/apt/certificates.crt";'
    (root / "etc/apt/sources.list").write_text("".join(f"{s.line()}\n" for s in sources), encoding="utf-8")
    (root / "etc/apt/apt.conf.d/90reaching").write_text(settings + "\n", encoding="utf-8")

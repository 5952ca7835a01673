"""What the project is called and by whom, read from pyproject.toml: the words that every package repeats."""

from __future__ import annotations

import tomllib
from typing import Final

from installers.places import ROOT

NAME: Final = "loadbench"
WINDOW: Final = "loadbench-gui"
# Debian wants an address; until the project has one that is read, this one says that there is none (RFC 2606).
MAINTAINER: Final = "loadbench contributors <nobody@loadbench.invalid>"
# A domain turned around, as AppStream wants; to be changed with the address above once the project has a homepage.
COMPONENT: Final = "io.github.loadbench.loadbench"
PROFILE_TYPE: Final = "application/vnd.loadbench.profile+toml"


def description() -> str:
    """Return the sentence that says what the program is for."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["description"])


def summary() -> str:
    """Return what kind of program it is: the description up to its colon."""
    kind = description().partition(":")[0]
    return kind[0].lower() + kind[1:]


def question() -> str:
    """Return what the program answers: the description after its colon."""
    asked = description().partition(":")[2].strip()
    return asked[0].upper() + asked[1:]

"""Installs the .deb on a Debian that has no Python, uses it there as a person would, and removes it again.

`python -m installers cleanroot`. A fresh root from debootstrap, with mounts and processes in namespaces of their own:
however this ends, nothing stays mounted, running or lying about. Everything said and seen goes to `build/cleanroot/`.
"""

from installers.cleanroot.command import main

__all__ = ["main"]

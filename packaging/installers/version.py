"""Says which version this is, for scripts and workflows: `python -m installers version`."""

from __future__ import annotations

from installers import places


def main() -> int:
    """Print the version and nothing else."""
    print(places.version())
    return 0

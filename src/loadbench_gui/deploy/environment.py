"""The machine and the software that a run was made on: what a reader needs to judge or repeat it."""

from __future__ import annotations

import contextlib
import importlib.metadata
import platform
import sys
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from loadbench_gui.interpreter import is_frozen

# What takes part in producing or computing figures; the servers' own packages are facts of each launch.
PACKAGES = (
    "httptools", "httpx", "websockets", "uvloop", "winloop", "numpy", "scipy", "psutil", "pyside6-essentials", "qasync",
)  # fmt: skip
PACKAGE_PREFIX = "package:"


@dataclass(frozen=True, slots=True)
class Environment:
    """Facts of the result document. cpus: logical ones in the machine; packages: name to version."""

    os: str
    kernel: str
    python: str
    cpu_model: str
    cpus: int
    memory_bytes: int
    packages: dict[str, str] = field(default_factory=dict)

    def as_mapping(self) -> dict[str, str]:
        """Return it as `Run.environment` keeps it: flat text, packages under `package:<name>`."""
        return {
            "os": self.os,
            "kernel": self.kernel,
            "python": self.python,
            "cpu_model": self.cpu_model,
            "cpus": str(self.cpus),
            "memory_bytes": str(self.memory_bytes),
            **{f"{PACKAGE_PREFIX}{name}": version for name, version in self.packages.items()},
        }


def read_environment() -> Environment:
    """Read it now. Blocks for some milliseconds."""
    return Environment(
        os=_os_name(),
        kernel=f"{platform.system()} {platform.release()} {platform.machine()}",
        python=_python(),
        cpu_model=_cpu_model(),
        cpus=psutil.cpu_count() or 1,
        memory_bytes=int(psutil.virtual_memory().total),
        packages=_packages(),
    )


def _python() -> str:
    return f"{platform.python_implementation()} {platform.python_version()}{' (in the app)' if is_frozen() else ''}"


def _os_name() -> str:
    with contextlib.suppress(OSError):
        return platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")
    if sys.platform == "darwin":
        return f"macOS {platform.mac_ver()[0]}"
    return platform.platform(terse=True)


def _cpu_model() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() in ("model name", "Model", "cpu model") and value.strip():
                return value.strip()
    return platform.processor() or platform.machine() or "unknown"


def _packages() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found

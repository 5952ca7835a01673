"""Libraries of the build machine that go along with the app: which they are, and on what terms.

On Debian and its kin the package of the very file says so, copyright file included. Elsewhere the library is asked for
its version, and its licence is what the table says.
"""

from __future__ import annotations

import ctypes
import filecmp
import platform
import re
import subprocess
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from installers.licensing.component import Component, Kind, Text, standard_texts


@dataclass(frozen=True)
class Known:
    """A library that may go along, recognised by how its file's name begins."""

    name: str
    licence: str
    homepage: str
    asked: str = ""  # its function that returns the version as text


MICROSOFT: Final = "LicenseRef-Microsoft-Runtime"

KNOWN: Final = {
    "libssl": Known("OpenSSL", "Apache-2.0", "https://openssl-library.org"),
    "libcrypto": Known("OpenSSL", "Apache-2.0", "https://openssl-library.org"),
    "libsqlite3": Known("SQLite", "blessing", "https://sqlite.org", "sqlite3_libversion"),
    "sqlite3": Known("SQLite", "blessing", "https://sqlite.org", "sqlite3_libversion"),
    "libffi": Known("libffi", "MIT", "https://sourceware.org/libffi"),
    "libbz2": Known("bzip2", "bzip2-1.0.6", "https://sourceware.org/bzip2", "BZ2_bzlibVersion"),
    "liblzma": Known("XZ Utils, liblzma", "LicenseRef-Public-Domain", "https://tukaani.org/xz", "lzma_version_string"),
    "libzstd": Known("Zstandard", "BSD-3-Clause OR GPL-2.0-only", "https://github.com/facebook/zstd",
                     "ZSTD_versionString"),
    "libz.": Known("zlib", "Zlib", "https://zlib.net", "zlibVersion"),
    "zlib1": Known("zlib", "Zlib", "https://zlib.net", "zlibVersion"),
    "libuuid": Known("util-linux, libuuid", "BSD-3-Clause", "https://www.kernel.org/pub/linux/utils/util-linux"),
    "libmpdec": Known("mpdecimal", "BSD-2-Clause", "https://www.bytereef.org/mpdecimal"),
    "vcruntime140": Known("Microsoft C++ run-time library", MICROSOFT, "https://visualstudio.microsoft.com"),
    "msvcp140": Known("Microsoft C++ run-time library", MICROSOFT, "https://visualstudio.microsoft.com"),
    "ucrtbase": Known("Microsoft C run-time library", MICROSOFT, "https://visualstudio.microsoft.com"),
    "api-ms-win": Known("Microsoft C run-time library", MICROSOFT, "https://visualstudio.microsoft.com"),
}  # fmt: skip


def known(file: str) -> Known | None:
    """Return which library a file is, by its name."""
    return next((library for start, library in KNOWN.items() if file.lower().startswith(start)), None)


def described(path: Path) -> Component:
    """Return a carried library as a component; raises `KeyError` when the table does not know it."""
    library = known(path.name)
    if library is None:
        raise KeyError(path.name)
    packaged = _debian(path)
    if packaged is not None:
        package, version, architecture = packaged
        system, release = _release()
        return Component(
            name=package,
            version=version,
            kind=Kind.PACKAGE,
            licence=library.licence,
            purl=f"pkg:deb/{system}/{package}@{version}?arch={architecture}&distro={system}-{release}",
            homepage=library.homepage,
            texts=(
                Text(Path("/usr/share/doc") / package / "copyright", "copyright.txt"),
                *standard_texts(library.licence),
            ),
        )
    version = _asked(path, library.asked) or _in_name(path)
    return Component(
        name=library.name,
        version=version,
        kind=Kind.PACKAGE,
        licence=library.licence,
        purl=f"pkg:generic/{library.name.partition(',')[0].lower().replace(' ', '-')}@{version}" if version else "",
        homepage=library.homepage,
        texts=standard_texts(library.licence),
    )


def _debian(path: Path) -> tuple[str, str, str] | None:
    """Return package, version and architecture of the installed file that has the same name and content."""
    for origin in _same(path):
        # A merged /usr: dpkg knows a file by either of its two paths.
        for called in (str(origin), str(origin).removeprefix("/usr")):
            answer = _said("dpkg-query", "--search", called)
            package = answer.partition(":")[0].strip()
            if package:
                version, _, architecture = _said(
                    "dpkg-query", "--show", "--showformat=${Version} ${Architecture}\n", package
                ).splitlines()[0].partition(" ")  # fmt: skip
                return package, version, architecture
    return None


def _same(path: Path) -> Iterator[Path]:
    triplet = sysconfig.get_config_var("MULTIARCH") or ""
    for folder in ("/usr/lib", "/lib", "/usr/lib64", "/usr/local/lib"):
        for candidate in (Path(folder) / triplet / path.name, Path(folder) / path.name):
            if candidate.is_file() and filecmp.cmp(candidate, path, shallow=False):
                yield candidate.resolve()


def _said(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout
    except FileNotFoundError:
        return ""


def _release() -> tuple[str, str]:
    release = platform.freedesktop_os_release()
    return release.get("ID", "linux"), release.get("VERSION_ID", "")


def _asked(path: Path, function: str) -> str:
    if not function:
        return ""
    try:
        call = ctypes.CDLL(str(path))[function]
    except (OSError, AttributeError):
        return ""
    call.restype = ctypes.c_char_p
    answer = call()
    return answer.decode().partition(",")[0] if isinstance(answer, bytes) else ""


def _in_name(path: Path) -> str:
    found = re.search(r"(\d+(?:[._]\d+)*)(?:\.dll|\.dylib)?$", path.resolve().name)
    return found[1].replace("_", ".") if found else ""

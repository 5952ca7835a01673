"""Wraps the frozen app into a setup for Windows, with Inno Setup's compiler.

`LOADBENCH_SIGN` holds the command that signs a file, with `$f` where its name goes; without it nothing is signed:

    LOADBENCH_SIGN='signtool sign /fd sha256 /tr http://timestamp.example /td sha256 /sha1 THUMBPRINT $f'
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from installers import icons, version_info
from installers.places import BUILD, DIST, FROZEN, PACKAGING, version

SCRIPT: Final = PACKAGING / "windows" / "loadbench.iss"
SIGN_VARIABLE: Final = "LOADBENCH_SIGN"
COMPILER_VARIABLE: Final = "ISCC"
SIGN_TOOL: Final = "loadbench"
GET_IT: Final = "Install Inno Setup 6.3 or newer from jrsoftware.org, or name its ISCC.exe in the variable ISCC."


def setup_name() -> str:
    """Return the name of the file that the script makes."""
    return f"loadbench-{version()}-windows-x64-setup.exe"


def defines() -> dict[str, str]:
    """Return what the script needs to be told."""
    return {
        "AppVersion": version(),
        "AppNumbers": ".".join(map(str, version_info.numbers(version()))),
        "App": str(FROZEN),
        "Icons": str(icons.FOLDER),
        "Output": str(DIST),
    }


def command(compiler: str, sign: str = "") -> list[str]:
    """Return the compiler's command line. sign: what signs a file, or nothing."""
    given = defines() | ({"Sign": SIGN_TOOL} if sign else {})
    signing = [f"/S{SIGN_TOOL}={sign}"] if sign else []
    return [compiler, "/Qp", *(f"/D{name}={value}" for name, value in given.items()), *signing, str(SCRIPT)]


def find_compiler(environ: Mapping[str, str]) -> str | None:
    """Return Inno Setup's compiler: the one that is named, one on the PATH, or where its own setup puts it."""
    if named := environ.get(COMPILER_VARIABLE):
        return named
    folders = [environ.get(name, "") for name in ("ProgramFiles(x86)", "ProgramFiles")]
    usual = [Path(folder) / "Inno Setup 6" / "ISCC.exe" for folder in folders if folder]
    return shutil.which("ISCC") or next((str(path) for path in usual if path.is_file()), None)


def main() -> int:
    """Make the setup; 1 with a sentence when there is nothing to wrap, no compiler, or it fails."""
    if not (FROZEN / "loadbench-gui.exe").is_file():
        return _refuse(f"There is no frozen app for Windows in {FROZEN}. Make it: python -m installers freeze")
    compiler = find_compiler(os.environ)
    if compiler is None:
        return _refuse(f"Inno Setup's compiler was not found. {GET_IT}")
    icons.main()
    sign = os.environ.get(SIGN_VARIABLE, "")
    if not sign:
        print(f"Not signed: {SIGN_VARIABLE} is not set. Windows will warn whoever runs this setup.")
    DIST.mkdir(parents=True, exist_ok=True)
    log = BUILD / "inno.log"
    with log.open("w", encoding="utf-8") as words:
        try:
            ended = subprocess.run(command(compiler, sign), stdout=words, stderr=subprocess.STDOUT, check=False)
        except OSError as error:
            return _refuse(f"{compiler} cannot be run: {error.strerror}. {GET_IT}")
    if ended.returncode:
        print("".join(log.read_text(encoding="utf-8", errors="replace").splitlines(True)[-15:]), file=sys.stderr)
        return _refuse(f"The setup could not be made. Details: {log}")
    made = DIST / setup_name()
    print(f"setup: {made}, {made.stat().st_size / 2**20:.0f} MiB")
    return 0


def _refuse(words: str) -> int:
    print(words, file=sys.stderr)
    return 1

"""Makes the frozen app: PyInstaller by the spec, in a process of its own, its words in a log."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from installers import icons, trim, version_info
from installers.contents import MB
from installers.licensing import bill, notices, origins
from installers.licensing.component import UnshippableError
from installers.places import BUILD, FROZEN, PACKAGING


def main() -> int:
    """Freeze into `build/frozen/loadbench`; return 0, or PyInstaller's exit code with the end of what it said."""
    BUILD.mkdir(parents=True, exist_ok=True)
    icons.main()
    version_info.main()
    log = BUILD / "freeze.log"
    began = time.monotonic()
    with log.open("w", encoding="utf-8") as words:
        code = subprocess.run(
            [
                sys.executable, "-m", "PyInstaller", str(PACKAGING / "loadbench.spec"), "--noconfirm",
                "--distpath", str(FROZEN.parent), "--workpath", str(BUILD / "pyinstaller"),
            ],
            stdout=words,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode  # fmt: skip
    if code:
        print("".join(log.read_text(encoding="utf-8").splitlines(keepends=True)[-15:]), file=sys.stderr)
        print(f"The program could not be frozen. Details: {log}", file=sys.stderr)
        return code
    try:
        _finish(FROZEN)
    except UnshippableError as problem:
        print(f"The frozen app must not ship as it is:\n{problem}", file=sys.stderr)
        return 1
    print(f"frozen in {time.monotonic() - began:.0f} s: {FROZEN}")
    return 0


def _finish(folder: Path) -> None:
    """Take out what nobody needs, and put in who made what is left, on which terms."""
    saved = trim.trim(folder)
    found = origins.components(folder)
    notices.write(folder, found)
    bill.write(folder, found)
    print(f"{saved / MB:.1f} MB taken out; notices and bill of materials for {len(found)} components")

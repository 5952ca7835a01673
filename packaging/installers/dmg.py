"""Wraps the app bundle into a disk image for macOS, with the system's own tools.

The notices go into the bundle here, so its seal is made anew. Who signs is said by variables (macos/sign.sh); without
them the seal is an ad-hoc one, which Apple's processors insist on and which vouches for nobody.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from installers.licensing.origins import NOTICES
from installers.places import BUILD, DIST, FROZEN, PACKAGING, version

APP: Final = FROZEN.parent / "loadbench.app"
SIGN: Final = PACKAGING / "macos" / "sign.sh"
ENTITLEMENTS: Final = PACKAGING / "macos" / "entitlements.plist"
IDENTITY_VARIABLE: Final = "LOADBENCH_CODESIGN_IDENTITY"
VOLUME: Final = "loadbench"


def image_name(machine: str) -> str:
    """Return the name of the image for a processor, as `platform.machine()` calls it."""
    return f"loadbench-{version()}-macos-{machine}.dmg"


def add_notices(folder: Path, app: Path) -> None:
    """Copy the notices of the frozen folder among the bundle's resources. Raises `SystemExit` when there are none."""
    if not (folder / NOTICES).is_dir():
        raise SystemExit(f"The frozen app has no notices ({folder / NOTICES}): python -m installers freeze")
    shutil.copytree(folder / NOTICES, app / "Contents" / "Resources" / NOTICES, dirs_exist_ok=True)


def stage(app: Path, folder: Path) -> None:
    """Lay out what the image shows: the app, and the folder to drag it to."""
    # Links stay links: half of a bundle are links between its code and its resources.
    shutil.copytree(app, folder / app.name, symlinks=True)
    (folder / "Applications").symlink_to("/Applications")


def commands(staged: Path, image: Path) -> list[list[str]]:
    """Return what makes the image from the staged folder, and looks whether it can be read."""
    return [
        ["hdiutil", "create", "-volname", VOLUME, "-srcfolder", str(staged), "-fs", "HFS+", "-format", "UDZO",
         "-ov", str(image)],
        ["hdiutil", "verify", str(image)],
    ]  # fmt: skip


def main() -> int:
    """Make the image; 1 with a sentence when there is nothing to wrap or a tool fails."""
    if platform.system() != "Darwin":
        return _refuse("A disk image is made on macOS: hdiutil and codesign are its tools.")
    if not APP.is_dir():
        return _refuse(f"There is no app bundle ({APP}). Make it: python -m installers freeze")
    image = DIST / image_name(platform.machine())
    DIST.mkdir(parents=True, exist_ok=True)
    add_notices(FROZEN, APP)
    seal = [
        ["codesign", "--force", "--deep", "--entitlements", str(ENTITLEMENTS), "--sign", "-", str(APP)],
        ["codesign", "--verify", "--deep", "--strict", str(APP)],
    ]
    try:
        for command in [[str(SIGN), "app", str(APP)]] if os.environ.get(IDENTITY_VARIABLE) else seal:
            subprocess.run(command, check=True)
        with tempfile.TemporaryDirectory(dir=BUILD) as folder:
            stage(APP, Path(folder))
            for command in commands(Path(folder), image):
                subprocess.run(command, check=True)
        subprocess.run([str(SIGN), "dmg", str(image)], check=True)
    except subprocess.CalledProcessError as error:
        return _refuse(f"{error.cmd[0]} ended with {error.returncode}; its own words are above.")
    print(f"disk image: {image}, {image.stat().st_size / 2**20:.0f} MiB")
    return 0


def _refuse(words: str) -> int:
    print(words, file=sys.stderr)
    return 1

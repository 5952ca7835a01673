"""What macOS is told about the app: its Info.plist, read by the spec."""

from __future__ import annotations

from typing import Final

from installers import project
from installers.places import version
from installers.version_info import numbers

# What PySide6 6.11's wheels and Qt 6.11 ask for.
OLDEST_MACOS: Final = "13.0"


def info_plist() -> dict[str, object]:
    """Return the entries beside those that PyInstaller writes, and in place of some of them."""
    release = version()
    return {
        # The collection's first executable is the console one; the app that a double click starts is the window.
        "CFBundleExecutable": project.WINDOW,
        "CFBundleShortVersionString": ".".join(map(str, numbers(release)[:3])),
        "CFBundleVersion": ".".join(map(str, numbers(release))),
        "CFBundleGetInfoString": f"{project.NAME} {release}",
        "LSApplicationCategoryType": "public.app-category.developer-tools",
        "LSMinimumSystemVersion": OLDEST_MACOS,
        # PyInstaller hides from the Dock what has a console, and the collection has one.
        "LSBackgroundOnly": False,
        "NSHighResolutionCapable": True,
        # Both schemes are drawn; without it macOS keeps the window light.
        "NSRequiresAquaSystemAppearance": False,
        # One way among others to open a .toml file: whatever opens them today keeps doing so.
        "CFBundleDocumentTypes": [
            {
                "CFBundleTypeName": "loadbench profile",
                "CFBundleTypeExtensions": ["toml"],
                "CFBundleTypeRole": "Viewer",
                "LSHandlerRank": "Alternate",
            }
        ],
    }

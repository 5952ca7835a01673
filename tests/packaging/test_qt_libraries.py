"""Which of Qt's libraries stay in the app, in the folders of each platform's wheels."""

from __future__ import annotations

import pytest
from installers.qt_libraries import Entry, unneeded, without

# What each file asks for. The keyboard's plug-in has been left out, its libraries are still there.
LINKS = {
    "QtWidgets": ("Widgets", "Gui", "Core"),
    "platform": ("Gui", "Core", "DBus"),
    "Widgets": ("Gui", "Core"),
    "Gui": ("Core",),
    "DBus": ("Core",),
    "Quick": ("Qml", "Gui", "Core"),
    "Qml": ("Core",),
    "Core": ("system",),
}
MODULES = ("QtWidgets", "platform")
# Platform -> where a library lies in the app, and what others ask for.
LAYOUTS = {
    "linux": ("PySide6/Qt/lib/libQt6{}.so.6", "libQt6{}.so.6"),
    "windows": ("PySide6\\Qt6{}.dll", "qt6{}.DLL"),
    "macos": ("PySide6/Qt/lib/Qt{}.framework/Versions/A/Qt{}", "@rpath/Qt{}.framework/Versions/A/Qt{}"),
}


def collected(where: str) -> list[Entry]:
    libraries = [(where.replace("{}", name), name, "BINARY") for name in LINKS if name not in MODULES]
    return [*((f"PySide6/{name}.abi3.so", name, "EXTENSION") for name in MODULES), *libraries]


@pytest.mark.parametrize("platform", LAYOUTS)
def test_what_only_a_plug_in_left_out_needed_goes(platform: str) -> None:
    where, asked = LAYOUTS[platform]
    binaries = collected(where)
    gone = unneeded(binaries, lambda path: [asked.replace("{}", name) for name in LINKS[path]])
    kept = without(binaries, gone)
    assert {source for _, source, _ in kept} == LINKS.keys() - {"Quick", "Qml"}
    assert len(kept) == len(binaries) - 2


def test_a_framework_goes_with_everything_in_it_and_the_links_to_it() -> None:
    gone = frozenset({"qtqml.framework"})
    inside = "PySide6/Qt/lib/QtQml.framework"
    stays: list[Entry] = [
        ("PySide6/Qt/lib/QtCore.framework/Versions/Current", "A", "SYMLINK"),
        ("QtCore", "PySide6/Qt/lib/QtCore.framework/Versions/A/QtCore", "SYMLINK"),
        ("profiles/first-look.toml", "/source/profiles/first-look.toml", "DATA"),
    ]
    goes: list[Entry] = [
        (f"{inside}/Versions/A/Resources/Info.plist", "/wheel/Info.plist", "DATA"),
        (f"{inside}/Versions/Current", "A", "SYMLINK"),
        ("QtQml", f"{inside}/Versions/A/QtQml", "SYMLINK"),
    ]
    assert without([*goes, *stays], gone) == stays

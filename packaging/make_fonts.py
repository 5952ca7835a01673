"""Make the font files of resources/fonts from the variable originals.

The files in the repository were made by this; it is kept so that they can be made again. It needs fonttools, and the
originals from the Python packages fontpkg-inter and fontpkg-jetbrains-mono:

    python packaging/make_fonts.py 'Inter[opsz,wght].ttf' 'JetBrainsMono[wght].ttf' resources/fonts

Static instances instead of the variable file: every platform's font engine picks their weights alike, and what a
subset leaves out makes up for three files.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

# Latin with its extensions, combining marks, Greek, Cyrillic, punctuation, currency, arrows, mathematics, shapes.
UNICODES = [
    *range(0x20, 0x7F), *range(0xA0, 0x250), *range(0x2B0, 0x370), *range(0x370, 0x400), *range(0x400, 0x530),
    *range(0x1E00, 0x1F00), *range(0x2000, 0x2070), *range(0x2070, 0x20D0), *range(0x2100, 0x2300),
    *range(0x2300, 0x2400), *range(0x25A0, 0x2600), 0x2713, 0x2717, 0xFFFD,
]  # fmt: skip
# Figures of one width and a slashed zero are what this program needs most; the rest is ordinary text shaping.
FEATURES = ["kern", "mark", "mkmk", "ccmp", "locl", "calt", "case", "tnum", "zero", "ss02", "sups", "subs", "frac"]
INTER_WEIGHTS = {"Regular": 400, "Medium": 500, "SemiBold": 600}


def static(source: Path, axes: dict[str, float], target: Path) -> None:
    """Write the instance of `source` at `axes`, cut down to `UNICODES` and `FEATURES`."""
    font = instantiateVariableFont(TTFont(source), axes, updateFontNames=True)
    options = Options()
    options.layout_features = FEATURES
    options.name_IDs = ["*"]
    options.notdef_outline = True
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=UNICODES)
    subsetter.subset(font)
    font.save(target)


def main(inter: Path, mono: Path, folder: Path) -> None:
    """Make all files of resources/fonts."""
    for style, weight in INTER_WEIGHTS.items():
        static(inter, {"opsz": 14, "wght": weight}, folder / f"Inter-{style}.ttf")
    static(mono, {"wght": 400}, folder / "JetBrainsMono-Regular.ttf")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))

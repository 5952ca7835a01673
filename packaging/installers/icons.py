"""The program's icon in the containers that Windows and macOS want, made from the pictures in resources/icons."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Final

from installers.places import BUILD, ROOT

PICTURES: Final = ROOT / "resources" / "icons"
FOLDER: Final = BUILD / "icons"
ICO: Final = FOLDER / "loadbench.ico"
ICNS: Final = FOLDER / "loadbench.icns"

ICO_SIZES: Final = (16, 20, 24, 32, 48, 64, 128, 256)
# From this size on a picture is kept as PNG; parts of Windows read the smaller ones as bitmaps only.
AS_PNG_FROM: Final = 128

# Type of an ICNS element -> pixels. ic11 to ic14 are those for screens with twice the density.
ICNS_TYPES: Final = {
    b"icp4": 16, b"icp5": 32, b"icp6": 64, b"ic07": 128, b"ic08": 256, b"ic09": 512,
    b"ic11": 32, b"ic12": 64, b"ic13": 256, b"ic14": 512,
}  # fmt: skip


def picture(size: int) -> bytes:
    """Return the icon of `size` pixels as PNG."""
    return (PICTURES / f"app-{size}.png").read_bytes()


def bitmap(size: int) -> bytes:
    """Return the icon as a device-independent bitmap, the way an ICO holds it: BGRA from the bottom up, then a mask."""
    from PySide6.QtGui import QImage

    image = QImage.fromData(picture(size)).convertToFormat(QImage.Format.Format_ARGB32)
    if (image.width(), image.height()) != (size, size):
        raise SystemExit(f"{PICTURES / f'app-{size}.png'} is not {size} x {size}")
    rows, row = bytes(image.constBits()), size * 4
    upwards = b"".join(rows[start : start + row] for start in range(len(rows) - row, -1, -row))
    mask_row = (size + 31) // 32 * 4
    header = struct.pack("<IiiHHIIiiII", 40, size, size * 2, 1, 32, 0, size * size * 4, 0, 0, 0, 0)
    # Transparency is in the pixels; the mask stays empty.
    return header + upwards + bytes(mask_row * size)


def ico() -> bytes:
    """Return the icon for Windows: a directory of 16 bytes an entry, then the pictures."""
    pictures = [(size, picture(size) if size >= AS_PNG_FROM else bitmap(size)) for size in ICO_SIZES]
    offset = 6 + 16 * len(pictures)
    directory = struct.pack("<HHH", 0, 1, len(pictures))
    for size, data in pictures:
        # A byte per side: 0 stands for 256.
        directory += struct.pack("<BBBBHHII", size % 256, size % 256, 0, 0, 1, 32, len(data), offset)
        offset += len(data)
    return directory + b"".join(data for _, data in pictures)


def icns() -> bytes:
    """Return the icon for macOS: elements of type, length and PNG."""
    elements = b""
    for kind, size in ICNS_TYPES.items():
        data = picture(size)
        elements += kind + struct.pack(">I", 8 + len(data)) + data
    return b"icns" + struct.pack(">I", 8 + len(elements)) + elements


def main() -> int:
    """Write both, on every platform: they are small, and so their making is tested everywhere."""
    _write(ICO, ico())
    _write(ICNS, icns())
    print(f"icons: {ICO.name}, {ICNS.name} in {FOLDER}")
    return 0


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)

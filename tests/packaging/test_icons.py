"""The icon containers, read back: by hand, and by Qt's own readers."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from installers import icons
from PySide6.QtGui import QImage, QImageReader

PNG = b"\x89PNG\r\n\x1a\n"


def png_size(data: bytes) -> tuple[int, int]:
    assert data.startswith(PNG)
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def same(first: QImage, second: QImage) -> bool:
    # Qt's reader of ICO multiplies colours by their opacity, which loses a little of the faint ones.
    kind = QImage.Format.Format_ARGB32_Premultiplied
    return first.convertToFormat(kind) == second.convertToFormat(kind)


def test_an_ico_holds_every_size_where_its_directory_says_so() -> None:
    data = icons.ico()
    reserved, kind, count = struct.unpack_from("<HHH", data)
    assert (reserved, kind, count) == (0, 1, len(icons.ICO_SIZES))
    end = 6 + 16 * count
    for index, size in enumerate(icons.ICO_SIZES):
        width, height, colours, _, planes, bits, length, offset = struct.unpack_from("<BBBBHHII", data, 6 + 16 * index)
        assert (width or 256, height or 256) == (size, size)
        assert (colours, planes, bits, offset) == (0, 1, 32, end)
        entry = data[offset : offset + length]
        if size >= icons.AS_PNG_FROM:
            assert png_size(entry) == (size, size)
        else:
            assert struct.unpack_from("<IiiHH", entry) == (40, size, size * 2, 1, 32)
            assert length == 40 + size * size * 4 + (size + 31) // 32 * 4 * size
        end = offset + length
    assert end == len(data)


def test_an_icns_is_elements_from_end_to_end() -> None:
    data = icons.icns()
    assert data[:4] == b"icns"
    assert struct.unpack(">I", data[4:8])[0] == len(data)
    found, offset = {}, 8
    while offset < len(data):
        kind, length = data[offset : offset + 4], struct.unpack(">I", data[offset + 4 : offset + 8])[0]
        found[kind] = png_size(data[offset + 8 : offset + length])
        offset += length
    assert offset == len(data)
    assert found == {kind: (size, size) for kind, size in icons.ICNS_TYPES.items()}
    assert {16, 32, 128, 256, 512} <= set(icons.ICNS_TYPES.values())


@pytest.mark.parametrize("form", ["ico", "icns"])
def test_qt_reads_the_pictures_that_went_in(form: str, tmp_path: Path) -> None:
    path = tmp_path / f"loadbench.{form}"
    path.write_bytes(icons.ico() if form == "ico" else icons.icns())
    reader = QImageReader(str(path))
    assert bytes(reader.format().data()).decode() == form
    seen = set()
    for index in range(reader.imageCount()):
        assert reader.jumpToImage(index)
        image = reader.read()
        assert not image.isNull(), reader.errorString()
        assert same(image, QImage(str(icons.PICTURES / f"app-{image.width()}.png")))
        seen.add(image.width())
    assert seen == set(icons.ICO_SIZES if form == "ico" else icons.ICNS_TYPES.values())

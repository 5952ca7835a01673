"""/upload and /download: many bytes in, many bytes out."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

MIB = 1024 * 1024
PATTERN = b"0123456789abcdef"


def blocks(count: int, size: int) -> Iterator[bytes]:
    for _ in range(count):
        yield b"u" * size


@pytest.mark.parametrize("size", [0, 1, 65_536, 20 * MIB])
def test_an_upload_is_counted(http: httpx.Client, size: int) -> None:
    answer = http.post("/upload", content=b"u" * size, headers={"content-type": "application/octet-stream"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == {"bytes": size}


def test_an_upload_of_unknown_length_is_counted(http: httpx.Client) -> None:
    assert http.post("/upload", content=blocks(80, 65_536)).json() == {"bytes": 80 * 65_536}


@pytest.mark.parametrize("size", [1, 5 * MIB])
def test_an_uploaded_form_counts_its_file(http: httpx.Client, size: int) -> None:
    answer = http.post("/upload", files={"file": ("photo.raw", b"u" * size)}, data={"title": "Photo"})
    assert (answer.status_code, answer.json()) == (200, {"bytes": size})


def test_a_form_without_the_file_is_refused(http: httpx.Client) -> None:
    answer = http.post("/upload", files={"picture": ("photo.raw", b"u")})
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/json")
    assert [problem["loc"] for problem in answer.json()["detail"]] == [["body", "file"]]


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 32 * MIB])
def test_a_download_has_exactly_the_bytes_asked_for(http: httpx.Client, size: int) -> None:
    answer = http.get(f"/download/{size}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/octet-stream")
    assert answer.headers["content-length"] == str(size)
    assert "transfer-encoding" not in answer.headers
    assert answer.content == (PATTERN * (size // 16 + 1))[:size]


@pytest.mark.parametrize("value", ["much", "-1", "1073741825"])
def test_a_download_of_no_size_in_range_is_refused(http: httpx.Client, value: str) -> None:
    answer = http.get(f"/download/{value}")
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/json")
    assert [problem["loc"] for problem in answer.json()["detail"]] == [["path", "size"]]

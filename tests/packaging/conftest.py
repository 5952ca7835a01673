"""The two distributions, built once for all tests that look at them."""

from __future__ import annotations

from pathlib import Path

import pytest

from distributions import build, checkout


@pytest.fixture(scope="session")
def clean_checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkout(tmp_path_factory.mktemp("checkout") / "loadbench")


@pytest.fixture(scope="session")
def wheel(clean_checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(clean_checkout, "wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def sdist(clean_checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(clean_checkout, "sdist", tmp_path_factory.mktemp("sdist"))

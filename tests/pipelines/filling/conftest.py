"""The image and the mask of a module, as files."""

import pytest

from pictures import saved


@pytest.fixture
def photo(pixels, tmp_path):
    return saved(tmp_path / "photo.png", pixels)


@pytest.fixture
def holes(mask, tmp_path):
    return saved(tmp_path / "holes.png", mask)

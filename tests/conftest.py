"""What all tests share."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("deterministic", derandomize=True, deadline=None, print_blob=True)
settings.load_profile("deterministic")


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of real images (TILEGAN_DATA, else shared/data beside the checkout); tests skip without it."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("TILEGAN_DATA", beside))
    if not folder.is_dir():
        pytest.skip(f"no real images: {folder} is not there (set TILEGAN_DATA)")
    return folder
